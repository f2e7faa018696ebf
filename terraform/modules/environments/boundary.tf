locals {
  application_buckets = {
    for environment, name in local.names : environment =>
    [for kind in ["media", "static"] : "arn:${local.partition}:s3:::${name}-${kind}-${local.account_id}"]
  }
  import_roles = { for environment, name in local.names : environment => "arn:${local.partition}:iam::${local.account_id}:role/${name}-geodata-import-*" }

  # The most that a role which Terraform makes may do, whatever its own policies say: no role, no policy, nothing of another
  # environment. What the application comes to call is added here before a role can have it.
  boundary = {
    for environment, owned in local.owned : environment => [
      { Sid = "WriteLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = owned.log_groups },
      { Sid = "ReadSecrets", Effect = "Allow", Action = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource = owned.secrets },
      {
        Sid      = "UseTables"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"]
        Resource = owned.tables
      },
      {
        Sid      = "UseFiles"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket", "s3:PutObject", "s3:PutObjectTagging"]
        Resource = flatten([for bucket in local.application_buckets[environment] : [bucket, "${bucket}/*"]])
      },
      # A recipient may be an identity of the account too, of either environment: as whom it sends is said by the condition. The role's
      # own policy says it too, but an apply role writes that.
      {
        Sid       = "SendMail"
        Effect    = "Allow"
        Action    = ["ses:SendEmail", "ses:SendRawEmail"]
        Resource  = concat(["arn:${local.partition}:ses:${local.here}:identity/*"], owned.configuration_sets)
        Condition = { StringLike = { "ses:FromAddress" = "*@${local.mail_domains[environment]}" } }
      },
      { Sid = "InvokeFunctions", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = owned.functions },
      { Sid = "FetchImages", Effect = "Allow", Action = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = owned.repositories },
      { Sid = "RunTasks", Effect = "Allow", Action = "ecs:RunTask", Resource = owned.task_definitions },
      { Sid = "TagTasks", Effect = "Allow", Action = "ecs:TagResource", Resource = owned.tasks },
      {
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.import_roles[environment]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      # AWS has no resource for these, or asks for every one: the modules zappa and geodata-import say which.
      {
        Sid    = "UseWhatHasNoName"
        Effect = "Allow"
        Action = [
          "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
          "ec2:UnassignPrivateIpAddresses", "ecr:GetAuthorizationToken", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
        ]
        Resource = "*"
      },
    ]
  }
}

resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_287: it allows nothing by itself: it limits what the roles' own policies may
  # checkov:skip=CKV_AWS_288: it allows nothing by itself: it limits what the roles' own policies may
  # checkov:skip=CKV_AWS_289: it allows nothing by itself: it limits what the roles' own policies may
  # checkov:skip=CKV_AWS_290: it allows nothing by itself: it limits what the roles' own policies may
  # checkov:skip=CKV_AWS_355: it allows nothing by itself: it limits what the roles' own policies may
  for_each = local.boundary

  name        = "${var.project}-boundary-${each.key}"
  description = "The most that a role of ${each.key} may do"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}
