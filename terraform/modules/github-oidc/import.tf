locals {
  import_names = { for stage, environment in local.stages : stage => "${local.names_of[environment]}-geodata-import" }

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
  make_import = [
    {
      Sid    = "MakeImageRepositories"
      Effect = "Allow"
      Action = [
        "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability",
        "ecr:PutLifecyclePolicy", "ecr:TagResource", "ecr:UntagResource",
      ]
      Resource = "arn:${local.partition}:ecr:${local.here}:repository/${var.project}*"
    },
    {
      Sid    = "MakeClusters"
      Effect = "Allow"
      Action = [
        "ecs:CreateCluster", "ecs:DeleteCluster", "ecs:PutClusterCapacityProviders", "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster",
        "ecs:UpdateClusterSettings",
      ]
      Resource = [for kind in ["cluster", "task-definition"] : "arn:${local.partition}:ecs:${local.here}:${kind}/${var.project}*"]
    },
    # ECS knows no resource for these two.
    { Sid = "MakeTaskDefinitions", Effect = "Allow", Action = ["ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"], Resource = "*", Condition = local.only_here },
    {
      Sid      = "MakeSchedules"
      Effect   = "Allow"
      Action   = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
      Resource = "arn:${local.partition}:events:${local.here}:rule/${var.project}*"
    },
    {
      Sid       = "LetEcsMakeItsOwnRole"
      Effect    = "Allow"
      Action    = "iam:CreateServiceLinkedRole"
      Resource  = "arn:${local.partition}:iam::${local.account_id}:role/aws-service-role/ecs.amazonaws.com/*"
      Condition = { StringEquals = { "iam:AWSServiceName" = "ecs.amazonaws.com" } }
    },
  ]
}
