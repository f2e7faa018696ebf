data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  here      = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  # Every function by its suffix after the project's name; `kind` picks its permissions.
  functions = merge(
    { for stage, settings in var.stages : stage => { stage = stage, kind = "serve", policies = settings.policies } },
    { for stage, settings in var.stages : "${stage}-ops" => { stage = stage, kind = "ops", policies = settings.ops_policies } },
  )
  function_arns = { for function in keys(local.functions) : function => "arn:${local.partition}:lambda:${local.here}:function:${var.project}-${function}" }
  role_names    = { for function, of in local.functions : function => of.kind == "ops" ? "${var.project}-${function}" : "${var.project}-${function}-lambda" }

  # The gateway calls the function by this role too, and Zappa names it for its scheduled rules.
  assumed_by = {
    serve = ["lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com"]
    ops   = ["lambda.amazonaws.com", "events.amazonaws.com"]
  }

  given_policies = merge([
    for function, of in local.functions : {
      for name, policy in of.policies : "${function}/${name}" => { function = function, name = name, policy = policy }
    }
  ]...)
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name                 = local.role_names[each.key]
  description          = "The function ${var.project}-${each.key}"
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = local.assumed_by[each.value.kind] }
    }]
  })
}

resource "aws_iam_role_policy" "runtime" {
  # checkov:skip=CKV_AWS_290: the starred statements are listed, with their reason, in the module's README
  # checkov:skip=CKV_AWS_355: the starred statements are listed, with their reason, in the module's README
  for_each = local.functions

  name = "runtime"
  role = aws_iam_role.function[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [local.write_logs[each.key], local.use_network, local.no_network_for_code[each.key], local.read_django_secret[each.key]],
      each.value.kind == "serve" ? [local.be_invoked[each.key]] : [],
      var.stages[each.value.stage].traced ? [local.trace] : [],
    )
  })
}

resource "aws_iam_role_policy" "given" {
  for_each = local.given_policies

  name   = each.value.name
  role   = aws_iam_role.function[each.value.function].id
  policy = each.value.policy
}
