locals {
  master_username = "coalition_master"
  databases       = { for stage in var.stages : stage => "coalition_${stage}" }
}

module "master_secret" {
  source = "../secret"

  name          = "${var.name}/database/master"
  description   = "PostgreSQL's master user; read by db-bootstrap alone"
  value         = var.master_password
  username      = local.master_username
  value_version = var.master_password_version
  # A password that is written down is one that the server took.
  written_with = local.resource_id
  protected    = var.protected
}

# db-bootstrap makes the role after the secret, so this holds in any order.
module "app_secret" {
  source   = "../secret"
  for_each = var.stages

  name        = "${var.project}/${each.key}/database/app"
  description = "The role that the application of ${each.key} signs in with"
  value       = var.app_passwords[each.key]
  username    = "coalition_${each.key}"
  protected   = var.protected
}
