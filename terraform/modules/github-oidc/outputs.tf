output "role_arns" {
  description = "By role (plan, drift, apply-nonprod, apply-prod, deploy-dev, deploy-staging, deploy-prod): what the repository's variables on GitHub name."
  value       = { for role, made in aws_iam_role.workflow : role => made.arn }
}
