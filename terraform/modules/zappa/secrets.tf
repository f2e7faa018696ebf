locals {
  django_secret_names = { for stage in keys(var.stages) : stage => "${var.project}/${stage}/django/secret-key" }
}

ephemeral "aws_secretsmanager_random_password" "django" {
  for_each = var.stages

  password_length = 64
}

resource "aws_secretsmanager_secret" "django" {
  # checkov:skip=CKV_AWS_149: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_57: rotated by hand; the application takes the previous key as well
  for_each = var.stages

  name                    = local.django_secret_names[each.key]
  description             = "Django's SECRET_KEY of ${each.key}"
  recovery_window_in_days = var.protected ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "django" {
  for_each = var.stages

  secret_id        = aws_secretsmanager_secret.django[each.key].id
  secret_string_wo = ephemeral.aws_secretsmanager_random_password.django[each.key].random_password
  # Never raised: a newer version, written by a rotation, stays.
  secret_string_wo_version = 1
}
