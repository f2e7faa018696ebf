resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets"
  subnet_ids  = var.network.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-postgres16-"
  description = "TLS only; slow statements and lock waits are logged, values of parameters never"
  family      = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # All of these take effect without a restart.
  parameters = {
    "idle_in_transaction_session_timeout" = "60000"
    "log_lock_waits"                      = "1"
    "log_min_duration_statement"          = "500"
    "log_statement"                       = "ddl"
    "log_temp_files"                      = "16384"
    # People's names and addresses stand in parameters: keep them out of the log.
    "log_parameter_max_length"          = "0"
    "log_parameter_max_length_on_error" = "0"
  }

  # After a restore two stand side by side, and the last one serves. By Terraform's key: moved and imported instances need one that
  # does not depend on the project's name.
  instance_names = length(var.instances) > 0 || var.aurora != null ? var.instances : [var.name]
  instances      = { for name in local.instance_names : (name == var.name ? "first" : name) => name }
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_118: enhanced monitoring is billed as logs; the free metrics have what the alarms read
  # checkov:skip=CKV_AWS_157: a standby doubles the price, so it is a variable
  # checkov:skip=CKV_AWS_161: the role signs in with a rotated password; IAM tokens need a further call to AWS per connection
  # checkov:skip=CKV_AWS_293: deletion protection is a variable, which prod.tfvars sets
  # checkov:skip=CKV_AWS_354: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_30: slow statements and DDL are logged, every statement would be the personal data in them
  for_each = local.instances

  identifier     = each.value
  engine         = "postgres"
  engine_version = "16" # the minor version is RDS's to raise
  instance_class = var.instance_class
  multi_az       = var.multi_az

  storage_type          = "gp3"
  allocated_storage     = 20
  max_allocated_storage = 100
  storage_encrypted     = true

  username            = local.master_username
  password_wo         = var.master_password
  password_wo_version = var.master_password_version

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  port                   = var.port
  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  parameter_group_name   = aws_db_parameter_group.this.name

  backup_retention_period  = 7
  backup_window            = "07:00-07:30"
  maintenance_window       = "sun:08:00-sun:08:30"
  copy_tags_to_snapshot    = true
  delete_automated_backups = !var.protected

  auto_minor_version_upgrade            = true
  apply_immediately                     = !var.protected
  performance_insights_enabled          = true
  performance_insights_retention_period = 7 # the days that are free
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]

  # One that serves no more may go from the list; its final snapshot stays.
  deletion_protection       = var.protected && each.value == local.identifier
  skip_final_snapshot       = !var.protected
  final_snapshot_identifier = "${each.value}-final-${terraform_data.created.output}"

  # RDS would make the log groups itself, and keep logs for ever.
  depends_on = [aws_cloudwatch_log_group.this]
}

moved {
  from = aws_db_instance.this
  to   = aws_db_instance.this["first"]
}

# A second final snapshot can't have the first one's name.
resource "terraform_data" "created" {
  input = formatdate("YYYYMMDDhhmmss", plantimestamp())

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_338: a week; longer is personal data kept for nothing
  for_each = merge([
    for key, name in local.instances : {
      for kind in ["postgresql", "upgrade"] : (key == "first" ? kind : "${key}/${kind}") => "/aws/rds/instance/${name}/${kind}"
    }
  ]...)

  name              = each.value
  retention_in_days = 7
}

resource "aws_db_instance" "replica" {
  # checkov:skip=CKV_AWS_118: enhanced monitoring is billed as logs; the free metrics have what the alarms read
  # checkov:skip=CKV_AWS_129: what its readers wait for is in performance insights; nobody writes to it
  # checkov:skip=CKV_AWS_157: its source is the one that has to outlive a zone
  # checkov:skip=CKV_AWS_293: it holds nothing that its source has not, and is made anew
  # checkov:skip=CKV_AWS_354: a key of our own costs $1 a month and guards no better than the account's
  # One of another source is another one: RDS can't turn it.
  for_each = var.read_replica && var.aurora == null ? { (local.serving_key) = local.identifier } : {}

  identifier          = "${each.value}-replica"
  replicate_source_db = each.value
  instance_class      = var.instance_class
  storage_encrypted   = true
  # As far as its source may grow, or replication stops.
  max_allocated_storage = 100

  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  port                   = var.port
  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  parameter_group_name   = aws_db_parameter_group.this.name
  maintenance_window     = "sun:09:00-sun:09:30"

  auto_minor_version_upgrade            = true
  apply_immediately                     = !var.protected
  performance_insights_enabled          = true
  performance_insights_retention_period = 7 # the days that are free
  copy_tags_to_snapshot                 = true
  skip_final_snapshot                   = true # it holds nothing that its source has not

  depends_on = [aws_db_instance.this]
}
