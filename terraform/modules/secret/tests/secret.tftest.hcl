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
  name        = "example/prod/database/app"
  description = "An example"
  value       = "only-in-this-test-only-in-this-test"
  protected   = true
}

run "its_value_is_in_no_state" {
  command = apply

  assert {
    condition     = aws_secretsmanager_secret_version.this.secret_string_wo == null && aws_secretsmanager_secret_version.this.secret_string_wo_version == 1
    error_message = "It is written down."
  }
}

run "a_policy_can_name_it_before_it_is_there" {
  command = plan

  assert {
    condition     = output.arn_pattern == "arn:aws:secretsmanager:us-east-1:123456789012:secret:example/prod/database/app-??????"
    error_message = "By another name."
  }
}

run "a_protected_one_can_be_restored" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 30
    error_message = "It can't."
  }
}

run "an_unprotected_one_is_gone_at_once" {
  command = plan

  variables {
    protected = false
  }

  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 0
    error_message = "Its name stays taken."
  }
}

run "it_refuses_a_name_that_looks_like_an_arns_end" {
  command = plan

  variables {
    name = "example/prod/my-secret"
  }

  expect_failures = [var.name]
}

run "it_refuses_a_weak_value" {
  command = plan

  variables {
    value = "short"
  }

  expect_failures = [var.value]
}

run "it_refuses_half_a_version" {
  command = plan

  variables {
    value_version = 0.5
  }

  expect_failures = [var.value_version]
}
