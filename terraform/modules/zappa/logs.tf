locals {
  log_groups = { for function in keys(local.functions) : function => "/aws/lambda/${var.project}-${function}" }
}

# Lambda would make them itself on a first call, and keep logs for ever.
resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_158: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_338: a week; longer is personal data kept for nothing
  for_each = local.log_groups

  name              = each.value
  retention_in_days = 7
}

# Zappa's post hook points the API's stage here.
resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_158: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_338: a week; longer is personal data kept for nothing
  for_each = var.stages

  name              = "/aws/apigateway/${var.project}-${each.key}"
  retention_in_days = 7
}
