locals {
  names_of = { for environment, of in var.environments : environment => of.name }

  functions_of = { for stage in keys(local.stages) : stage => ["${var.project}-${stage}", "${var.project}-${stage}-ops"] }

  # What ops/ and Zappa call for one stage; a test holds it against their source.
  deploy = {
    for stage, environment in local.stages : stage => [
      { Sid = "FindThePlatform", Effect = "Allow", Action = "s3:ListBucket", Resource = local.state_arn },
      { Sid = "ReadItsState", Effect = "Allow", Action = "s3:GetObject", Resource = "${local.state_arn}/platform/${environment}.tfstate" },
      { Sid = "KeepTheEdgesState", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["${local.state_arn}/edge/${stage}.tfstate", "${local.state_arn}/edge/${stage}.tfstate.tflock"] },
      { Sid = "UnlockTheEdge", Effect = "Allow", Action = "s3:DeleteObject", Resource = "${local.state_arn}/edge/${stage}.tfstate.tflock" },
      {
        Sid      = "ListReleasesAndFiles"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = [for kind in ["zappa-deployments", "static"] : "arn:${local.partition}:s3:::${local.names_of[environment]}-${kind}-${local.account_id}"]
      },
      {
        Sid      = "KeepReleases"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = "arn:${local.partition}:s3:::${local.names_of[environment]}-zappa-deployments-${local.account_id}/*"
      },
      { Sid = "UploadFiles", Effect = "Allow", Action = ["s3:AbortMultipartUpload", "s3:PutObject"], Resource = "arn:${local.partition}:s3:::${local.names_of[environment]}-static-${local.account_id}/static/*" },
      {
        Sid    = "DeployFunctions"
        Effect = "Allow"
        Action = [
          "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency", "lambda:GetAlias",
          "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetPolicy", "lambda:InvokeFunction", "lambda:ListFunctionUrlConfigs", "lambda:ListTags",
          "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:PutFunctionConcurrency", "lambda:RemovePermission", "lambda:TagResource",
          "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
        ]
        Resource = flatten([for name in local.functions_of[stage] : ["arn:${local.partition}:lambda:${local.here}:function:${name}", "arn:${local.partition}:lambda:${local.here}:function:${name}:*"]])
      },
      # Lambda asks for these on every resource, on behalf of whoever puts a function into a VPC.
      { Sid = "LookAtTheNetwork", Effect = "Allow", Action = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"], Resource = "*" },
      {
        Sid       = "GiveFunctionsTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [for name in ["${stage}-lambda", "${stage}-ops"] : "arn:${local.partition}:iam::${local.account_id}:role/${var.project}-${name}"]
        Condition = { StringEquals = { "iam:PassedToService" = ["apigateway.amazonaws.com", "events.amazonaws.com", "lambda.amazonaws.com"] } }
      },
      { Sid = "FindRoles", Effect = "Allow", Action = "iam:GetRole", Resource = [for name in ["${stage}-lambda", "${stage}-ops"] : "arn:${local.partition}:iam::${local.account_id}:role/${var.project}-${name}"] },
      {
        Sid      = "MakeTheApisStack"
        Effect   = "Allow"
        Action   = ["cloudformation:CreateStack", "cloudformation:DeleteStack", "cloudformation:DescribeStackResource", "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudformation:TagResource", "cloudformation:UpdateStack"]
        Resource = [for name in local.functions_of[stage] : "arn:${local.partition}:cloudformation:${local.here}:stack/${name}/*"]
      },
      # An API is known by a number that nobody knows before.
      {
        Sid      = "MakeApis"
        Effect   = "Allow"
        Action   = ["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:UpdateRestApiPolicy"]
        Resource = [for path in ["restapis", "restapis/*", "tags/*"] : "arn:${local.partition}:apigateway:${var.region}::/${path}"]
      },
      # Zappa shortens a rule's name to a hash, and looks for rules by what they call.
      {
        Sid      = "MakeRules"
        Effect   = "Allow"
        Action   = ["events:DeleteRule", "events:DescribeRule", "events:ListTargetsByRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"]
        Resource = "arn:${local.partition}:events:${local.here}:rule/*"
      },
      { Sid = "FindRules", Effect = "Allow", Action = "events:ListRuleNamesByTarget", Resource = "*" },
      {
        Sid      = "ReadLogs"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogStreams", "logs:FilterLogEvents"]
        Resource = [for name in local.functions_of[stage] : "arn:${local.partition}:logs:${local.here}:log-group:/aws/lambda/${name}:*"]
      },
      # The doctor looks whether they are there and have their form; the CDN's goes into its store.
      { Sid = "ReadTheStagesSecrets", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = "arn:${local.partition}:secretsmanager:${local.here}:secret:${var.project}/${stage}/*" },
    ]
  }

  # CloudFront, its certificates and zones are known by numbers.
  edge = [
    {
      Sid    = "MakeCdns"
      Effect = "Allow"
      Action = [
        "cloudfront:CreateCachePolicy", "cloudfront:CreateDistribution", "cloudfront:CreateFunction", "cloudfront:CreateKeyValueStore", "cloudfront:CreateOriginAccessControl",
        "cloudfront:CreateResponseHeadersPolicy", "cloudfront:DeleteCachePolicy", "cloudfront:DeleteDistribution", "cloudfront:DeleteFunction", "cloudfront:DeleteKeyValueStore",
        "cloudfront:DeleteOriginAccessControl", "cloudfront:DeleteResponseHeadersPolicy", "cloudfront:DescribeFunction", "cloudfront:DescribeKeyValueStore", "cloudfront:GetCachePolicy",
        "cloudfront:GetDistribution", "cloudfront:GetFunction", "cloudfront:GetOriginAccessControl", "cloudfront:GetResponseHeadersPolicy", "cloudfront:ListTagsForResource",
        "cloudfront:PublishFunction", "cloudfront:TagResource", "cloudfront:UntagResource", "cloudfront:UpdateCachePolicy", "cloudfront:UpdateDistribution", "cloudfront:UpdateFunction",
        "cloudfront:UpdateKeyValueStore", "cloudfront:UpdateOriginAccessControl", "cloudfront:UpdateResponseHeadersPolicy",
      ]
      Resource = "*"
    },
    {
      Sid      = "PutTheSecret"
      Effect   = "Allow"
      Action   = ["cloudfront-keyvaluestore:DescribeKeyValueStore", "cloudfront-keyvaluestore:GetKey", "cloudfront-keyvaluestore:PutKey"]
      Resource = "arn:${local.partition}:cloudfront::${local.account_id}:key-value-store/*"
    },
    {
      Sid      = "MakeCertificates"
      Effect   = "Allow"
      Action   = ["acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:DescribeCertificate", "acm:ListTagsForCertificate", "acm:RemoveTagsFromCertificate", "acm:RequestCertificate"]
      Resource = "*"
    },
    {
      Sid      = "MakeRecords"
      Effect   = "Allow"
      Action   = ["route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets"]
      Resource = "arn:${local.partition}:route53:::hostedzone/*"
    },
    { Sid = "AwaitRecords", Effect = "Allow", Action = "route53:GetChange", Resource = "arn:${local.partition}:route53:::change/*" },
    {
      Sid    = "MakeFirewalls"
      Effect = "Allow"
      Action = ["wafv2:CreateWebACL", "wafv2:DeleteWebACL", "wafv2:GetWebACL", "wafv2:ListTagsForResource", "wafv2:TagResource", "wafv2:UntagResource", "wafv2:UpdateWebACL"]
      Resource = [
        "arn:${local.partition}:wafv2:us-east-1:${local.account_id}:global/webacl/${var.project}*/*",
        "arn:${local.partition}:wafv2:us-east-1:aws:global/managedruleset/*/*",
        "arn:${local.partition}:wafv2:us-east-1:${local.account_id}:global/managedruleset/*/*",
      ]
    },
    {
      Sid      = "TellOfUploads"
      Effect   = "Allow"
      Action   = ["s3:GetBucketNotification", "s3:PutBucketNotification"]
      Resource = [for name in values(local.names_of) : "arn:${local.partition}:s3:::${name}-media-${local.account_id}"]
    },
  ]
}
