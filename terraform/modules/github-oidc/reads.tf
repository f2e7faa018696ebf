locals {
  state_arn = "arn:${local.partition}:s3:::${var.state_bucket}"

  # Enough for `terraform plan -refresh=false`, which compares code and state and asks AWS for nothing else.
  plan = [
    { Sid = "ReadStates", Effect = "Allow", Action = "s3:ListBucket", Resource = local.state_arn },
    { Sid = "ReadPlatformStates", Effect = "Allow", Action = "s3:GetObject", Resource = ["${local.state_arn}/platform/*", "${local.state_arn}/plans/*"] },
    { Sid = "KeepPlans", Effect = "Allow", Action = "s3:PutObject", Resource = "${local.state_arn}/plans/*" },
    { Sid = "MakePasswords", Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" }, # knows no resource
  ]

  # The states of both environments, which drift compares with what is there, and which it never writes.
  read_states = [
    { Sid = "FindStates", Effect = "Allow", Action = "s3:ListBucket", Resource = local.state_arn },
    { Sid = "ReadPlatformStates", Effect = "Allow", Action = "s3:GetObject", Resource = "${local.state_arn}/platform/*" },
  ]

  # Whose things a role looks at: an apply role at its environment's, drift at all.
  looks_at = merge({ for environment in keys(var.environments) : environment => [environment] }, { drift = keys(var.environments) })
  seen     = { for who, environments in local.looks_at : who => { for kind in keys(values(var.environments)[0].owned) : kind => flatten([for environment in environments : var.environments[environment].owned[kind]]) } }

  # What the provider asks when it compares a state with AWS; a test holds it against a recorded run.
  reads = {
    for who, seen in local.seen : who => [
      # Terraform's provider reads a secret's value whenever it looks whether the secret is still there.
      { Sid = "ReadSecrets", Effect = "Allow", Action = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:GetSecretValue"], Resource = seen.secrets },
      { Sid = "MakePasswords", Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" }, # knows no resource
      {
        Sid    = "ReadOwnBuckets"
        Effect = "Allow"
        Action = [
          "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketNotification",
          "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
        ]
        Resource = seen.buckets
      },
      {
        Sid    = "ReadOwn"
        Effect = "Allow"
        Action = [
          "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource",
          "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:ListTagsForResource",
          "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
          "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
        ]
        Resource = concat(seen.tables, seen.repositories, seen.rules, seen.roles)
      },
      # Lists and numbers, and settings of what has a name: none of it is data, and all names together would not fit into a policy.
      {
        Sid    = "ReadWhatHasNoNameToLimitTo"
        Effect = "Allow"
        Action = [
          "budgets:ListTagsForResource", "budgets:ViewBudget",
          "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags",
          "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
          "ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones", # RDS asks these as whoever makes a database
          "ec2:DescribeEgressOnlyInternetGateways", "ec2:DescribeInternetGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces",
          "ec2:DescribePrefixLists", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
          "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
          "ecs:DescribeClusters", "ecs:DescribeTaskDefinition", "ecs:ListTagsForResource",
          "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags",
          "logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:ListTagsForResource",
          "rds:DescribeDBClusterParameterGroups", "rds:DescribeDBClusterParameters", "rds:DescribeDBClusters", "rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBInstances", "rds:DescribeDBParameterGroups", "rds:DescribeDBParameters",
          "rds:DescribeDBProxies", "rds:DescribeDBProxyTargetGroups", "rds:DescribeDBProxyTargets", "rds:DescribeDBSubnetGroups", "rds:DescribeGlobalClusters",
          "rds:ListTagsForResource",
          "ses:GetConfigurationSet", "ses:GetConfigurationSetEventDestinations", "ses:GetEmailIdentity", "ses:ListTagsForResource",
          "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
          "xray:GetGroup", "xray:GetGroups", "xray:GetSamplingRules", "xray:ListTagsForResource",
        ]
        Resource = "*"
      },
    ]
  }
}
