output "deployments_bucket" {
  description = "Holds the releases."
  value       = module.deployments.name
}

output "security_group_id" {
  description = "The functions' security group."
  value       = aws_security_group.functions.id
}

output "role_names" {
  description = "By stage: the serving function's role."
  value       = { for stage in keys(var.stages) : stage => aws_iam_role.function[stage].name }
}

output "ops_role_names" {
  description = "By stage: the role of its -ops companion."
  value       = { for stage in keys(var.stages) : stage => aws_iam_role.function["${stage}-ops"].name }
}

output "access_log_group_arns" {
  description = "By stage: where its API's access logs go."
  value       = { for stage, group in aws_cloudwatch_log_group.access : stage => group.arn }
}

output "log_group_names" {
  description = "By function, the project's name left away: where its logs go."
  value       = { for function, group in aws_cloudwatch_log_group.function : function => group.name }
}

output "django_secret_names" {
  description = "By stage: the secret that holds Django's SECRET_KEY."
  value       = { for stage, secret in module.django_secret : stage => secret.name }
}

output "django_secret_policies" {
  description = "By stage: the policy to read that secret, for what runs the application elsewhere."
  value       = { for stage in keys(var.stages) : stage => jsonencode({ Version = "2012-10-17", Statement = [local.read_django_secret[stage]] }) }
}
