output "host" {
  description = "Where the application connects: the proxy if there is one, else the server itself."
  value       = var.proxy ? aws_db_proxy.this[0].endpoint : local.host
}

output "server_host" {
  description = "The server itself, for db-bootstrap: the proxy knows no master user."
  value       = local.host
}

output "port" {
  description = "PostgreSQL's port."
  value       = var.port
}

output "replica_host" {
  description = "Where the replica reads, null without one. The application does not use it."
  value       = local.replica_host
}

output "instance_names" {
  description = "The RDS instances, oldest first; the last one serves. None on Aurora but what waits beside it."
  value       = local.instance_names
}

output "instance_arn" {
  description = "The instance that serves, for copies of its backups; null on Aurora."
  value       = one(local.serving_instance[*].arn)
}

output "metric_dimensions" {
  description = "How CloudWatch knows the server."
  value       = local.dimensions
}

output "security_group_id" {
  description = "The server's security group, for a client that brings its own rules."
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
