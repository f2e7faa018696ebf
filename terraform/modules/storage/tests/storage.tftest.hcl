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
  stages    = ["dev", "staging"]
  protected = true
}

run "the_buckets_carry_the_accounts_number" {
  command = apply

  assert {
    condition     = module.static.arn == "arn:aws:s3:::example-static-123456789012" && module.media.arn == "arn:aws:s3:::example-media-123456789012"
    error_message = "Other names."
  }
}

run "a_stage_reads_and_writes_map_files_of_its_own" {
  command = apply

  assert {
    condition     = output.map_files == { dev = "s3://example-static-123456789012/static/regions/dev/", staging = "s3://example-static-123456789012/static/regions/staging/" }
    error_message = "The application would look elsewhere."
  }
  assert {
    condition     = { for statement in jsondecode(output.map_reading_policies.dev).Statement : statement.Sid => statement.Action } == { ListMapFiles = "s3:ListBucket", ReadMapFiles = "s3:GetObject" }
    error_message = "A page may do more than read."
  }
  assert {
    condition     = { for statement in jsondecode(output.import_policies.dev).Statement : statement.Sid => statement.Resource } == { ListMapFiles = "arn:aws:s3:::example-static-123456789012", ListShapefiles = "arn:aws:s3:::example-media-123456789012", WriteMapFiles = "arn:aws:s3:::example-static-123456789012/static/regions/dev/*", ReadShapefiles = "arn:aws:s3:::example-media-123456789012/geodata/*" }
    error_message = "An import may write elsewhere."
  }
  assert {
    condition     = jsondecode(output.import_policies.dev).Statement[0].Condition.StringLike["s3:prefix"] == "static/regions/dev/*"
    error_message = "A stage may list the whole bucket."
  }
  assert {
    condition     = { for statement in jsondecode(output.import_policies.dev).Statement : statement.Sid => statement.Condition.StringLike["s3:prefix"] if statement.Action == "s3:ListBucket" } == { ListMapFiles = "static/regions/dev/*", ListShapefiles = "geodata/*" }
    error_message = "S3 would call a shapefile that is not there forbidden, or an import may list all uploads."
  }
}

run "it_refuses_a_stage_that_would_lie_elsewhere" {
  command = plan

  variables {
    stages = ["../prod"]
  }

  expect_failures = [var.stages]
}

run "a_stage_signs_looks_at_and_keeps_uploads_of_its_own" {
  command = apply

  assert {
    condition     = output.uploads == "s3://example-media-123456789012/"
    error_message = "The application would look elsewhere."
  }
  assert {
    condition = { for statement in jsondecode(output.upload_policies.dev.serve).Statement : statement.Resource => statement.Action } == {
      "arn:aws:s3:::example-media-123456789012/quarantine/dev/*" = "s3:PutObject"
      "arn:aws:s3:::example-media-123456789012/uploads/dev/*"    = ["s3:DeleteObject", "s3:GetObject"]
    }
    error_message = "Who faces the internet could read what nobody looked at, or keep it."
  }
  assert {
    condition = { for statement in jsondecode(output.upload_policies.dev.ops).Statement : statement.Resource => statement.Action } == {
      "arn:aws:s3:::example-media-123456789012"                  = "s3:ListBucket"
      "arn:aws:s3:::example-media-123456789012/quarantine/dev/*" = ["s3:DeleteObject", "s3:GetObject"]
      "arn:aws:s3:::example-media-123456789012/uploads/dev/*"    = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    }
    error_message = "The companion may do more than look and move."
  }
  assert {
    condition     = jsondecode(output.upload_policies.staging.ops).Statement[0].Condition.StringLike["s3:prefix"] == ["quarantine/staging/*", "uploads/staging/*"]
    error_message = "A stage may list another's uploads."
  }
}
