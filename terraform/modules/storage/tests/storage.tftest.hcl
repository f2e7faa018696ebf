mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
}

variables {
  name      = "example"
  protected = true
}

run "the_buckets_carry_the_accounts_number" {
  command = apply

  assert {
    condition     = module.static.arn == "arn:aws:s3:::example-static-123456789012" && module.media.arn == "arn:aws:s3:::example-media-123456789012"
    error_message = "Other names."
  }
}
