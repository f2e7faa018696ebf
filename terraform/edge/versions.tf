terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100.0"
    }
  }

  # The bucket's name holds the account's number, so it is given at init:
  # -backend-config=stages/STAGE.s3.tfbackend -backend-config=bucket=NAME
  backend "s3" {}
}
