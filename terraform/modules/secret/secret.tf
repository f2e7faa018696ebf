data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV_AWS_149: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_57: rotated by hand, as docs say; a rotation function in the VPC would need a way out
  name                    = var.name
  description             = var.description
  recovery_window_in_days = var.protected ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = var.username == null ? var.value : jsonencode({ username = var.username, password = var.value })
  secret_string_wo_version = var.value_version

  lifecycle {
    replace_triggered_by = [terraform_data.written_with]
  }
}

resource "terraform_data" "written_with" {
  triggers_replace = var.written_with
}

locals {
  # From the name, so that a plan shows whole policies before the secret exists. Six characters of AWS's end the ARN.
  arn_pattern = "arn:${data.aws_partition.current.partition}:secretsmanager:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:secret:${var.name}-??????"
}
