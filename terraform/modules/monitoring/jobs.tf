# app/jobs/queue.py logs this line for a job that it gives up, a mail among them. Costs $0.30 in a month that has one.
resource "aws_cloudwatch_log_metric_filter" "jobs_failed" {
  for_each = local.serving

  name           = "${each.value}-jobs-failed"
  log_group_name = var.log_group_names["${each.key}-ops"]
  pattern        = "{ $.level = \"ERROR\" && $.message = \"job * failed for good*\" }"

  metric_transformation {
    namespace = var.project
    name      = "${each.key}-jobs-failed"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "jobs_failed" {
  for_each = local.serving

  alarm_name          = "${each.value}-jobs-failed"
  alarm_description   = "A job of ${each.key} failed for good: a mail that nobody got, or an import. Owner: moderators, then engineer. Runbook: docs/runbooks/jobs-failed.md"
  namespace           = var.project
  metric_name         = aws_cloudwatch_log_metric_filter.jobs_failed[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# The queue has no age that CloudWatch knows, but it is worked off every minute: no invocation means that everything in it waits.
resource "aws_cloudwatch_metric_alarm" "jobs_stalled" {
  for_each = local.serving

  alarm_name          = "${each.value}-jobs-stalled"
  alarm_description   = "Nobody worked off the queue of ${each.key} for a quarter of an hour: no mail leaves. Owner: engineer. Runbook: docs/runbooks/jobs-stalled.md"
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = "${each.value}-ops" }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching" # no invocation is no data
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
