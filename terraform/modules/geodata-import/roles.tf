locals {
  trust_of_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
  task_policies = merge([
    for stage, settings in var.stages : {
      for name, policy in settings.policies : "${stage}/${name}" => { stage = stage, name = name, policy = policy }
    }
  ]...)
}

# What ECS itself does before the container runs: fetch the image, open the log.
resource "aws_iam_role" "execution" {
  name                 = "${var.name}-execution"
  description          = "ECS starts import tasks"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.trust_of_tasks
}

resource "aws_iam_role_policy" "execution" {
  # checkov:skip=CKV_AWS_290: the starred statement is explained in the module's README
  # checkov:skip=CKV_AWS_355: the starred statement is explained in the module's README
  name = "start"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "SignInToEcr"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "PullTheImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = local.repository_arn
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for family in values(local.families) : "arn:${local.partition}:logs:${local.here}:log-group:/aws/ecs/${family}:*"]
      },
    ]
  })
}

# What the application does: as much as is handed in, and nothing else.
resource "aws_iam_role" "task" {
  for_each = local.families

  name                 = each.value
  description          = "The import task of ${each.key}"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.trust_of_tasks
}

resource "aws_iam_role_policy" "task" {
  for_each = local.task_policies

  name   = each.value.name
  role   = aws_iam_role.task[each.value.stage].id
  policy = each.value.policy
}
