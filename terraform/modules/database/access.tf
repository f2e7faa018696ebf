data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  # From the names, so that a plan shows whole policies before the secrets exist. Six characters of AWS's end each ARN.
  secrets_arn       = "arn:${data.aws_partition.current.partition}:secretsmanager:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:secret"
  master_secret_arn = "${local.secrets_arn}:${local.master_secret_name}-??????"
  app_secret_arns   = { for stage, name in local.app_secret_names : stage => "${local.secrets_arn}:${name}-??????" }

  read_secrets = {
    for stage, arn in local.app_secret_arns : stage => {
      app = [arn]
      ops = [arn, local.master_secret_arn]
    }
  }

  secret_policies = {
    for stage, readers in local.read_secrets : stage => {
      for reader, arns in readers : reader => jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid      = "ReadDatabaseSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = arns
        }]
      })
    }
  }
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "PostgreSQL"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-database" }
}

# It answers and never asks: there is no egress rule.
resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.database.id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "client" {
  for_each = var.client_security_group_ids

  security_group_id            = each.value
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
