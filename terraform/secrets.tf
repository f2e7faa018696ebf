# Made by Secrets Manager, in memory while Terraform runs, in no plan and no state; each is written once, by its module.
# They are made here because a mocked provider makes none: the modules can be tested without.
locals {
  # Letters and digits alone, because RDS and URLs refuse some of the rest: 64 of them are 380 bits.
  password_length = 64

  app_passwords      = { for stage, password in ephemeral.aws_secretsmanager_random_password.app : stage => password.random_password }
  django_secret_keys = { for stage, password in ephemeral.aws_secretsmanager_random_password.django : stage => password.random_password }
}

ephemeral "aws_secretsmanager_random_password" "master" {
  password_length     = local.password_length
  exclude_punctuation = true
}

ephemeral "aws_secretsmanager_random_password" "app" {
  for_each = var.stages

  password_length     = local.password_length
  exclude_punctuation = true
}

ephemeral "aws_secretsmanager_random_password" "django" {
  for_each = var.stages

  password_length     = local.password_length
  exclude_punctuation = true
}
