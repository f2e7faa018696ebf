output "name" {
  description = "The secret's name."
  value       = var.name
}

output "arn" {
  description = "The secret's ARN, once it is there."
  value       = aws_secretsmanager_secret.this.arn
}

output "arn_pattern" {
  description = "What a policy names the secret by, known before it is there."
  value       = local.arn_pattern
}
