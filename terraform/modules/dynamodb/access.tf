data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  # From the name, so that a plan shows whole policies before the table exists.
  table_arn = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:table/${local.table_name}"

  # A decision is one conditional UpdateItem; nothing else is called.
  access_policies = {
    for stage in var.stages : stage => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid      = "DecideOnOwnKeys"
        Effect   = "Allow"
        Action   = "dynamodb:UpdateItem"
        Resource = local.table_arn
        Condition = {
          "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "${stage}#*" }
          # ForAllValues is also true of no value at all.
          Null = { "dynamodb:LeadingKeys" = "false" }
        }
      }]
    })
  }
}
