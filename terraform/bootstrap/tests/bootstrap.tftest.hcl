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

run "the_state_is_versioned_encrypted_private_and_for_tls_only" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "${local.project}-terraform-state-123456789012"
    error_message = "Another name than environments/*.s3.tfbackend are used with."
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "A lost state can't be restored."
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "The state is not encrypted."
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_public_access_block.state.restrict_public_buckets && aws_s3_bucket_public_access_block.state.block_public_acls && aws_s3_bucket_public_access_block.state.ignore_public_acls
    error_message = "Something public is let through."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Requests without TLS are not refused."
  }
}

run "without_a_repository_no_workflow_has_a_role" {
  command = plan

  assert {
    condition     = length(module.github_oidc) == 0 && output.workflow_role_arns == {}
    error_message = "One has."
  }
}

run "a_repository_has_a_role_for_each_of_its_deeds" {
  command = plan

  variables {
    github_repository = "river-alliance/coalition"
  }

  assert {
    condition     = length(module.github_oidc) == 1
    error_message = "It has none."
  }
}
