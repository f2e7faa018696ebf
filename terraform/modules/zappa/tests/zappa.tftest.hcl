mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
}

variables {
  permissions_boundary = "arn:aws:iam::123456789012:policy/example-boundary-prod"
  name                 = "example"
  project              = "example"
  protected            = true
  django_secret_keys = {
    prod = "only-in-this-test-only-in-this-test"
    dev  = "only-in-this-test-only-in-this-test"
  }
  network = {
    vpc_id                         = "vpc-1"
    gateway_prefix_list_ids        = { s3 = "pl-1", dynamodb = "pl-2" }
    interface_endpoint_cidr_blocks = []
  }
  stages = {
    prod = {
      traced       = true
      policies     = { table = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
      ops_policies = { mail = "{\"Version\":\"2012-10-17\",\"Statement\":[]}", table = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
    }
  }
}

run "each_function_has_a_role_of_its_own" {
  command = plan

  assert {
    condition     = { for function, role in aws_iam_role.function : function => role.name } == { prod = "example-prod-lambda", prod-ops = "example-prod-ops" }
    error_message = "Other roles, or other names than zappa_settings.json says."
  }
  assert {
    condition     = jsondecode(aws_iam_role.function["prod"].assume_role_policy).Statement[0].Principal == { Service = ["lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com"] }
    error_message = "Zappa's role has to be assumable by these three."
  }
  assert {
    condition     = toset(keys(aws_iam_role_policy.given)) == toset(["prod-ops/mail", "prod-ops/table", "prod/table"])
    error_message = "A role lacks a policy, or has another's."
  }
}

run "the_runtime_may_do_exactly_this" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.runtime["prod"].policy).Statement : statement.Sid => jsonencode(statement.Resource)
      if statement.Effect == "Allow"
      } == {
      WriteOwnLogs                    = jsonencode("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/example-prod:*")
      LambdaPlacesTheFunctionInTheVpc = jsonencode("*")
      ReadDjangoSecret                = jsonencode("arn:aws:secretsmanager:us-east-1:123456789012:secret:example/prod/django/secret-key-??????")
      TheGatewayInvokesByThisRole     = jsonencode("arn:aws:lambda:us-east-1:123456789012:function:example-prod")
      SendTraces                      = jsonencode("*")
    }
    error_message = "Something else is allowed, or on something else."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.runtime["prod"].policy).Statement : statement.Condition.ArnEquals["lambda:SourceFunctionArn"] if statement.Effect == "Deny"]) == "arn:aws:lambda:us-east-1:123456789012:function:example-prod"
    error_message = "The function's own code may make network interfaces."
  }
  assert {
    condition     = !contains([for statement in jsondecode(aws_iam_role_policy.runtime["prod-ops"].policy).Statement : statement.Sid], "TheGatewayInvokesByThisRole")
    error_message = "The companion has no gateway, and may invoke itself."
  }
}

run "an_untraced_stage_sends_no_traces" {
  command = plan

  variables {
    stages = { dev = { traced = false, policies = {}, ops_policies = {} } }
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.runtime["dev"].policy, "xray") && !strcontains(aws_iam_role_policy.runtime["dev-ops"].policy, "xray")
    error_message = "It may."
  }
}

run "logs_are_kept_for_a_week_under_the_names_that_lambda_uses" {
  command = plan

  assert {
    condition = { for group in concat(values(aws_cloudwatch_log_group.function), values(aws_cloudwatch_log_group.access)) : group.name => group.retention_in_days } == {
      "/aws/lambda/example-prod"     = 7
      "/aws/lambda/example-prod-ops" = 7
      "/aws/apigateway/example-prod" = 7
    }
    error_message = "Another name or retention."
  }
}

run "functions_reach_https_and_nothing_reaches_them" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_egress_rule.https_ipv6.cidr_ipv6 == "::/0" && aws_vpc_security_group_egress_rule.https_ipv6.from_port == 443
    error_message = "No HTTPS over IPv6."
  }
  assert {
    condition     = { for service, rule in aws_vpc_security_group_egress_rule.https_gateway_endpoint : service => rule.prefix_list_id } == { s3 = "pl-1", dynamodb = "pl-2" }
    error_message = "A gateway endpoint is out of reach."
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.https_interface_endpoints) == 0
    error_message = "A way to endpoints that are not there."
  }
}

run "it_refuses_a_stage_that_looks_like_a_companion" {
  command = plan

  variables {
    stages = { prod-ops = { traced = false, policies = {}, ops_policies = {} } }
  }

  expect_failures = [var.stages]
}
