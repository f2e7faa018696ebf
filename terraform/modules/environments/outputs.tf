output "environments" {
  description = "By environment: name (what begins its names), stages, boundary_arn, and owned: by kind, the ARNs and patterns of what its Terraform makes, less what is denied; sender_arn of its mail identity."
  value = {
    for environment, stages in local.stages : environment => {
      name         = local.names[environment]
      stages       = stages
      boundary_arn = "arn:${local.partition}:iam::${local.account_id}:policy/${var.project}-boundary-${environment}"
      owned        = local.owned[environment]
      sender_arn   = "arn:${local.partition}:ses:${local.here}:identity/${local.mail_domains[environment]}"
      denied       = local.denied[environment]
    }
  }
}
