# With the real provider, like the others.
variables {
  environment = "prod"
  stages      = { prod = {} }
  mail_domain = "example.org"
  alarm_email = "team@example.org"
}

run "production_is_traced_by_the_gateways_own_name_without_a_reservoir" {
  command = plan

  assert {
    condition     = aws_xray_sampling_rule.api[0].service_name == "${local.project}-prod/prod" && aws_xray_sampling_rule.api[0].reservoir_size == 0
    error_message = "The rule has to match API and stage, and a reservoir would record one request each second."
  }
}

run "a_share_is_no_percentage" {
  command = plan

  variables {
    trace_share = 5
  }

  expect_failures = [var.trace_share]
}

run "nonprod_is_not_traced" {
  command = plan

  variables {
    environment = "nonprod"
    stages      = { dev = {} }
  }

  assert {
    condition     = length(aws_xray_sampling_rule.api) == 0
    error_message = "Only production pays for traces."
  }
}
