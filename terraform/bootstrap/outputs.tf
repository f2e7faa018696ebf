output "state_bucket" {
  description = "For -backend-config=bucket=… of the other roots."
  value       = aws_s3_bucket.state.id
}

output "workflow_role_arns" {
  description = "By role: what the variables of the repository on GitHub name. Empty without a repository."
  value       = merge(module.github_oidc[*].role_arns...)
}
