resource "aws_cloudwatch_metric_alarm" "throttled" {
  alarm_name          = "${local.table_name}-throttled"
  alarm_description   = "The rate limiter's table refuses requests; public reads are let through, sign-in is closed. Owner: engineer. Runbook: docs/runbooks/rate-limit-table-throttled.md"
  namespace           = "AWS/DynamoDB"
  metric_name         = "ThrottledRequests"
  dimensions          = { TableName = aws_dynamodb_table.rate_limits.name, Operation = "UpdateItem" }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# Whatever the reason (throttled, slow, forbidden, deleted), by the line that the application logs: app/ratelimit/metrics.py.
resource "aws_cloudwatch_metric_alarm" "failing" {
  for_each = var.stages

  alarm_name          = "${local.table_name}-failing-${each.key}"
  alarm_description   = "The rate limiter of ${each.key} can't count: public reads are counted by each process alone, sign-in and what sends mail answer 503. Owner: engineer. Runbook: docs/runbooks/rate-limiter-can-not-count.md"
  namespace           = "CoalitionBuilder"
  metric_name         = "RateLimitFailures"
  dimensions          = { table = aws_dynamodb_table.rate_limits.name, stage = each.key }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 5 # a lost packet is none
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
