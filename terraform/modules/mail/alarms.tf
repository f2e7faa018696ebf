# SES stops an account at 10 % bounces or 0.5 % complaints, and looks closer at half of each. The metrics are the account's.
resource "aws_cloudwatch_metric_alarm" "bounces" {
  count = local.made

  alarm_name          = "${var.name}-mail-bounces"
  alarm_description   = "More than 4 % of the mails come back: SES puts an account under review at 5 %. Owner: moderators, then engineer. Runbook: docs/runbooks/mail-bounces.md"
  namespace           = "AWS/SES"
  metric_name         = "Reputation.BounceRate"
  statistic           = "Average"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 0.04
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "complaints" {
  count = local.made

  alarm_name          = "${var.name}-mail-complaints"
  alarm_description   = "More than 0.08 % of the mails were called spam: SES puts an account under review at 0.1 %. Owner: moderators, then engineer. Runbook: docs/runbooks/mail-bounces.md"
  namespace           = "AWS/SES"
  metric_name         = "Reputation.ComplaintRate"
  statistic           = "Average"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 0.0008
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
