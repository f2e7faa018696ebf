data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  # From the name, so that a plan shows whole policies before the table exists.
  table_arn = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:table/${local.table_name}"

  own_keys = {
    for stage in var.stages : stage => {
      "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "${stage}#*" }
      # ForAllValues is also true of no value at all.
      Null = { "dynamodb:LeadingKeys" = "false" }
    }
  }

  # A decision is one conditional UpdateItem; a request makes no other call.
  access_policies = {
    for stage in var.stages : stage => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "DecideOnOwnKeys"
        Effect    = "Allow"
        Action    = "dynamodb:UpdateItem"
        Resource  = local.table_arn
        Condition = local.own_keys[stage]
      }]
    })
  }

  # `manage.py ratelimit show` and `clear`, which an operator runs in the -ops function. It serves nobody, so it decides nothing.
  ops_policies = {
    for stage in var.stages : stage => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "ShowAndClearOwnKeys"
        Effect    = "Allow"
        Action    = ["dynamodb:DeleteItem", "dynamodb:GetItem"]
        Resource  = local.table_arn
        Condition = local.own_keys[stage]
      }]
    })
  }
}
