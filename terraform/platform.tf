module "network" {
  source = "./modules/network"

  name                = local.name
  zones               = [for letter in var.availability_zones : "${var.region}${letter}"]
  interface_endpoints = var.interface_endpoints
}

module "database" {
  source = "./modules/database"

  name                      = local.name
  project                   = local.project
  stages                    = keys(var.stages)
  network                   = { vpc_id = module.network.vpc_id, subnet_ids = module.network.private_subnet_ids }
  client_security_group_ids = { functions = module.zappa.security_group_id }
  instance_class            = var.database_instance_class
  port                      = var.database_port
  multi_az                  = var.database_multi_az
  proxy                     = var.database_proxy
  read_replica              = var.database_read_replica
  aurora                    = var.database_aurora
  instances                 = var.database_instances
  protected                 = var.protected
  alarm_topic_arn           = module.monitoring.topic_arn
  master_password           = ephemeral.aws_secretsmanager_random_password.master.random_password
  master_password_version   = var.database_master_password_version
  app_passwords             = local.app_passwords

  permissions_boundary = local.permissions_boundary
}

# What `make restore` made, RDS knows and Terraform does not yet. The first one is Terraform's own.
import {
  for_each = { for name in var.database_instances : name => name if name != local.name }
  to       = module.database.aws_db_instance.this[each.key]
  id       = each.key
}

module "backup_copies" {
  source    = "./modules/backup-copies"
  count     = var.database_backup_region == "" ? 0 : 1
  providers = { aws = aws.backup }

  name         = local.name
  instance_arn = module.database.instance_arn
}

module "dynamodb" {
  source = "./modules/dynamodb"

  name            = local.name
  stages          = keys(var.stages)
  alarm_topic_arn = module.monitoring.topic_arn
}

module "storage" {
  source = "./modules/storage"

  name      = local.name
  stages    = keys(var.stages)
  protected = var.protected
}

module "mail" {
  source = "./modules/mail"

  name            = local.name
  domain          = var.mail_domain
  sender_name     = var.mail_sender_name
  alarm_topic_arn = module.monitoring.topic_arn
}

module "zappa" {
  source = "./modules/zappa"

  name    = local.name
  project = local.project
  network = {
    vpc_id                         = module.network.vpc_id
    gateway_prefix_list_ids        = module.network.gateway_prefix_list_ids
    interface_endpoint_cidr_blocks = module.network.interface_endpoint_cidr_blocks
  }
  protected = var.protected

  django_secret_keys = local.django_secret_keys

  stages = {
    for stage in keys(var.stages) : stage => {
      traced = stage == "prod"
      policies = merge(lookup(local.cdn_policies, stage, {}), {
        database-secret = module.database.secret_policies[stage].app
        rate-limits     = module.dynamodb.access_policies[stage]
        map-files       = module.storage.map_reading_policies[stage]
        uploads         = module.storage.upload_policies[stage].serve
      })
      ops_policies = merge(module.mail.sending_policies, lookup(local.cdn_policies, stage, {}), {
        database-secrets = module.database.secret_policies[stage].ops
        rate-limits      = module.dynamodb.ops_policies[stage]
        map-files        = module.storage.import_policies[stage]
        uploads          = module.storage.upload_policies[stage].ops
      })
    }
  }

  permissions_boundary = local.permissions_boundary
}

module "geodata_import" {
  source = "./modules/geodata-import"

  name      = "${local.name}-geodata-import"
  network   = { vpc_id = module.network.vpc_id, subnet_ids = module.network.public_subnet_ids }
  database  = { security_group_id = module.database.security_group_id, port = module.database.port }
  image_tag = var.import_image_tag
  schedules = var.import_schedules
  protected = var.protected

  stages = {
    for stage in keys(var.stages) : stage => {
      environment = local.import_environments[stage]
      policies = {
        database-secret = module.database.secret_policies[stage].app
        django-secret   = module.zappa.django_secret_policies[stage]
        map-files       = module.storage.import_policies[stage]
      }
    }
  }

  permissions_boundary = local.permissions_boundary
}

module "monitoring" {
  source = "./modules/monitoring"

  name                = local.name
  project             = local.project
  email               = var.alarm_email
  monthly_budget_usd  = var.monthly_budget_usd
  account_alarms      = var.account_alarms
  traced              = !var.emulated # an emulator refuses it
  log_group_names     = module.zappa.log_group_names
  database_dimensions = module.database.metric_dimensions

  stages = {
    for stage, settings in var.stages : stage => {
      lambda_concurrency = try(settings.lambda_concurrency > 0, false) ? settings.lambda_concurrency : local.reserved_concurrency[stage]
      alarmed            = coalesce(settings.alarmed, stage == "prod")
    }
  }

  permissions_boundary = local.permissions_boundary
}

check "alarms" {
  assert {
    condition     = var.alarm_email != ""
    error_message = "alarm_email is empty: alarms and the budget tell nobody, unless somebody subscribes to their topic by hand."
  }
}

locals {
  # lambda_concurrency of zappa_settings.json, which a test holds this against.
  reserved_concurrency = { dev = 5, staging = 10, prod = 30 }
}
