# The contract with ops/platform.py, which reads `terraform output -json`. No secret is an output, only names of secrets.

output "project" {
  description = "Begins every name."
  value       = local.project
}

output "region" {
  description = "The AWS region of everything."
  value       = var.region
}

output "account_id" {
  description = "The AWS account, for the operator's identity check."
  value       = local.account_id
}

output "tags" {
  description = "Of what Zappa makes."
  value       = local.tags
}

output "private_subnet_ids" {
  description = "The functions' subnets: way out over IPv6 only."
  value       = module.network.private_subnet_ids
}

output "import_task" {
  description = <<-EOT
    What `make import-image` pushes to and `make import-regions` runs, whole, as a targeted apply writes no other output: region, subnet_ids, cluster, repository_url, image_tag, container, security_group_id,
    and by stage the task definition's family and the log_group.
  EOT
  value = {
    region            = var.region
    subnet_ids        = module.network.public_subnet_ids
    cluster           = module.geodata_import.cluster
    repository_url    = module.geodata_import.repository_url
    image_tag         = var.import_image_tag
    container         = module.geodata_import.container
    security_group_id = module.geodata_import.security_group_id
    families          = module.geodata_import.families
    log_groups        = module.geodata_import.log_groups
  }
}

output "lambda_security_group_id" {
  description = "The functions' security group."
  value       = module.zappa.security_group_id
}

output "deployments_bucket" {
  description = "Holds the releases."
  value       = module.zappa.deployments_bucket
}

output "static_bucket" {
  description = "Holds the static files, under static/."
  value       = module.storage.static_bucket
}

output "media_bucket" {
  description = "Holds uploads."
  value       = module.storage.media_bucket
}

output "database_endpoint" {
  description = "The database instance itself: host and port."
  value       = { host = module.database.server_host, port = module.database.port }
}

output "database_instances" {
  description = "The RDS instances that `make restore` goes by: the last one serves. Empty on Aurora."
  value       = var.database_aurora == null ? module.database.instance_names : []
}

output "database_replica_host" {
  description = "Where reports read, with database_read_replica; null without."
  value       = module.database.replica_host
}

output "database_master_secret" {
  description = "Name of the secret with the master user's name and password; db-bootstrap alone reads it."
  value       = module.database.master_secret_name
}

output "mail_dns_records" {
  description = "DNS records that prove the mail domain: DKIM, SPF, MAIL FROM, DMARC."
  value       = module.mail.dns_records
}

output "stages" {
  description = <<-EOT
    By stage: role_name of the serving function and ops_role_name of its -ops companion, environment (native Lambda variables;
    STAGE and PUBLIC_URL are set by the deploy), public_url (empty for the API's own address), lambda_concurrency, access_log_group_arn of the API,
    cdn (null for none) and upload_handler for edge/, cdn_secret, which names the secret of the CDN (null without one).
  EOT
  value = {
    for stage, settings in var.stages : stage => {
      role_name            = module.zappa.role_names[stage]
      ops_role_name        = module.zappa.ops_role_names[stage]
      access_log_group_arn = module.zappa.access_log_group_arns[stage]
      public_url           = settings.public_url
      lambda_concurrency   = settings.lambda_concurrency
      environment          = local.stage_environments[stage]
      cdn                  = lookup(local.serving_cdns, stage, null)
      cdn_secret           = one([for name, secret in module.cdn_secret : secret.name if name == stage])
      upload_handler       = settings.upload_handler
    }
  }
}
