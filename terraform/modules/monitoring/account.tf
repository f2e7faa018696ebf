# Once an account: the trail sees all of it. The first copy of what is managed is free; its logs are billed by volume.
locals {
  watched = var.account_alarms ? toset(["account"]) : toset([])

  trail_name = "${var.name}-trail"
  trail_arn  = "arn:${local.partition}:cloudtrail:${local.region}:${local.account_id}:trail/${local.trail_name}"
  trail_logs = "/aws/cloudtrail/${var.name}"

  patterns = {
    root-used    = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
    calls-denied = "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }"
  }
}

module "trail_bucket" {
  source   = "../bucket"
  for_each = local.watched

  name      = "${var.name}-trail-${local.account_id}"
  versioned = true
  protected = false # a trail of what is gone is no reason to keep the account
  allowed_statements = [
    jsonencode({
      Sid       = "CloudTrailLooks"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "s3:GetBucketAcl"
      Resource  = "arn:${local.partition}:s3:::${var.name}-trail-${local.account_id}"
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
    }),
    jsonencode({
      Sid       = "CloudTrailWrites"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "arn:${local.partition}:s3:::${var.name}-trail-${local.account_id}/AWSLogs/${local.account_id}/*"
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
    }),
  ]
}

resource "aws_cloudtrail" "account" {
  # checkov:skip=CKV_AWS_35: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_252: the alarms tell; a message for each file of the trail tells nobody anything
  # checkov:skip=CKV2_AWS_10: it does send its events to CloudWatch
  for_each = local.watched

  name                          = local.trail_name
  s3_bucket_name                = module.trail_bucket[each.key].name
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trail[each.key].arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.trail[each.key].arn

  # CloudTrail tries the role when the trail is made.
  depends_on = [aws_iam_role_policy.trail]
}

resource "aws_cloudwatch_log_group" "trail" {
  # checkov:skip=CKV_AWS_158: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_338: a week for the alarms; the bucket keeps what is older
  for_each = local.watched

  name              = local.trail_logs
  retention_in_days = 7
}

resource "aws_iam_role" "trail" {
  for_each = local.watched

  name                 = local.trail_name
  description          = "CloudTrail writes its log group"
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
    }]
  })
}

resource "aws_iam_role_policy" "trail" {
  for_each = local.watched

  name = "logs"
  role = aws_iam_role.trail[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteTheTrailsGroup"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.trail_logs}:log-stream:*"
    }]
  })
}

resource "aws_cloudwatch_log_metric_filter" "account" {
  for_each = var.account_alarms ? local.patterns : {}

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.trail["account"].name
  pattern        = each.value

  metric_transformation {
    namespace = var.project
    name      = each.key
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "root_used" {
  for_each = local.watched

  alarm_name          = "${var.name}-account-root-used"
  alarm_description   = "Somebody did something as the account's root. Owner: whoever holds the account. Runbook: docs/runbooks/account-root-used.md"
  namespace           = var.project
  metric_name         = aws_cloudwatch_log_metric_filter.account["root-used"].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "calls_denied" {
  for_each = local.watched

  alarm_name          = "${var.name}-account-calls-denied"
  alarm_description   = "More than ten calls were denied within five minutes. Owner: engineer. Runbook: docs/runbooks/account-calls-denied.md"
  namespace           = var.project
  metric_name         = aws_cloudwatch_log_metric_filter.account["calls-denied"].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
