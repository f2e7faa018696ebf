locals {
  read_secrets = {
    for stage, secret in module.app_secret : stage => {
      app = [secret.arn_pattern]
      ops = [secret.arn_pattern, module.master_secret.arn_pattern]
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
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_egress_rule" "client" {
  for_each = var.client_security_group_ids

  security_group_id            = each.value
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}
