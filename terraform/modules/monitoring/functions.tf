locals {
  alarmed = { for stage, settings in var.stages : stage => settings if settings.alarmed }
  serving = { for stage in keys(local.alarmed) : stage => "${var.project}-${stage}" }
  # Serving functions end at 30 seconds, -ops companions at 15 minutes (zappa_settings.json).
  all_functions = merge(
    { for stage in keys(local.alarmed) : stage => { name = "${var.project}-${stage}", timeout_seconds = 30 } },
    { for stage in keys(local.alarmed) : "${stage}-ops" => { name = "${var.project}-${stage}-ops", timeout_seconds = 900 } },
  )
}

# A request's error is answered as one and counted below, by the API; what counts here died or ran out of time.
resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.all_functions

  alarm_name          = "${each.value.name}-errors"
  alarm_description   = "The function ${each.value.name} died, ran out of time, or a command of it failed. Owner: engineer. Runbook: docs/runbooks/function-errors.md"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_slow" {
  for_each = local.all_functions

  alarm_name          = "${each.value.name}-slow"
  alarm_description   = "An invocation of ${each.value.name} took more than four fifths of its ${each.value.timeout_seconds} seconds. Owner: engineer. Runbook: docs/runbooks/function-slow.md"
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = each.value.timeout_seconds * 800 # milliseconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_throttled" {
  for_each = local.serving

  alarm_name          = "${each.value}-throttled"
  alarm_description   = "Visitors of ${each.key} were turned away: more came at once than the function may serve. Owner: engineer. Runbook: docs/runbooks/function-throttled.md"
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_crowded" {
  for_each = local.serving

  alarm_name          = "${each.value}-crowded"
  alarm_description   = "${each.key} served four fifths of what it may at once, for ten minutes. Owner: engineer. Runbook: docs/runbooks/function-throttled.md"
  namespace           = "AWS/Lambda"
  metric_name         = "ConcurrentExecutions"
  dimensions          = { FunctionName = each.value }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  threshold           = floor(local.alarmed[each.key].lambda_concurrency * 0.8)
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
