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

  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:example-abcdef" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/example" }
  }
}

variables {
  permissions_boundary      = "arn:aws:iam::123456789012:policy/example-boundary-prod"
  alarm_topic_arn           = "arn:aws:sns:us-east-1:123456789012:alarms"
  name                      = "example"
  project                   = "example"
  stages                    = ["prod"]
  network                   = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"] }
  client_security_group_ids = { functions = "sg-1" }
  protected                 = true
  master_password           = "OnlyInThisTestOnlyInThisTestOnly"
  app_passwords = {
    prod    = "OnlyInThisTestOnlyInThisTestOnly"
    dev     = "OnlyInThisTestOnlyInThisTestOnly"
    staging = "OnlyInThisTestOnlyInThisTestOnly"
  }
}

run "it_is_private_encrypted_and_for_tls_only" {
  command = plan

  assert {
    condition     = !aws_db_instance.this["first"].publicly_accessible && aws_db_instance.this["first"].storage_encrypted
    error_message = "It is public, or in the clear."
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["rds.force_ssl"] == "1"
    error_message = "It takes connections without TLS."
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["log_parameter_max_length"] == "0"
    error_message = "Personal data is logged."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.client) == 1 && aws_vpc_security_group_ingress_rule.client["functions"].referenced_security_group_id == "sg-1" && aws_vpc_security_group_ingress_rule.client["functions"].cidr_ipv4 == null
    error_message = "Others than the clients may connect."
  }
}

run "it_costs_the_least_by_default" {
  command = plan

  assert {
    condition     = aws_db_instance.this["first"].instance_class == "db.t4g.micro" && !aws_db_instance.this["first"].multi_az && length(aws_db_proxy.this) == 0 && length(aws_db_instance.replica) == 0 && length(aws_rds_cluster.this) == 0
    error_message = "It costs more."
  }
  assert {
    condition     = aws_db_instance.this["first"].engine == "postgres" && aws_db_instance.this["first"].engine_version == "16" && aws_db_instance.this["first"].storage_type == "gp3" && aws_db_instance.this["first"].allocated_storage == 20 && aws_db_instance.this["first"].max_allocated_storage == 100
    error_message = "Another engine or storage."
  }
}

run "a_protected_one_outlives_a_mistake" {
  command = plan

  assert {
    condition     = aws_db_instance.this["first"].deletion_protection && !aws_db_instance.this["first"].skip_final_snapshot && !aws_db_instance.this["first"].delete_automated_backups && !aws_db_instance.this["first"].apply_immediately
    error_message = "It would not."
  }
  assert {
    condition     = aws_db_instance.this["first"].backup_retention_period == 7
    error_message = "Backups are kept for another time."
  }
}

run "an_unprotected_one_goes_without_a_trace" {
  command = plan

  variables {
    protected = false
  }

  assert {
    condition     = !aws_db_instance.this["first"].deletion_protection && aws_db_instance.this["first"].skip_final_snapshot
    error_message = "Something of it would stay."
  }
}

run "no_password_reaches_the_state" {
  command = apply

  assert {
    condition     = aws_db_instance.this["first"].password == null && aws_db_instance.this["first"].password_wo == null && aws_db_instance.this["first"].password_wo_version == 1
    error_message = "The master's password is written down."
  }
}

run "stages_share_the_instance_and_nothing_else" {
  command = plan

  variables {
    name   = "example-nonprod"
    stages = ["dev", "staging"]
  }

  assert {
    condition     = output.database_names == { dev = "coalition_dev", staging = "coalition_staging" } && output.app_secret_names == { dev = "example/dev/database/app", staging = "example/staging/database/app" }
    error_message = "Stages share a database or a secret."
  }
  assert {
    condition     = jsondecode(output.secret_policies.dev.app).Statement[0].Resource == ["arn:aws:secretsmanager:us-east-1:123456789012:secret:example/dev/database/app-??????"]
    error_message = "A stage may read another secret than its own."
  }
  assert {
    condition     = contains(jsondecode(output.secret_policies.dev.ops).Statement[0].Resource, "arn:aws:secretsmanager:us-east-1:123456789012:secret:example-nonprod/database/master-??????")
    error_message = "db-bootstrap can't read the master's secret."
  }
}

run "a_proxy_is_made_when_asked_for" {
  command = plan

  variables {
    proxy = true
  }

  assert {
    condition     = aws_db_proxy.this[0].require_tls && aws_db_proxy.this[0].engine_family == "POSTGRESQL"
    error_message = "No proxy, or one without TLS."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.proxy[0].policy).Statement[0].Resource == ["arn:aws:secretsmanager:us-east-1:123456789012:secret:example/prod/database/app-??????"]
    error_message = "The proxy may read other secrets."
  }
}

run "it_refuses_an_instance_of_another_family" {
  command = plan

  variables {
    instance_class = "db.m5.large"
  }

  expect_failures = [var.instance_class]
}

run "it_refuses_one_subnet" {
  command = plan

  variables {
    network = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] }
  }

  expect_failures = [var.network]
}

run "it_refuses_a_stage_that_is_no_name_of_a_database" {
  command = plan

  variables {
    stages = ["prod-ops"]
  }

  expect_failures = [var.stages]
}

run "it_refuses_a_password_that_rds_refuses" {
  command = plan

  variables {
    master_password = "has a blank and an @, which RDS and URLs refuse"
  }

  expect_failures = [var.master_password]
}

run "it_refuses_half_a_password_version" {
  command = plan

  variables {
    master_password_version = 1.5
  }

  expect_failures = [var.master_password_version]
}
