locals {
  # RDS gives PostgreSQL a connection for each 9.5 MB of memory; about four fifths of them.
  alarming_connections = {
    "db.t4g.micro"  = 64
    "db.t4g.small"  = 150
    "db.t4g.medium" = 320
    "db.t4g.large"  = 650
  }
  # Aurora likewise, by the memory of its largest capacity; below 1 ACU at the least it takes no more than 2000.
  alarming_aurora_connections = var.aurora == null ? 0 : min(150 * var.aurora.max_capacity, 1600)
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "${var.name}-database-cpu"
  alarm_description   = "The database has computed at more than 80 % for a quarter of an hour; beyond its credits that is billed. Owner: engineer. Runbook: docs/runbooks/database-cpu.md"
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  dimensions          = local.dimensions
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# Storage grows by itself when a tenth is left; this is when it does not, or is at its ceiling.
resource "aws_cloudwatch_metric_alarm" "storage" {
  # Aurora's grows without an end.
  count = var.aurora == null ? 1 : 0

  alarm_name          = "${var.name}-database-storage"
  alarm_description   = "The database has less than 1.5 GB of storage left and has not grown. Owner: engineer. Runbook: docs/runbooks/database-storage.md"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = local.dimensions
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 2
  threshold           = 1500000000 # bytes
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "connections" {
  alarm_name          = "${var.name}-database-connections"
  alarm_description   = "Four fifths of the database's connections are taken; beyond, functions are refused. Owner: engineer. Runbook: docs/runbooks/database-connections.md"
  namespace           = "AWS/RDS"
  metric_name         = "DatabaseConnections"
  dimensions          = local.dimensions
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = var.aurora == null ? local.alarming_connections[var.instance_class] : local.alarming_aurora_connections
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "replica_behind" {
  count = length(aws_db_instance.replica) # of one at the most

  alarm_name          = "${var.name}-database-replica-behind"
  alarm_description   = "The read replica is more than five minutes behind: who reads there is told old news. Owner: engineer. Runbook: docs/runbooks/database-replica.md"
  namespace           = "AWS/RDS"
  metric_name         = "ReplicaLag"
  dimensions          = { DBInstanceIdentifier = aws_db_instance.replica[local.serving_key].identifier }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 300 # seconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
