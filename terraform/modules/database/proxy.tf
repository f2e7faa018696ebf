data "aws_caller_identity" "current" {}

resource "aws_db_proxy" "this" {
  count = var.proxy ? 1 : 0

  name                   = var.name
  engine_family          = "POSTGRESQL"
  role_arn               = aws_iam_role.proxy[0].arn
  vpc_subnet_ids         = var.network.subnet_ids
  vpc_security_group_ids = [aws_security_group.proxy[0].id]
  require_tls            = true
  idle_client_timeout    = 1800

  dynamic "auth" {
    for_each = module.app_secret

    content {
      auth_scheme               = "SECRETS"
      secret_arn                = auth.value.arn
      client_password_auth_type = "POSTGRES_SCRAM_SHA_256"
    }
  }
}

resource "aws_db_proxy_default_target_group" "this" {
  count = var.proxy ? 1 : 0

  db_proxy_name = aws_db_proxy.this[0].name

  connection_pool_config {
    # The rest is for db-bootstrap and a person with a problem, who connect to the instance itself.
    max_connections_percent      = 80
    max_idle_connections_percent = 40
  }
}

resource "aws_db_proxy_target" "this" {
  count = var.proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_instance_identifier = one(local.serving_instance[*].identifier)
  db_cluster_identifier  = one(local.serving_cluster[*].cluster_identifier)
}

resource "aws_iam_role" "proxy" {
  count = var.proxy ? 1 : 0

  name                 = "${var.name}-database-proxy"
  description          = "Lets the proxy read the application's database secrets"
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "rds.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "proxy" {
  count = var.proxy ? 1 : 0

  name = "secrets"
  role = aws_iam_role.proxy[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadDatabaseSecrets"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = values(module.app_secret)[*].arn_pattern
    }]
  })
}

resource "aws_security_group" "proxy" {
  # checkov:skip=CKV2_AWS_5: attached to the proxy, where there is one
  count = var.proxy ? 1 : 0

  name        = "${var.name}-database-proxy"
  description = "RDS Proxy"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-database-proxy" }
}

locals {
  proxy_clients = var.proxy ? var.client_security_group_ids : {}
  proxy_groups  = aws_security_group.proxy[*].id
}

resource "aws_vpc_security_group_ingress_rule" "proxy_client" {
  for_each = local.proxy_clients

  security_group_id            = local.proxy_groups[0]
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "proxy_client" {
  for_each = local.proxy_clients

  security_group_id            = each.value
  description                  = "PostgreSQL by the proxy"
  referenced_security_group_id = local.proxy_groups[0]
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database_proxy" {
  count = var.proxy ? 1 : 0

  security_group_id            = aws_security_group.database.id
  description                  = "PostgreSQL from the proxy"
  referenced_security_group_id = local.proxy_groups[0]
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_egress_rule" "database_proxy" {
  count = var.proxy ? 1 : 0

  security_group_id            = local.proxy_groups[0]
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}
