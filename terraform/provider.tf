provider "aws" {
  region = var.region

  # An emulator on loopback knows no bucket host names and no metadata service.
  skip_credentials_validation = var.emulated
  skip_metadata_api_check     = var.emulated
  s3_use_path_style           = var.emulated

  default_tags {
    tags = local.tags
  }
}

# The region that holds copies of the backups, if there is one.
provider "aws" {
  alias  = "backup"
  region = coalesce(var.database_backup_region, var.region)

  skip_credentials_validation = var.emulated
  skip_metadata_api_check     = var.emulated

  default_tags {
    tags = local.tags
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # The one place that has the name: Zappa's functions and everything here are called after it.
  project = jsondecode(file("${path.module}/../zappa_settings.json")).dev.project_name

  account_id = data.aws_caller_identity.current.account_id

  # Production carries the plain names, so that both environments fit into one account.
  name = var.environment == "prod" ? local.project : "${local.project}-${var.environment}"

  # Of every role here: made by bootstrap, for each environment (modules/environments).
  permissions_boundary = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:policy/${local.project}-boundary-${var.environment}"

  tags = {
    Project     = local.project
    Environment = var.environment
    ManagedBy   = "terraform"
  }
}
