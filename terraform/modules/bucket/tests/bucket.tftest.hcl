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
  name        = "example-media-123456789012"
  versioned   = true
  transitions = { STANDARD_IA = 30, GLACIER_IR = 90 }
  protected   = true
}

run "it_is_private_encrypted_and_for_tls_only" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Something public is let through."
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "Objects are not encrypted."
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::example-media-123456789012", "arn:aws:s3:::example-media-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Requests without TLS are not refused, or something else is said."
  }
}

run "rubbish_goes_and_old_objects_move" {
  command = plan

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 7
    error_message = "Unfinished uploads stay."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Old versions stay."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.transition).storage_class => one(rule.transition).days
      if length(rule.transition) > 0
    } == { STANDARD_IA = 30, GLACIER_IR = 90 }
    error_message = "Objects move to other classes or at other ages."
  }
}

run "a_protected_bucket_is_not_destroyed_with_what_it_holds" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "It would be."
  }
}

run "an_unprotected_one_is" {
  command = plan

  variables {
    protected = false
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "It would not be."
  }
}

run "it_refuses_a_class_that_has_to_be_restored_first" {
  command = plan

  variables {
    transitions = { DEEP_ARCHIVE = 180 }
  }

  expect_failures = [var.transitions]
}

run "it_refuses_a_name_that_s3_refuses" {
  command = plan

  variables {
    name = "Example_Media"
  }

  expect_failures = [var.name]
}

run "a_folder_is_read_by_cdns_of_this_account_and_by_nobody_else" {
  command = plan

  variables {
    cdn_folder = "static"
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "CdnsOfThisAccountRead"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::example-media-123456789012/static/*"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/*" } }
    }]
    error_message = "More is readable, or by somebody else."
  }
}

run "it_refuses_a_folder_that_would_open_the_bucket" {
  command = plan

  variables {
    cdn_folder = "*"
  }

  expect_failures = [var.cdn_folder]
}

run "it_refuses_a_statement_for_everybody" {
  command = plan

  variables {
    allowed_statements = ["{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}"]
  }

  expect_failures = [var.allowed_statements]
}

run "what_nobody_took_goes_and_the_rest_stays" {
  command = plan

  variables {
    expirations = { "quarantine/" = 1 }
  }

  assert {
    condition = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : {
      prefix = rule.filter[0].prefix, days = rule.expiration[0].days, old = rule.noncurrent_version_expiration[0].noncurrent_days
    } if length(rule.expiration) > 0] == [{ prefix = "quarantine/", days = 1, old = 1 }]
    error_message = "Files that nobody looked at stay, or others go."
  }
}

run "it_refuses_to_expire_everything" {
  command = plan

  variables {
    expirations = { "" = 1 }
  }

  expect_failures = [var.expirations]
}
