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
  project = "example"
  region  = "us-east-1"
}

run "each_environment_has_a_boundary_by_the_name_that_the_platform_derives" {
  command = plan

  assert {
    condition     = { for environment, policy in aws_iam_policy.boundary : environment => policy.name } == { nonprod = "example-boundary-nonprod", prod = "example-boundary-prod" }
    error_message = "terraform/provider.tf derives another name: no role could be made."
  }
}

run "what_one_owns_is_not_the_others" {
  command = plan

  assert {
    condition     = alltrue([for kind in keys(output.environments.prod.owned) : length(setintersection(output.environments.prod.owned[kind], output.environments.nonprod.owned[kind])) == 0])
    error_message = "Both environments own it."
  }
  assert {
    condition     = contains(output.environments.prod.denied, "arn:aws:rds:us-east-1:123456789012:*:example-nonprod") && output.environments.nonprod.denied == []
    error_message = "example-* has nonprod's databases in it, and nothing takes them out."
  }
}

run "a_boundary_fits_into_what_iam_takes_with_the_longest_names" {
  command = plan

  variables {
    project      = "twenty-four-characters-x"
    region       = "ap-southeast-1"
    mail_domains = { nonprod = "${join("", [for _ in range(63) : "n"])}.example.org", prod = "${join("", [for _ in range(63) : "p"])}.example.org" }
  }

  assert {
    condition     = { for environment, policy in aws_iam_policy.boundary : environment => length(policy.policy) if length(policy.policy) > 6144 } == {}
    error_message = "IAM takes 6,144 characters a policy."
  }
}

run "with_one_domain_named_the_other_environment_sends_nothing" {
  command = plan

  variables {
    mail_domains = { prod = "example.org" }
  }

  assert {
    condition     = { for environment, policy in aws_iam_policy.boundary : environment => one([for one in jsondecode(policy.policy).Statement : one.Condition.StringLike["ses:FromAddress"] if one.Sid == "SendMail"]) } == { nonprod = "*@none.invalid", prod = "*@example.org" }
    error_message = "Somebody sends as production."
  }
  assert {
    condition     = { for environment, of in output.environments : environment => of.sender_arn } == { nonprod = "arn:aws:ses:us-east-1:123456789012:identity/none.invalid", prod = "arn:aws:ses:us-east-1:123456789012:identity/example.org" }
    error_message = "Somebody changes production's identity."
  }
}

run "without_domains_mail_goes_out_as_before" {
  command = plan

  assert {
    condition     = { for environment, of in output.environments : environment => of.sender_arn } == { for environment in ["nonprod", "prod"] : environment => "arn:aws:ses:us-east-1:123456789012:identity/*" }
    error_message = "An upgrade stops mail."
  }
}

run "it_refuses_one_domain_for_both" {
  command = plan

  variables {
    mail_domains = { nonprod = "example.org", prod = "example.org" }
  }

  expect_failures = [var.mail_domains]
}

run "it_refuses_a_pattern_of_domains" {
  command = plan

  variables {
    mail_domains = { prod = "*.org" }
  }

  expect_failures = [var.mail_domains]
}
