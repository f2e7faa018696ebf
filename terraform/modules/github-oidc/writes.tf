locals {
  here = "${var.region}:${local.account_id}"

  # By environment, as conditions: what is there has its tags, what is made gets them.
  own_tags = { for environment in keys(var.environments) : environment => { "aws:ResourceTag/Project" = var.project, "aws:ResourceTag/Environment" = environment } }
  new_tags = { for environment in keys(var.environments) : environment => { "aws:RequestTag/Project" = var.project, "aws:RequestTag/Environment" = environment } }

  keep_state = {
    for environment in keys(var.environments) : environment => [
      { Sid = "FindTheState", Effect = "Allow", Action = "s3:ListBucket", Resource = local.state_arn },
      { Sid = "ReadKeptPlans", Effect = "Allow", Action = "s3:GetObject", Resource = "${local.state_arn}/plans/${environment}/*" },
      { Sid = "WriteStateAndLock", Effect = "Allow", Action = ["s3:PutObject", "s3:GetObject"], Resource = ["${local.state_arn}/platform/${environment}.tfstate", "${local.state_arn}/platform/${environment}.tfstate.tflock"] },
      { Sid = "Unlock", Effect = "Allow", Action = "s3:DeleteObject", Resource = "${local.state_arn}/platform/${environment}.tfstate.tflock" },
    ]
  }

  make_databases = {
    for environment, of in var.environments : environment => [
      {
        Sid    = "MakeDatabases"
        Effect = "Allow"
        Action = [
          "rds:AddTagsToResource", "rds:CreateDBCluster", "rds:CreateDBClusterParameterGroup", "rds:CreateDBClusterSnapshot", "rds:CreateDBInstance",
          "rds:CreateDBInstanceReadReplica", "rds:CreateDBParameterGroup", "rds:CreateDBSnapshot", "rds:CreateDBSubnetGroup", "rds:DeleteDBCluster",
          "rds:DeleteDBClusterParameterGroup", "rds:DeleteDBInstance", "rds:DeleteDBParameterGroup", "rds:DeleteDBSubnetGroup", "rds:DeregisterDBProxyTargets",
          "rds:ModifyDBCluster", "rds:ModifyDBClusterParameterGroup", "rds:ModifyDBInstance", "rds:ModifyDBParameterGroup", "rds:ModifyDBSubnetGroup",
          "rds:RebootDBInstance", "rds:RegisterDBProxyTargets", "rds:RemoveTagsFromResource", "rds:RestoreDBClusterFromSnapshot",
          "rds:StartDBInstanceAutomatedBackupsReplication", "rds:StopDBInstanceAutomatedBackupsReplication",
        ]
        Resource = of.owned.databases
      },
      # Whoever names no group gets AWS's own, which nobody can change and RDS asks leave for all the same.
      {
        Sid    = "UseAwsOwnGroups"
        Effect = "Allow"
        Action = [
          "rds:CreateDBCluster", "rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica", "rds:ModifyDBCluster", "rds:ModifyDBInstance",
          "rds:RestoreDBClusterFromSnapshot",
        ]
        Resource = [for group in ["cluster-pg:default.*", "og:default:*", "pg:default.*"] : "arn:${local.partition}:rds:${local.here}:${group}"]
      },
      # A copy is known by a number, in another region. What it is a copy of is asked for too, and is known by its name.
      { Sid = "CopyBackups", Effect = "Allow", Action = "rds:StartDBInstanceAutomatedBackupsReplication", Resource = "arn:${local.partition}:rds:*:${local.account_id}:auto-backup:*" },
      # Proxies are known by numbers, so by their tags; making one knows no resource.
      { Sid = "MakeProxies", Effect = "Allow", Action = "rds:CreateDBProxy", Resource = "*", Condition = { StringEquals = local.new_tags[environment] } },
      {
        Sid       = "TagProxies"
        Effect    = "Allow"
        Action    = "rds:AddTagsToResource"
        Resource  = "arn:${local.partition}:rds:${local.here}:db-proxy:*"
        Condition = { StringEquals = local.new_tags[environment], StringEqualsIfExists = local.own_tags[environment] }
      },
      {
        Sid       = "ChangeOwnProxies"
        Effect    = "Allow"
        Action    = ["rds:AddTagsToResource", "rds:DeleteDBProxy", "rds:DeregisterDBProxyTargets", "rds:ModifyDBProxy", "rds:RegisterDBProxyTargets", "rds:RemoveTagsFromResource"]
        Resource  = "arn:${local.partition}:rds:${local.here}:db-proxy:*"
        Condition = { StringEquals = local.own_tags[environment], StringEqualsIfExists = local.new_tags[environment] }
      },
      # A proxy's default group has a number and no tags: AWS can't tell whose it is.
      { Sid = "AimProxies", Effect = "Allow", Action = ["rds:DeregisterDBProxyTargets", "rds:ModifyDBProxyTargetGroup", "rds:RegisterDBProxyTargets"], Resource = "arn:${local.partition}:rds:${local.here}:target-group:*" },
      # Keys are known by numbers, in the region of the copies; a call that makes one names none.
      { Sid = "MakeKeysOfCopies", Effect = "Allow", Action = "kms:CreateKey", Resource = "*", Condition = { StringEquals = local.new_tags[environment] } },
      {
        Sid       = "TagKeysOfCopies"
        Effect    = "Allow"
        Action    = "kms:TagResource"
        Resource  = "arn:${local.partition}:kms:*:${local.account_id}:key/*"
        Condition = { StringEquals = local.new_tags[environment], StringEqualsIfExists = local.own_tags[environment] }
      },
      {
        Sid       = "ChangeOwnKeysOfCopies"
        Effect    = "Allow"
        Action    = ["kms:CreateAlias", "kms:CreateGrant", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:ScheduleKeyDeletion", "kms:UntagResource", "kms:UpdateKeyDescription"]
        Resource  = "arn:${local.partition}:kms:*:${local.account_id}:key/*"
        Condition = { StringEquals = local.own_tags[environment] }
      },
      { Sid = "NameKeysOfCopies", Effect = "Allow", Action = ["kms:CreateAlias", "kms:DeleteAlias"], Resource = of.owned.key_aliases },
    ]
  }

  make_data = {
    for environment, of in var.environments : environment => concat([
      {
        Sid    = "MakeTables"
        Effect = "Allow"
        Action = [
          "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ]
        Resource = of.owned.tables
      },
      {
        Sid    = "MakeBuckets"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
        ]
        Resource = of.owned.buckets
      },
      {
        Sid    = "MakeSecrets"
        Effect = "Allow"
        Action = [
          "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:PutSecretValue", "secretsmanager:RestoreSecret",
          "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = of.owned.secrets
      },
      ],
      # Production's data is deleted by people.
      environment == "prod" ? [] : [{
        Sid      = "EmptyBuckets"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"]
        Resource = flatten([for bucket in of.owned.buckets : [bucket, "${bucket}/*"]])
      }],
    )
  }

  make_around = {
    for environment, of in var.environments : environment => [
      {
        Sid      = "MakeLogGroups"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]
        Resource = concat(of.owned.log_groups, of.owned.database_logs)
      },
      { Sid = "MakeAlarms", Effect = "Allow", Action = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"], Resource = of.owned.alarms },
      { Sid = "MakeDashboards", Effect = "Allow", Action = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"], Resource = of.owned.dashboards },
      { Sid = "MakeTopics", Effect = "Allow", Action = ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource"], Resource = of.owned.topics },
      { Sid = "EndSubscriptions", Effect = "Allow", Action = "sns:Unsubscribe", Resource = "*" }, # knows no resource
      {
        Sid    = "MakeTheSendersSettings"
        Effect = "Allow"
        Action = [
          "ses:CreateConfigurationSet", "ses:CreateConfigurationSetEventDestination", "ses:DeleteConfigurationSet", "ses:DeleteConfigurationSetEventDestination",
          "ses:PutConfigurationSetDeliveryOptions", "ses:PutConfigurationSetReputationOptions", "ses:PutConfigurationSetSuppressionOptions",
          "ses:PutEmailIdentityConfigurationSetAttributes", "ses:TagResource", "ses:UntagResource", "ses:UpdateConfigurationSetEventDestination",
        ]
        Resource = of.owned.configuration_sets
      },
      # By its name as far as bootstrap is told that, and by its tags: SES may say nothing of these when it is asked to tag.
      {
        Sid       = "MakeTheSender"
        Effect    = "Allow"
        Action    = ["ses:CreateEmailIdentity", "ses:TagResource"]
        Resource  = of.sender_arn
        Condition = { StringEquals = local.new_tags[environment], StringEqualsIfExists = local.own_tags[environment] }
      },
      {
        Sid    = "ChangeOwnSenders"
        Effect = "Allow"
        Action = [
          "ses:DeleteEmailIdentity", "ses:PutEmailIdentityConfigurationSetAttributes", "ses:PutEmailIdentityDkimSigningAttributes",
          "ses:PutEmailIdentityMailFromAttributes", "ses:TagResource", "ses:UntagResource",
        ]
        Resource  = of.sender_arn
        Condition = { StringEquals = local.own_tags[environment], StringEqualsIfExists = local.new_tags[environment] }
      },
      { Sid = "MakeBudgets", Effect = "Allow", Action = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"], Resource = of.owned.budgets },
      {
        Sid      = "MakeTheTrail"
        Effect   = "Allow"
        Action   = ["cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "cloudtrail:RemoveTags", "cloudtrail:StartLogging", "cloudtrail:UpdateTrail"]
        Resource = of.owned.trails
      },
      {
        Sid    = "ChooseWhatIsTraced"
        Effect = "Allow"
        Action = [
          "xray:CreateGroup", "xray:CreateSamplingRule", "xray:DeleteGroup", "xray:DeleteSamplingRule", "xray:TagResource", "xray:UntagResource",
          "xray:UpdateGroup", "xray:UpdateSamplingRule",
        ]
        Resource = of.owned.traces
      },
    ]
  }

  # Production's plain names begin nonprod's too, and where a pattern can't tell them apart this does.
  leave_the_others = {
    for environment, of in var.environments : environment => [for arns in [of.denied] : { Sid = "LeaveTheOther", Effect = "Deny", Action = ["logs:*", "rds:*"], Resource = arns } if length(arns) > 0]
  }
}
