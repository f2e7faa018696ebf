resource "aws_cloudwatch_metric_alarm" "api_errors" {
  for_each = local.serving

  alarm_name          = "${each.value}-api-errors"
  alarm_description   = "${each.key} answered at least three requests with a fault of its own in five minutes. Owner: engineer. Runbook: docs/runbooks/api-errors.md"
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  dimensions          = { ApiName = each.value, Stage = each.key }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# A cold start takes seconds: one in twenty requests may, for a quarter of an hour.
resource "aws_cloudwatch_metric_alarm" "api_slow" {
  for_each = local.serving

  alarm_name          = "${each.value}-api-slow"
  alarm_description   = "One in twenty visitors of ${each.key} waited more than 4 seconds, for a quarter of an hour. Owner: engineer. Runbook: docs/runbooks/api-slow.md"
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiName = each.value, Stage = each.key }
  extended_statistic  = "p95"
  period              = 300
  evaluation_periods  = 3
  threshold           = 4000 # milliseconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  evaluate_low_sample_count_percentiles = "ignore"
}
