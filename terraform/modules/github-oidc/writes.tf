locals {
  here      = "${var.region}:${local.account_id}"
  only_here = { StringEquals = { "aws:RequestedRegion" = var.region } }

  # Roles of workflows, and what they may, are bootstrap's: no workflow changes them.
  workflow_roles = ["arn:${local.partition}:iam::${local.account_id}:role/${var.project}-github-*", "arn:${local.partition}:iam::${local.account_id}:policy/${var.project}-github-*"]

  keep_state = {
    for environment in ["nonprod", "prod"] : environment => [
      { Sid = "WriteStateAndLock", Effect = "Allow", Action = ["s3:PutObject", "s3:GetObject"], Resource = ["${local.state_arn}/platform/${environment}.tfstate", "${local.state_arn}/platform/${environment}.tfstate.tflock"] },
      { Sid = "Unlock", Effect = "Allow", Action = "s3:DeleteObject", Resource = "${local.state_arn}/platform/${environment}.tfstate.tflock" },
    ]
  }

  writes = {
    # Networks are known by numbers that nobody knows before.
    network = [{
      Sid    = "MakeNetworks"
      Effect = "Allow"
      Action = [
        "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateEgressOnlyInternetGateway", "ec2:CreateInternetGateway", "ec2:CreateRoute", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint", "ec2:DeleteEgressOnlyInternetGateway",
        "ec2:DeleteInternetGateway", "ec2:DeleteRoute", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags",
        "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints", "ec2:DetachInternetGateway", "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules",
        "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
      ]
      Resource  = "*"
      Condition = local.only_here
    }]

    data = [
      {
        Sid    = "MakeDatabases"
        Effect = "Allow"
        Action = [
          "rds:AddTagsToResource", "rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica", "rds:CreateDBParameterGroup", "rds:CreateDBProxy",
          "rds:CreateDBSnapshot", "rds:CreateDBSubnetGroup", "rds:DeleteDBInstance", "rds:DeleteDBParameterGroup", "rds:DeleteDBProxy", "rds:DeleteDBSubnetGroup",
          "rds:DeregisterDBProxyTargets", "rds:ModifyDBInstance", "rds:ModifyDBParameterGroup", "rds:ModifyDBProxy", "rds:ModifyDBProxyTargetGroup",
          "rds:ModifyDBSubnetGroup", "rds:RebootDBInstance", "rds:RegisterDBProxyTargets", "rds:RemoveTagsFromResource",
        ]
        # Proxies and their groups are known by numbers.
        Resource = concat(
          [for kind in ["db", "pg", "subgrp", "snapshot"] : "arn:${local.partition}:rds:${local.here}:${kind}:${var.project}*"],
          [for kind in ["db-proxy", "target-group"] : "arn:${local.partition}:rds:${local.here}:${kind}:*"],
        )
      },
      {
        Sid    = "MakeTables"
        Effect = "Allow"
        Action = [
          "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ]
        Resource = "arn:${local.partition}:dynamodb:${local.here}:table/${var.project}*"
      },
      {
        Sid    = "MakeBuckets"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
        ]
        Resource = "arn:${local.partition}:s3:::${var.project}-*"
      },
      {
        Sid      = "EmptyWhatIsNotProtected"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"]
        Resource = ["arn:${local.partition}:s3:::${var.project}-nonprod-*"]
      },
      {
        Sid      = "NeverTheStates"
        Effect   = "Deny"
        Action   = ["s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:DeleteObjectVersion"]
        Resource = [local.state_arn, "${local.state_arn}/*"]
      },
      {
        Sid    = "MakeSecrets"
        Effect = "Allow"
        Action = [
          "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:PutSecretValue", "secretsmanager:RestoreSecret",
          "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = "arn:${local.partition}:secretsmanager:${local.here}:secret:${var.project}*"
      },
    ]

    around = [
      {
        Sid    = "MakeRoles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
        ]
        Resource = "arn:${local.partition}:iam::${local.account_id}:role/${var.project}-*"
      },
      { Sid = "NeverTheWorkflowsRoles", Effect = "Deny", Action = ["iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"], Resource = local.workflow_roles },
      {
        Sid       = "LetServicesMakeTheirOwnRoles"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "arn:${local.partition}:iam::${local.account_id}:role/aws-service-role/rds.amazonaws.com/*"
        Condition = { StringEquals = { "iam:AWSServiceName" = "rds.amazonaws.com" } }
      },
      {
        Sid    = "MakeLogGroups"
        Effect = "Allow"
        Action = ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]
        Resource = [
          for begin in ["/aws/lambda/${var.project}", "/aws/apigateway/${var.project}", "/aws/rds/instance/${var.project}", "/aws/cloudtrail/${var.project}", "/aws/ecs/${var.project}"] :
          "arn:${local.partition}:logs:${local.here}:log-group:${begin}*"
        ]
      },
      {
        Sid      = "MakeAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        Resource = "arn:${local.partition}:cloudwatch:${local.here}:alarm:${var.project}*"
      },
      { Sid = "MakeDashboards", Effect = "Allow", Action = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"], Resource = "arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${var.project}*" },
      {
        Sid      = "MakeTopics"
        Effect   = "Allow"
        Action   = ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource"]
        Resource = "arn:${local.partition}:sns:${local.here}:${var.project}*"
      },
      {
        Sid    = "MakeTheSender"
        Effect = "Allow"
        Action = [
          "ses:CreateConfigurationSet", "ses:CreateConfigurationSetEventDestination", "ses:CreateEmailIdentity", "ses:DeleteConfigurationSet",
          "ses:DeleteConfigurationSetEventDestination", "ses:DeleteEmailIdentity", "ses:PutConfigurationSetDeliveryOptions", "ses:PutConfigurationSetReputationOptions",
          "ses:PutConfigurationSetSuppressionOptions", "ses:PutEmailIdentityConfigurationSetAttributes", "ses:PutEmailIdentityDkimSigningAttributes",
          "ses:PutEmailIdentityMailFromAttributes", "ses:TagResource", "ses:UntagResource", "ses:UpdateConfigurationSetEventDestination",
        ]
        # The domain begins with whatever it is called.
        Resource = ["arn:${local.partition}:ses:${local.here}:identity/*", "arn:${local.partition}:ses:${local.here}:configuration-set/${var.project}*"]
      },
      { Sid = "MakeBudgets", Effect = "Allow", Action = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"], Resource = "arn:${local.partition}:budgets::${local.account_id}:budget/${var.project}*" },
      {
        Sid      = "MakeTheTrail"
        Effect   = "Allow"
        Action   = ["cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "cloudtrail:RemoveTags", "cloudtrail:StartLogging", "cloudtrail:UpdateTrail"]
        Resource = "arn:${local.partition}:cloudtrail:${local.here}:trail/${var.project}*"
      },
      {
        Sid      = "ChooseWhatIsTraced"
        Effect   = "Allow"
        Action   = ["xray:CreateSamplingRule", "xray:DeleteSamplingRule", "xray:TagResource", "xray:UntagResource", "xray:UpdateSamplingRule"]
        Resource = "arn:${local.partition}:xray:${local.here}:sampling-rule/${var.project}*"
      },
      { Sid = "MakeTraceGroups", Effect = "Allow", Action = ["xray:CreateGroup", "xray:DeleteGroup", "xray:TagResource", "xray:UntagResource", "xray:UpdateGroup"], Resource = "arn:${local.partition}:xray:${local.here}:group/${var.project}*/*" },
    ]
  }
}
