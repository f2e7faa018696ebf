locals {
  master_username = "coalition_master"

  master_secret_name = "${var.name}/database/master"
  databases          = { for stage in var.stages : stage => "coalition_${stage}" }
  app_secret_names   = { for stage in var.stages : stage => "${var.project}/${stage}/database/app" }
  secret_characters  = 32
}

ephemeral "aws_secretsmanager_random_password" "master" {
  password_length     = local.secret_characters
  exclude_punctuation = true # RDS refuses / @ " and blanks, URLs refuse more; 32 letters and digits are 190 bits
}

resource "aws_secretsmanager_secret" "master" {
  # checkov:skip=CKV_AWS_149: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_57: rotated by hand, by master_password_version; a rotation function would need a way out
  name                    = local.master_secret_name
  description             = "PostgreSQL's master user; read by db-bootstrap alone"
  recovery_window_in_days = var.protected ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "master" {
  secret_id = aws_secretsmanager_secret.master.id
  secret_string_wo = jsonencode({
    username = local.master_username
    password = ephemeral.aws_secretsmanager_random_password.master.random_password
  })
  secret_string_wo_version = var.master_password_version

  # After the instance, and again for a new one: a password that is written down is one that the server took.
  lifecycle {
    replace_triggered_by = [aws_db_instance.this.resource_id]
  }
}

ephemeral "aws_secretsmanager_random_password" "app" {
  for_each = var.stages

  password_length     = local.secret_characters
  exclude_punctuation = true
}

# db-bootstrap makes the role after the secret, so this holds for any order of the two.
resource "aws_secretsmanager_secret" "app" {
  # checkov:skip=CKV_AWS_149: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_57: rotated by db-bootstrap, run by hand; a rotation function would need a way out
  for_each = var.stages

  name                    = local.app_secret_names[each.key]
  description             = "The role that the application of ${each.key} signs in with"
  recovery_window_in_days = var.protected ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "app" {
  for_each = var.stages

  secret_id = aws_secretsmanager_secret.app[each.key].id
  secret_string_wo = jsonencode({
    username = "coalition_${each.key}"
    password = ephemeral.aws_secretsmanager_random_password.app[each.key].random_password
  })
  # Never raised: a newer version, written by a rotation, stays.
  secret_string_wo_version = 1
}
