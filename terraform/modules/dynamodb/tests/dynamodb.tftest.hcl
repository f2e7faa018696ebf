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
  name            = "example"
  stages          = ["dev", "staging"]
  alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:alarms"
}

run "the_table_is_billed_by_request_expires_and_can_be_restored" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.rate_limits.name == "example-rate-limits" && aws_dynamodb_table.rate_limits.billing_mode == "PAY_PER_REQUEST"
    error_message = "Another name or way of billing."
  }
  assert {
    condition     = aws_dynamodb_table.rate_limits.ttl[0].enabled && aws_dynamodb_table.rate_limits.ttl[0].attribute_name == "expires_at"
    error_message = "Old counters are never deleted."
  }
  assert {
    condition     = aws_dynamodb_table.rate_limits.point_in_time_recovery[0].enabled && aws_dynamodb_table.rate_limits.server_side_encryption[0].enabled
    error_message = "No recovery, or no encryption."
  }
  assert {
    condition     = length(aws_dynamodb_table.rate_limits.global_secondary_index) == 0
    error_message = "An index doubles the price of a decision."
  }
}

run "a_stage_may_make_one_call_on_its_own_keys" {
  command = plan

  assert {
    condition = jsondecode(output.access_policies.dev).Statement == [{
      Sid      = "DecideOnOwnKeys"
      Effect   = "Allow"
      Action   = "dynamodb:UpdateItem"
      Resource = "arn:aws:dynamodb:us-east-1:123456789012:table/example-rate-limits"
      Condition = {
        "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "dev#*" }
        Null                      = { "dynamodb:LeadingKeys" = "false" }
      }
    }]
    error_message = "The policy says something else."
  }
  assert {
    condition     = toset(keys(output.access_policies)) == toset(["dev", "staging"])
    error_message = "A stage has no policy."
  }
}

run "an_operators_command_may_look_and_clear_on_its_stages_keys" {
  command = plan

  assert {
    condition = jsondecode(output.ops_policies.staging).Statement == [{
      Sid      = "ShowAndClearOwnKeys"
      Effect   = "Allow"
      Action   = ["dynamodb:DeleteItem", "dynamodb:GetItem"]
      Resource = "arn:aws:dynamodb:us-east-1:123456789012:table/example-rate-limits"
      Condition = {
        "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "staging#*" }
        Null                      = { "dynamodb:LeadingKeys" = "false" }
      }
    }]
    error_message = "The policy says something else."
  }
}

run "a_limiter_that_can_not_count_is_told_for_each_stage" {
  command = plan

  assert {
    condition     = { for stage, alarm in aws_cloudwatch_metric_alarm.failing : stage => alarm.dimensions } == { for stage in ["dev", "staging"] : stage => tomap({ table = "example-rate-limits", stage = stage }) }
    error_message = "The alarms watch something else than what the application logs."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.failing : one(alarm.alarm_actions) == "arn:aws:sns:us-east-1:123456789012:alarms"])
    error_message = "Nobody is told."
  }
}

run "throttling_is_told" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.throttled.dimensions == tomap({ TableName = "example-rate-limits", Operation = "UpdateItem" })
    error_message = "The alarm watches something else."
  }
  assert {
    condition     = one(aws_cloudwatch_metric_alarm.throttled.alarm_actions) == "arn:aws:sns:us-east-1:123456789012:alarms"
    error_message = "Nobody is told."
  }
}

run "it_refuses_a_stage_that_would_open_others_keys" {
  command = plan

  variables {
    stages = ["dev", "*"]
  }

  expect_failures = [var.stages]
}
