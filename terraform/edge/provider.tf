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

# CloudFront takes certificates and firewalls of this region alone.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  skip_credentials_validation = var.emulated
  skip_metadata_api_check     = var.emulated
  s3_use_path_style           = var.emulated

  default_tags {
    tags = local.tags
  }
}

# A stage's role changes what has its tag (modules/github-oidc).
locals {
  tags = merge(var.tags, { Stage = var.stage })
}
