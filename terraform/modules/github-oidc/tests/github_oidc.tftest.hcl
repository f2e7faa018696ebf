mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/example" }
  }
}

variables {
  # The longest that there are: policies have a limit.
  project        = "twenty-four-characters-x"
  repository     = "river-alliance/coalition"
  repository_ids = { owner = 111, repository = 222 }
  region         = "ap-southeast-1"
  state_bucket   = "twenty-four-characters-x-terraform-state-123456789012"
}

run "environments" {
  module {
    source = "../environments"
  }

  variables {
    mail_domains = { nonprod = "${join("", [for _ in range(63) : "n"])}.example.org", prod = "${join("", [for _ in range(63) : "p"])}.example.org" }
  }
}

run "each_role_is_for_one_context_of_one_repository_in_both_forms" {
  command = plan

  variables {
    environments = run.environments.environments
  }

  assert {
    condition = { for role, made in aws_iam_role.workflow : role => jsondecode(made.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == {
      plan = [
        "repo:river-alliance/coalition:pull_request", "repo:river-alliance/coalition:ref:refs/heads/main",
        "repo:river-alliance@111/coalition@222:pull_request", "repo:river-alliance@111/coalition@222:ref:refs/heads/main",
      ]
      drift          = ["repo:river-alliance/coalition:ref:refs/heads/main", "repo:river-alliance@111/coalition@222:ref:refs/heads/main"]
      apply-nonprod  = ["repo:river-alliance/coalition:environment:nonprod", "repo:river-alliance@111/coalition@222:environment:nonprod"]
      apply-prod     = ["repo:river-alliance/coalition:environment:prod", "repo:river-alliance@111/coalition@222:environment:prod"]
      deploy-dev     = ["repo:river-alliance/coalition:environment:dev", "repo:river-alliance@111/coalition@222:environment:dev"]
      deploy-staging = ["repo:river-alliance/coalition:environment:staging", "repo:river-alliance@111/coalition@222:environment:staging"]
      deploy-prod    = ["repo:river-alliance/coalition:environment:prod", "repo:river-alliance@111/coalition@222:environment:prod"]
    }
    error_message = "Somebody else may take a role, or its own workflow may not."
  }
  assert {
    condition     = alltrue([for made in aws_iam_role.workflow : jsondecode(made.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com" && length(keys(jsondecode(made.assume_role_policy).Statement[0].Condition)) == 1])
    error_message = "A token that is meant for somebody else is taken, or a pattern decides."
  }
  assert {
    condition     = alltrue([for role, made in aws_iam_role.workflow : made.max_session_duration == (contains(["deploy-dev", "deploy-staging", "deploy-prod"], role) ? 10800 : 3600)])
    error_message = "A role is held for longer than an hour, or an import can't be followed for three."
  }
}

run "an_older_repository_has_one_form" {
  command = plan

  variables {
    environments   = run.environments.environments
    repository_ids = null
  }

  assert {
    condition     = jsondecode(aws_iam_role.workflow["apply-prod"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:river-alliance/coalition:environment:prod"]
    error_message = "Another form."
  }
}

run "every_policy_fits_into_what_iam_takes" {
  command = plan

  variables {
    environments = run.environments.environments
  }

  assert {
    condition     = { for name, policy in aws_iam_policy.workflow : name => length(policy.policy) if length(policy.policy) > 6144 } == {}
    error_message = "IAM takes 6,144 characters a policy."
  }
  assert {
    condition     = max([for role, kinds in local.kinds_of : length(kinds)]...) <= 10
    error_message = "IAM takes ten policies a role."
  }
}

run "an_account_that_has_the_provider_is_not_given_another" {
  command = plan

  variables {
    environments  = run.environments.environments
    make_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account has one at most."
  }
}

run "it_refuses_a_pattern_of_repositories" {
  command = plan

  variables {
    environments = run.environments.environments
    repository   = "river-alliance/*"
  }

  expect_failures = [var.repository]
}
