output "topic_arn" {
  description = "The SNS topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_name" {
  description = "The dashboard, in CloudWatch's console; null where no stage alarms anybody."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
