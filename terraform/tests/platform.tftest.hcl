# Plans with the real provider, against the two calls that ops/offline_aws.py answers: a mocked one makes no ephemeral
# resource. `make terraform-check` starts it and sets AWS_ENDPOINT_URL.
variables {
  emulated    = true
  environment = "prod"
  stages      = { prod = {} }
  mail_domain = "example.org"
  alarm_email = "team@example.org"
}

run "production_carries_the_plain_names" {
  command = plan

  assert {
    condition     = local.name == local.project
    error_message = "Another name."
  }
  assert {
    condition     = output.stages.prod.environment.DATABASE_SECRET == "${local.project}/prod/database/app"
    error_message = "The application would read another secret."
  }
}

run "nonprod_fits_beside_it_in_one_account" {
  command = plan

  variables {
    environment = "nonprod"
    stages      = { dev = { cors_origins = ["https://one.example.org", "https://two.example.org"] }, staging = {} }

    office_networks = ["203.0.113.0/24", "2001:db8::/32"]
  }

  assert {
    condition     = alltrue([for stage in output.stages : stage.environment.OFFICE_NETWORKS == "203.0.113.0/24,2001:db8::/32"])
    error_message = "The office's networks are not what the application reads."
  }

  assert {
    condition     = local.name == "${local.project}-nonprod"
    error_message = "Its names would be production's."
  }
  assert {
    condition     = output.stages.dev.environment.CORS_ORIGINS == "https://one.example.org,https://two.example.org" && !contains(keys(output.stages.staging.environment), "CORS_ORIGINS")
    error_message = "Origins are not what the application reads."
  }
}

run "a_network_that_may_mean_one_machine_or_many_is_refused" {
  command = plan

  variables {
    office_networks = ["203.0.113.7/24"]
  }

  expect_failures = [var.office_networks]
}

run "by_default_there_is_one_instance_and_nothing_beside_it" {
  command = plan

  assert {
    condition     = one(module.database.instance_names) == local.name && output.database_replica_host == null && length(module.backup_copies) == 0
    error_message = "Something optional is there."
  }
}

run "copies_of_backups_are_in_the_region_that_is_named" {
  command = plan

  variables {
    database_backup_region = "us-west-2"
  }

  assert {
    condition     = length(module.backup_copies) == 1
    error_message = "There are none."
  }
}

run "it_refuses_copies_in_the_databases_own_region" {
  command = plan

  variables {
    database_backup_region = "us-east-1"
  }

  expect_failures = [var.database_backup_region]
}

run "it_refuses_copies_of_what_rds_does_not_copy" {
  command = plan

  variables {
    database_backup_region = "us-west-2"
    database_aurora        = {}
  }

  expect_failures = [var.database_backup_region]
}

run "without_a_mail_domain_it_says_so" {
  command = plan

  variables {
    mail_domain = ""
  }

  expect_failures = [check.mail]
}

run "without_an_address_for_alarms_it_says_so" {
  command = plan

  variables {
    alarm_email = ""
  }

  expect_failures = [check.alarms]
}

run "mail_comes_from_the_forks_own_name" {
  command = plan

  variables {
    mail_sender_name = "River Alliance"
  }

  assert {
    condition     = output.stages.prod.environment.DEFAULT_FROM_EMAIL == "River Alliance <no-reply@example.org>"
    error_message = "Whoever gets a mail sees the coalition's own name."
  }
}

run "it_refuses_a_stage_of_the_other_environment" {
  command = plan

  variables {
    stages = { dev = {} }
  }

  expect_failures = [var.stages]
}

run "it_refuses_addresses_that_would_make_broken_links" {
  command = plan

  variables {
    stages = { prod = { public_url = "https://example.org/coalition" } }
  }

  expect_failures = [var.stages]
}

run "it_refuses_an_address_without_tls" {
  command = plan

  variables {
    emulated = false
    stages   = { prod = { public_url = "http://coalition.example.org" } }
  }

  expect_failures = [var.stages]
}

run "it_refuses_static_files_without_tls" {
  command = plan

  variables {
    emulated = false
    stages   = { prod = { static_url = "http://static.example.org/static/" } }
  }

  expect_failures = [var.stages]
}

run "an_emulator_has_no_certificate" {
  command = plan

  variables {
    stages = { prod = { public_url = "http://127.0.0.1:4566" } }
  }

  assert {
    condition     = output.stages.prod.public_url == "http://127.0.0.1:4566"
    error_message = "A rehearsal has another address."
  }
}

run "it_refuses_a_concurrency_that_would_stop_the_function" {
  command = plan

  variables {
    stages = { prod = { lambda_concurrency = 0 } }
  }

  expect_failures = [var.stages]
}

run "a_new_account_reserves_no_concurrency" {
  command = plan

  variables {
    stages = { prod = { lambda_concurrency = -1 } }
  }

  assert {
    condition     = output.stages.prod.lambda_concurrency == -1
    error_message = "The deploy would reserve what the account does not have."
  }
}

run "it_refuses_static_files_at_no_folder" {
  command = plan

  variables {
    stages = { prod = { static_url = "https://static.example.org" } }
  }

  expect_failures = [var.stages]
}

run "without_a_cdn_there_is_no_secret_of_one" {
  command = plan

  assert {
    condition     = length(module.cdn_secret) == 0 && output.stages.prod.cdn == null && !contains(keys(output.stages.prod.environment), "CDN_SECRET")
    error_message = "There is."
  }
}

run "with_a_cdn_the_application_is_told_of_its_secret_and_its_hosts" {
  command = plan

  variables {
    stages = { prod = { cdn = { domain = "example.org" } } }
  }

  assert {
    condition     = output.stages.prod.environment.CDN_SECRET == "${local.project}/prod/cdn/origin" && output.stages.prod.environment.ALLOWED_HOSTS == ".cloudfront.net,example.org"
    error_message = "It is told something else."
  }
  assert {
    condition     = output.stages.prod.cdn == { domain = "example.org", zone_id = "", hsts_seconds = 31536000, waf = false }
    error_message = "The edge would be another."
  }
  assert {
    condition     = !contains(keys(local.import_environments.prod), "CDN_SECRET") && local.import_environments.prod.DATABASE_SECRET == output.stages.prod.environment.DATABASE_SECRET
    error_message = "The import task would stop at its start: its role may not read the CDN's secret."
  }
}

run "a_retired_cdn_leaves_its_secret_to_the_functions_that_still_read_it" {
  command = plan

  variables {
    stages = { prod = { cdn = { domain = "example.org", retired = true } } }
  }

  assert {
    condition     = length(module.cdn_secret) == 1 && output.stages.prod.cdn == null && !contains(keys(output.stages.prod.environment), "CDN_SECRET")
    error_message = "A function that starts between apply and deploy would find no secret, or the CDN stays."
  }
}

run "it_refuses_a_cdn_at_www" {
  command = plan

  variables {
    stages = { prod = { cdn = { domain = "www.example.org" } } }
  }

  expect_failures = [var.stages]
}

run "it_refuses_two_handlers_of_one_bucket" {
  command = plan

  variables {
    environment = "nonprod"
    stages      = { dev = { upload_handler = "app.uploads.events.received" }, staging = { upload_handler = "app.uploads.events.received" } }
  }

  expect_failures = [var.stages]
}

run "it_refuses_other_environments" {
  command = plan

  variables {
    environment = "production"
  }

  expect_failures = [var.environment]
}

run "it_refuses_what_is_no_region" {
  command = plan

  variables {
    region = "Virginia"
  }

  expect_failures = [var.region]
}

run "it_refuses_one_zone" {
  command = plan

  variables {
    availability_zones = ["a"]
  }

  expect_failures = [var.availability_zones]
}

run "it_refuses_an_alarm_to_nobody" {
  command = plan

  variables {
    alarm_email = "the team"
  }

  expect_failures = [var.alarm_email]
}
