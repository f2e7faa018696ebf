# Aurora in place of the instance: the same role, databases, secrets, proxy and outputs.
locals {
  clusters = var.aurora == null ? {} : { this = var.aurora }
  # The first one writes.
  members = var.aurora == null ? [] : var.read_replica ? ["1", "2"] : ["1"]
}

resource "aws_rds_cluster" "this" {
  # checkov:skip=CKV_AWS_162: the role signs in with a rotated password; IAM tokens need a further call to AWS per connection
  # checkov:skip=CKV_AWS_327: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_8: its own backups go back a week; a plan of AWS Backup would be a second copy of the same
  # checkov:skip=CKV2_AWS_27: slow statements and DDL are logged, every statement would be the personal data in them
  for_each = local.clusters

  cluster_identifier  = var.name
  engine              = "aurora-postgresql"
  engine_version      = each.value.version # the default is one that AWS keeps for years, unlike those between
  snapshot_identifier = each.value.snapshot == "" ? null : each.value.snapshot
  storage_encrypted   = true

  serverlessv2_scaling_configuration {
    min_capacity = each.value.min_capacity
    max_capacity = each.value.max_capacity
  }

  master_username            = local.master_username
  master_password_wo         = var.master_password
  master_password_wo_version = var.master_password_version

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  port                            = var.port
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this[each.key].name

  backup_retention_period      = 7
  preferred_backup_window      = "07:00-07:30"
  preferred_maintenance_window = "sun:08:00-sun:08:30"
  copy_tags_to_snapshot        = true
  delete_automated_backups     = !var.protected

  apply_immediately               = !var.protected
  enabled_cloudwatch_logs_exports = ["postgresql"]

  deletion_protection       = var.protected
  skip_final_snapshot       = !var.protected
  final_snapshot_identifier = "${var.name}-final-${terraform_data.created.output}"

  # RDS would make the log group itself, and keep logs for ever.
  depends_on = [aws_cloudwatch_log_group.cluster]
}

resource "aws_rds_cluster_instance" "this" {
  # checkov:skip=CKV_AWS_118: enhanced monitoring is billed as logs; the free metrics have what the alarms read
  # checkov:skip=CKV_AWS_226: the minor version is chosen, by default one that AWS keeps for years
  # checkov:skip=CKV_AWS_354: a key of our own costs $1 a month and guards no better than the account's
  for_each = toset(local.members)

  identifier         = "${var.name}-${each.key}"
  cluster_identifier = aws_rds_cluster.this["this"].id
  engine             = aws_rds_cluster.this["this"].engine
  engine_version     = aws_rds_cluster.this["this"].engine_version
  instance_class     = "db.serverless"
  # The second one takes over when the first one fails.
  promotion_tier = 0

  publicly_accessible        = false
  ca_cert_identifier         = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade = false
  apply_immediately          = !var.protected
  copy_tags_to_snapshot      = true

  performance_insights_enabled          = true
  performance_insights_retention_period = 7 # the days that are free
}

resource "aws_rds_cluster_parameter_group" "this" {
  for_each = local.clusters

  name_prefix = "${var.name}-aurora-postgresql16-"
  description = "TLS only; slow statements and lock waits are logged, values of parameters never"
  family      = "aurora-postgresql16"

  dynamic "parameter" {
    for_each = merge(local.parameters, { "rds.force_ssl" = "1" })

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "cluster" {
  # checkov:skip=CKV_AWS_158: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_338: a week; longer is personal data kept for nothing
  for_each = local.clusters

  name              = "/aws/rds/cluster/${var.name}/postgresql"
  retention_in_days = 7
}
