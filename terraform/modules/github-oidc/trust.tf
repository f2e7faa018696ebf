data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition    = data.aws_partition.current.partition
  account_id   = data.aws_caller_identity.current.account_id
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/${local.issuer}"

  # Both forms, each whole: a pattern would let other repositories in.
  repositories = compact([
    "repo:${var.repository}",
    var.repository_ids == null ? "" : join("/", [
      "repo:${split("/", var.repository)[0]}@${var.repository_ids.owner}",
      "${split("/", var.repository)[1]}@${var.repository_ids.repository}",
    ]),
  ])

  # By stage: its environment.
  stages = merge([for environment, of in var.environments : { for stage in of.stages : stage => environment }]...)

  # What a workflow's token says of it: a pull request, main, or a GitHub environment, which asks its reviewers before.
  contexts = merge(
    { plan = ["pull_request", "ref:refs/heads/main"], drift = ["ref:refs/heads/main"] },
    { for environment in keys(var.environments) : "apply-${environment}" => ["environment:${environment}"] },
    { for stage in keys(local.stages) : "deploy-${stage}" => ["environment:${stage}"] },
  )

  trust = {
    for role, contexts in local.contexts : role => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "WorkflowsOfThisRepository"
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = local.provider_arn }
        Condition = {
          StringEquals = {
            "${local.issuer}:aud" = "sts.amazonaws.com"
            "${local.issuer}:sub" = [for pair in setproduct(local.repositories, contexts) : join(":", pair)]
          }
        }
      }]
    })
  }
}

# Its keys are checked against AWS's own list of authorities: no thumbprint.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.make_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "workflow" {
  for_each = local.contexts

  name               = "${var.project}-github-${each.key}"
  description        = "GitHub's workflows of ${var.repository}: ${each.key}"
  assume_role_policy = local.trust[each.key]
  # Whoever asks gets an hour; geodata-import asks for as long as it follows an import.
  max_session_duration = startswith(each.key, "deploy-") ? 10800 : 3600
}

# A managed policy holds 6,144 characters, all inline ones of a role 10,240 together.
resource "aws_iam_policy" "workflow" {
  # checkov:skip=CKV_AWS_286: the apply roles make roles, whose reach the README tells
  # checkov:skip=CKV_AWS_287: the drift role reads secrets' values, because Terraform's provider does
  # checkov:skip=CKV_AWS_288: the starred statements are listed, with their reason, in the module's README
  # checkov:skip=CKV_AWS_289: the starred statements are listed, with their reason, in the module's README
  # checkov:skip=CKV_AWS_290: the starred statements are listed, with their reason, in the module's README
  # checkov:skip=CKV_AWS_355: the starred statements are listed, with their reason, in the module's README
  for_each = local.policies

  name        = "${var.project}-github-${each.key}"
  description = "For workflows on GitHub"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

# A role's policies by kind, so that an upgrade puts the new one in the place of the old: IAM takes ten a role, and refuses both at once.
resource "aws_iam_role_policy_attachment" "workflow" {
  for_each = merge([for role, kinds in local.kinds_of : { for kind in kinds : "${role} ${kind}" => { role = role, kind = kind } }]...)

  role       = aws_iam_role.workflow[each.value.role].name
  policy_arn = aws_iam_policy.workflow[contains(keys(local.policies), each.value.kind) ? each.value.kind : "${each.value.kind}-${local.whose[each.value.role]}"].arn
}

locals {
  policies = merge(
    { plan = local.plan, read-states = local.read_states },
    { for who, statements in local.reads : "reads-${who}" => statements },
    { for environment, statements in local.make_network : "writes-network-${environment}" => statements },
    { for environment, statements in local.make_databases : "writes-databases-${environment}" => statements },
    { for environment, statements in local.make_data : "writes-data-${environment}" => statements },
    { for environment, statements in local.make_around : "writes-around-${environment}" => concat(statements, local.leave_the_others[environment]) },
    { for environment, statements in local.make_import : "writes-import-${environment}" => statements },
    { for environment, statements in local.make_roles : "roles-${environment}" => statements },
    { for environment, statements in local.keep_state : "state-${environment}" => statements },
    { for stage, statements in local.deploy : "deploy-${stage}" => statements },
    { for stage, statements in local.import : "import-${stage}" => statements },
    { for stage, statements in local.edge : "edge-${stage}" => statements },
  )

  # A kind is a policy, or one of several that end in the environment or stage.
  whose = { for role in keys(local.contexts) : role => trimprefix(trimprefix(role, "apply-"), "deploy-") }
  kinds_of = merge(
    { plan = ["plan"], drift = ["read-states", "reads"] },
    { for environment in keys(var.environments) : "apply-${environment}" => ["reads", "writes-network", "writes-databases", "writes-data", "writes-around", "writes-import", "roles", "state-${environment}"] },
    { for stage in keys(local.stages) : "deploy-${stage}" => ["deploy-${stage}", "import-${stage}", "edge"] },
  )
}
