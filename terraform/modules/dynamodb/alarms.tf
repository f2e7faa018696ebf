resource "aws_cloudwatch_metric_alarm" "throttled" {
  alarm_name          = "${local.table_name}-throttled"
  alarm_description   = "The rate limiter's table refuses requests; public reads are let through, sign-in is closed. Runbook: docs/runbooks/rate-limit-table-throttled.md"
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
