data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  here      = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  container = "app"
  families  = { for stage in keys(var.stages) : stage => "${var.name}-${stage}" }
  # Spelt out, as a policy has to be known before anything is made.
  repository_arn = "arn:${local.partition}:ecr:${local.here}:repository/${var.name}"
  scratch        = "scratch"
}

resource "aws_ecs_cluster" "this" {
  # checkov:skip=CKV_AWS_65: insights are billed by metric; a task's log and exit code tell what an import did
  name = var.name

  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  # A third of the price; what AWS takes back half-way is run again, and an import leaves the old layer or the new one.
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = 1
  }
}

resource "aws_cloudwatch_log_group" "task" {
  # checkov:skip=CKV_AWS_158: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV_AWS_338: a week; longer is personal data kept for nothing
  for_each = local.families

  name              = "/aws/ecs/${each.value}"
  retention_in_days = 7
}

resource "aws_ecs_task_definition" "this" {
  for_each = var.stages

  family                   = local.families[each.key]
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 2048
  memory                   = 4096
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64" # as the image is built
  }

  # The one place that can be written to: downloads and what is unpacked of them.
  volume {
    name = local.scratch
  }

  container_definitions = jsonencode([{
    name      = local.container
    image     = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
    essential = true
    # The image's entry point is manage.py; whoever runs the task says the command.
    command                = ["check", "--deploy"]
    environment            = [for variable in sort(keys(each.value.environment)) : { name = variable, value = each.value.environment[variable] }]
    readonlyRootFilesystem = true
    linuxParameters        = { initProcessEnabled = true }
    mountPoints            = [{ sourceVolume = local.scratch, containerPath = "/scratch", readOnly = false }]
    # As long as Fargate grants: an import that is told to stop rolls back by itself.
    stopTimeout = 120
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.task[each.key].name
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = "task"
      }
    }
  }])
}

resource "aws_security_group" "task" {
  # checkov:skip=CKV2_AWS_5: whoever runs a task attaches it
  name        = "${var.name}-task"
  description = "Import tasks: HTTPS out, nothing in"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-task" }
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = { ipv4 = "0.0.0.0/0", ipv6 = "::/0" }

  security_group_id = aws_security_group.task.id
  description       = "The Census Bureau and AWS services over ${each.key == "ipv4" ? "IPv4" : "IPv6"}"
  cidr_ipv4         = each.key == "ipv4" ? each.value : null
  cidr_ipv6         = each.key == "ipv6" ? each.value : null
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Both ends are here, so that this module alone makes a task that reaches the database.
resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id            = aws_security_group.task.id
  description                  = "PostgreSQL"
  referenced_security_group_id = var.database.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = var.database.security_group_id
  description                  = "PostgreSQL from import tasks"
  referenced_security_group_id = aws_security_group.task.id
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
}
