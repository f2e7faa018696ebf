resource "aws_cloudwatch_event_rule" "this" {
  for_each = var.schedules

  name                = "${var.name}-${each.value.stage}-${each.key}"
  description         = "${join(" ", each.value.command)} on ${each.value.stage}"
  schedule_expression = each.value.expression
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = var.schedules

  rule     = aws_cloudwatch_event_rule.this[each.key].name
  arn      = aws_ecs_cluster.this.arn
  role_arn = aws_iam_role.schedule[0].arn
  input    = jsonencode({ containerOverrides = [{ name = local.container, command = each.value.command }] })

  ecs_target {
    # Without its revision: the newest.
    task_definition_arn = aws_ecs_task_definition.this[each.value.stage].arn_without_revision
    propagate_tags      = "TASK_DEFINITION"

    capacity_provider_strategy {
      capacity_provider = "FARGATE_SPOT"
      weight            = 1
    }

    network_configuration {
      subnets          = var.network.subnet_ids
      security_groups  = [aws_security_group.task.id]
      assign_public_ip = true
    }
  }
}

resource "aws_iam_role" "schedule" {
  count = length(var.schedules) > 0 ? 1 : 0

  name                 = "${var.name}-schedule"
  description          = "EventBridge starts import tasks"
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  count = length(var.schedules) > 0 ? 1 : 0

  name = "run"
  role = aws_iam_role.schedule[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "RunOwnTasks"
        Effect = "Allow"
        Action = "ecs:RunTask"
        # The target names a family without its revision; a wildcard of revisions is no match for that.
        Resource = flatten([for family in values(local.families) : [
          "arn:${local.partition}:ecs:${local.here}:task-definition/${family}",
          "arn:${local.partition}:ecs:${local.here}:task-definition/${family}:*",
        ]])
        Condition = {
          ArnEquals = { "ecs:cluster" = "arn:${local.partition}:ecs:${local.here}:cluster/${var.name}" }
        }
      },
      # Propagated tags need it; without, a schedule starts nothing and says so nowhere.
      {
        Sid       = "TagOwnTasks"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = "arn:${local.partition}:ecs:${local.here}:task/${var.name}/*"
        Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
      },
      {
        Sid       = "HandOverTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [for role in concat(["${var.name}-execution"], values(local.families)) : "arn:${local.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${role}"]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
