mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

mock_provider "aws" {
  alias = "us_east_1"

  mock_resource "aws_cloudfront_distribution" {
    defaults = { domain_name = "d111111abcdef8.cloudfront.net" }
  }

  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/example-prod-viewer-request" }
  }

  mock_resource "aws_cloudfront_key_value_store" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  project       = "example"
  stage         = "prod"
  tags          = { Project = "example" }
  api           = { host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", path = "/prod" }
  static_bucket = "example-static-123456789012"
  media_bucket  = "example-media-123456789012"
}

run "nothing_is_made_that_nobody_asked_for" {
  assert {
    condition     = output.url == null && length(aws_s3_bucket_notification.uploads) == 0 && length(aws_lambda_permission.uploads) == 0
    error_message = "Something is."
  }
}

run "a_cdn_is_made_in_front_of_the_stage" {
  variables {
    cdn = { domain = "", zone_id = "", hsts_seconds = 3600, waf = false }
  }

  assert {
    condition     = output.url == "https://d111111abcdef8.cloudfront.net" && output.domain_state == "none"
    error_message = "It is not."
  }
}

run "an_upload_calls_the_handler_that_its_id_names" {
  command = plan

  variables {
    upload_handler = "app.uploads.events.received"
  }

  assert {
    condition     = one(aws_s3_bucket_notification.uploads[0].lambda_function).id == "arn:aws:lambda:us-east-1:123456789012:function:example-prod-ops:app.uploads.events.received"
    error_message = "Zappa's handler would call something else."
  }
  assert {
    condition     = aws_lambda_permission.uploads[0].source_account == "123456789012" && aws_lambda_permission.uploads[0].source_arn == "arn:aws:s3:::example-media-123456789012"
    error_message = "Another bucket may call the function."
  }
}

run "it_refuses_a_handler_outside_of_the_application" {
  command = plan

  variables {
    upload_handler = "os.system"
  }

  expect_failures = [var.upload_handler]
}

run "it_refuses_a_stage_that_is_none" {
  command = plan

  variables {
    stage = "production"
  }

  expect_failures = [var.stage]
}

run "it_refuses_what_is_no_region" {
  command = plan

  variables {
    region = "Virginia"
  }

  expect_failures = [var.region]
}

run "it_refuses_a_project_name_too_long_for_a_bucket" {
  command = plan

  variables {
    project = "a-coalition-of-very-many-organisations"
  }

  expect_failures = [var.project]
}
