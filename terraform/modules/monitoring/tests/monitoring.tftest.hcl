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

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:example-alarms" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/cloudtrail/example" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/example-trail" }
  }
}

variables {
  permissions_boundary = "arn:aws:iam::123456789012:policy/example-boundary-prod"
  name                 = "example"
  project              = "example"
  email                = "team@example.org"
  stages               = { prod = { lambda_concurrency = 30, alarmed = true } }
  log_group_names      = { prod = "/aws/lambda/example-prod", prod-ops = "/aws/lambda/example-prod-ops" }
  database_dimensions  = { DBInstanceIdentifier = "example" }
  monthly_budget_usd   = 40
  traced               = true
}

run "an_alarmed_stage_tells_of_all_that_stops_it" {
  assert {
    condition = toset([for alarm in concat(
      values(aws_cloudwatch_metric_alarm.function_errors), values(aws_cloudwatch_metric_alarm.function_slow), values(aws_cloudwatch_metric_alarm.function_throttled),
      values(aws_cloudwatch_metric_alarm.function_crowded), values(aws_cloudwatch_metric_alarm.api_errors), values(aws_cloudwatch_metric_alarm.api_slow),
      values(aws_cloudwatch_metric_alarm.jobs_failed), values(aws_cloudwatch_metric_alarm.jobs_stalled),
      ) : alarm.alarm_name]) == toset([
      "example-prod-errors", "example-prod-ops-errors", "example-prod-slow", "example-prod-ops-slow", "example-prod-throttled",
      "example-prod-crowded", "example-prod-api-errors", "example-prod-api-slow", "example-prod-jobs-failed", "example-prod-jobs-stalled",
    ])
    error_message = "An alarm is missing, or there is another."
  }
  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.function_errors), values(aws_cloudwatch_metric_alarm.api_errors)) : alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:example-alarms"])])
    error_message = "Nobody is told."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.function_slow["prod"].threshold == 24000 && aws_cloudwatch_metric_alarm.function_slow["prod-ops"].threshold == 720000 && aws_cloudwatch_metric_alarm.function_crowded["prod"].threshold == 24
    error_message = "It would tell too late, or all the time."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.api_errors["prod"].dimensions == tomap({ ApiName = "example-prod", Stage = "prod" })
    error_message = "It looks at another API than Zappa makes."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.jobs_stalled["prod"].treat_missing_data == "breaching"
    error_message = "A queue that stands still sends no data."
  }
}

run "the_dashboard_shows_every_stage_and_the_database" {
  command = plan

  variables {
    stages          = { dev = { lambda_concurrency = 5, alarmed = false }, staging = { lambda_concurrency = 10, alarmed = true } }
    log_group_names = { staging-ops = "/aws/lambda/example-staging-ops" }
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "example-dev") && length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 9
    error_message = "Something is not shown."
  }
}

run "a_stage_that_alarms_nobody_costs_nothing" {
  command = plan

  variables {
    stages = { dev = { lambda_concurrency = 5, alarmed = false } }
    traced = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.function_errors) == 0 && length(aws_cloudwatch_log_metric_filter.jobs_failed) == 0 && length(aws_xray_group.bad) == 0
    error_message = "It alarms somebody."
  }
  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "A dashboard that nobody looks at costs $3 a month."
  }
}

run "the_budget_tells_three_times" {
  assert {
    condition     = aws_budgets_budget.account[0].limit_amount == "40.0" && toset([for notification in aws_budgets_budget.account[0].notification : notification.threshold]) == toset([70, 90, 100])
    error_message = "Another amount, or other times."
  }
  assert {
    condition     = toset(jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Principal.Service) == toset(["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]) && jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Somebody else may publish, or one of them may not."
  }
}

run "without_an_amount_there_is_no_budget_and_without_an_address_no_mail" {
  command = plan

  variables {
    monthly_budget_usd = 0
    email              = ""
  }

  assert {
    condition     = length(aws_budgets_budget.account) == 0 && length(aws_sns_topic_subscription.alarms) == 0
    error_message = "There is."
  }
}

run "the_account_is_watched_only_if_asked_for" {
  command = plan

  assert {
    condition     = length(aws_cloudtrail.account) == 0 && length(module.trail_bucket) == 0
    error_message = "It costs money that nobody asked for."
  }
}

run "a_watched_account_has_a_trail_of_all_regions" {
  variables {
    account_alarms = true
  }

  assert {
    condition     = aws_cloudtrail.account["account"].is_multi_region_trail && aws_cloudtrail.account["account"].enable_log_file_validation
    error_message = "Something is not seen, or can be changed afterwards."
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.root_used) == 1 && length(aws_cloudwatch_metric_alarm.calls_denied) == 1
    error_message = "Nobody is told."
  }
}

run "it_refuses_an_alarm_to_nobody" {
  command = plan

  variables {
    email = "the team"
  }

  expect_failures = [var.email]
}

run "it_refuses_a_stage_that_serves_nobody" {
  command = plan

  variables {
    stages = { prod = { lambda_concurrency = 0, alarmed = true } }
  }

  expect_failures = [var.stages]
}

run "it_refuses_a_negative_budget" {
  command = plan

  variables {
    monthly_budget_usd = -1
  }

  expect_failures = [var.monthly_budget_usd]
}
