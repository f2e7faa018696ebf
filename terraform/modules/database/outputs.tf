output "host" {
  description = "Where the application connects: the proxy if there is one, else the instance."
  value       = var.proxy ? aws_db_proxy.this[0].endpoint : aws_db_instance.this.address
}

output "instance_host" {
  description = "The instance itself, for db-bootstrap: the proxy knows no master user."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "PostgreSQL's port."
  value       = aws_db_instance.this.port
}

output "security_group_id" {
  description = "The instance's security group, for a client that brings its own rules."
  value       = aws_security_group.database.id
}

output "database_names" {
  description = "By stage: its database, which db-bootstrap makes."
  value       = local.databases
}

output "app_secret_names" {
  description = "By stage: the secret with its role's name and password."
  value       = { for stage, secret in module.app_secret : stage => secret.name }
}

output "master_secret_name" {
  description = "The secret with the master user's name and password."
  value       = module.master_secret.name
}

output "secret_policies" {
  description = "By stage: the policies to read its secret (app), and the master's too (ops)."
  value       = local.secret_policies
}
