locals {
  names_of = { for environment, of in var.environments : environment => of.name }

  releases    = { for environment, name in local.names_of : environment => "arn:${local.partition}:s3:::${name}-zappa-deployments-${local.account_id}" }
  gateway_arn = "arn:${local.partition}:apigateway:${var.region}::"

  functions_of = { for stage in keys(local.stages) : stage => ["${var.project}-${stage}", "${var.project}-${stage}-ops"] }

  # What ops/ and Zappa call for one stage; a test holds it against their source.
  deploy = {
    for stage, environment in local.stages : stage => [
      # Names of keys are no secret, and who may not list is told that what is missing is forbidden.
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
      # The stages of an environment share releases, so nobody replaces one that is there.
      { Sid = "ReadReleases", Effect = "Allow", Action = "s3:GetObject", Resource = "${local.releases[environment]}/releases/*" },
      { Sid = "AddReleases", Effect = "Allow", Action = "s3:PutObject", Resource = "${local.releases[environment]}/releases/*", Condition = { Null = { "s3:if-none-match" = "false" } } },
      # Its history and lock, and the API's template, which Zappa puts there for CloudFormation.
      {
        Sid      = "KeepItsOwn"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = ["${local.releases[environment]}/stages/${stage}/*", "${local.releases[environment]}/${var.project}-${stage}-*"]
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
      # An API is known by a number that nobody knows before, and by the name that Zappa tags its stack with, which all parts of it inherit.
      { Sid = "FindAndMakeApis", Effect = "Allow", Action = ["apigateway:GET", "apigateway:POST", "apigateway:UpdateRestApiPolicy"], Resource = "${local.gateway_arn}/restapis" },
      {
        Sid       = "ChangeOwnApi"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:UpdateRestApiPolicy"]
        Resource  = "${local.gateway_arn}/restapis/*"
        Condition = { StringEquals = { "aws:ResourceTag/ZappaProject" = "${var.project}-${stage}" } }
      },
      # Tags are CloudFormation's, from the stage's own stack; and another's API would ask for leave to change that too.
      {
        Sid       = "TagOwnApi"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:PUT"]
        Resource  = "${local.gateway_arn}/tags/*"
        Condition = { "ForAnyValue:StringEquals" = { "aws:CalledVia" = "cloudformation.amazonaws.com" } }
      },
      # Zappa names a rule after its function, or after that name's SHA-1, cut where 64 characters end.
      {
        Sid      = "MakeRules"
        Effect   = "Allow"
        Action   = ["events:DeleteRule", "events:DescribeRule", "events:ListTargetsByRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"]
        Resource = [for begin in concat(["${var.project}-${stage}-"], [for name in local.functions_of[stage] : substr(sha1(name), 0, 8)]) : "arn:${local.partition}:events:${local.here}:rule/${begin}*"]
      },
      # Knows no resource.
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
}
