locals {
  import_names = { for stage, environment in local.stages : stage => "${var.environments[environment].name}-geodata-import" }

  # What `make import-image` and `make import-regions` call for one stage: modules/geodata-import has the names.
  import = {
    for stage, name in local.import_names : stage => [
      { Sid = "SignInToEcr", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid    = "PushTheImage"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:InitiateLayerUpload",
          "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = "arn:${local.partition}:ecr:${local.here}:repository/${name}"
      },
      {
        Sid       = "RunTheTask"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = "arn:${local.partition}:ecs:${local.here}:task-definition/${name}-${stage}:*"
        Condition = { ArnEquals = { "ecs:cluster" = "arn:${local.partition}:ecs:${local.here}:cluster/${name}" } }
      },
      # A task has its definition's tags, and whoever runs it needs leave to give them.
      {
        Sid       = "TagWhatIsRun"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = "arn:${local.partition}:ecs:${local.here}:task/${name}/*"
        Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
      },
      { Sid = "FollowTheTask", Effect = "Allow", Action = "ecs:DescribeTasks", Resource = "arn:${local.partition}:ecs:${local.here}:task/${name}/*" },
      {
        Sid       = "GiveTheTaskItsRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [for role in ["execution", stage] : "arn:${local.partition}:iam::${local.account_id}:role/${name}-${role}"]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      { Sid = "ReadWhatItSays", Effect = "Allow", Action = "logs:GetLogEvents", Resource = "arn:${local.partition}:logs:${local.here}:log-group:/aws/ecs/${name}-${stage}:*" },
    ]
  }

  # What Terraform calls to make modules/geodata-import, beside networks, roles and log groups.
  make_import = {
    for environment, of in var.environments : environment => [
      {
        Sid    = "MakeImageRepositories"
        Effect = "Allow"
        Action = [
          "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability",
          "ecr:PutLifecyclePolicy", "ecr:TagResource", "ecr:UntagResource",
        ]
        Resource = of.owned.repositories
      },
      {
        Sid    = "MakeClusters"
        Effect = "Allow"
        Action = [
          "ecs:CreateCluster", "ecs:DeleteCluster", "ecs:PutClusterCapacityProviders", "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster",
          "ecs:UpdateClusterSettings",
        ]
        Resource = of.owned.clusters
      },
      { Sid = "MakeTaskDefinitions", Effect = "Allow", Action = ["ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource"], Resource = of.owned.task_definitions },
      # ECS knows no resource and no tag for this one.
      { Sid = "RetireTaskDefinitions", Effect = "Allow", Action = "ecs:DeregisterTaskDefinition", Resource = "*", Condition = { StringEquals = { "aws:RequestedRegion" = var.region } } },
      {
        Sid      = "MakeSchedules"
        Effect   = "Allow"
        Action   = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
        Resource = of.owned.rules
      },
    ]
  }
}
