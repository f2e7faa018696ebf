output "table_name" {
  description = "The table, once it is there."
  value       = aws_dynamodb_table.rate_limits.name
}

output "access_policies" {
  description = "By stage: the policy of exactly the calls that the rate limiter makes, on the stage's own keys."
  value       = local.access_policies
}

output "ops_policies" {
  description = "By stage: the policy by which an operator's command shows and clears the stage's own keys."
  value       = local.ops_policies
}
