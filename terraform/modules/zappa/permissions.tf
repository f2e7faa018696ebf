# The statements that roles.tf puts together, each known whole before anything exists.
locals {
  # Only its own group, which is made below with its retention: no CreateLogGroup.
  write_logs = {
    for function in keys(local.functions) : function => {
      Sid      = "WriteOwnLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:${local.partition}:logs:${local.here}:log-group:${local.log_groups[function]}:*"
    }
  }

  network_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  # Lambda makes the interfaces by this role, and asks for it on every resource before it takes a function into a VPC.
  use_network = {
    Sid      = "LambdaPlacesTheFunctionInTheVpc"
    Effect   = "Allow"
    Action   = local.network_actions
    Resource = "*"
  }

  # What Lambda may do, the function's own code may not.
  no_network_for_code = {
    for function, arn in local.function_arns : function => {
      Sid       = "NotTheFunctionItself"
      Effect    = "Deny"
      Action    = local.network_actions
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = arn } }
    }
  }

  read_django_secret = {
    for function, of in local.functions : function => {
      Sid      = "ReadDjangoSecret"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = module.django_secret[of.stage].arn_pattern
    }
  }

  be_invoked = {
    for function, arn in local.function_arns : function => {
      Sid      = "TheGatewayInvokesByThisRole"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = arn
    }
  }

  # X-Ray knows no resources for writing.
  trace = {
    Sid      = "SendTraces"
    Effect   = "Allow"
    Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    Resource = "*"
  }
}
