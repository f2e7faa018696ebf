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
  alarm_topic_arn           = "arn:aws:sns:us-east-1:123456789012:alarms"
  name                      = "example"
  project                   = "example"
  stages                    = ["prod"]
  network                   = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"] }
  client_security_group_ids = { functions = "sg-1" }
  protected                 = true
  permissions_boundary      = "arn:aws:iam::123456789012:policy/example-boundary-prod"
  master_password           = "OnlyInThisTestOnlyInThisTestOnly"
  app_passwords             = { prod = "OnlyInThisTestOnlyInThisTestOnly" }
}

run "a_replica_copies_the_instance_and_is_as_private" {
  command = plan

  variables {
    read_replica = true
  }

  assert {
    condition     = aws_db_instance.replica["first"].replicate_source_db == "example" && aws_db_instance.replica["first"].instance_class == "db.t4g.micro"
    error_message = "It copies another one, or is another kind."
  }
  assert {
    condition     = !aws_db_instance.replica["first"].publicly_accessible && aws_db_instance.replica["first"].storage_encrypted
    error_message = "It is public, or in the clear."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.replica_behind[0].dimensions == tomap({ DBInstanceIdentifier = "example-replica" })
    error_message = "Nobody is told when it falls behind."
  }
}

run "aurora_is_there_in_place_of_the_instance" {
  command = apply

  variables {
    aurora = {}
  }

  assert {
    condition     = length(aws_db_instance.this) == 0 && length(aws_rds_cluster_instance.this) == 1 && aws_rds_cluster_instance.this["1"].instance_class == "db.serverless"
    error_message = "There is an instance too, or more than one server."
  }
  assert {
    condition     = aws_rds_cluster.this["this"].serverlessv2_scaling_configuration[0].min_capacity == 0.5 && aws_rds_cluster.this["this"].serverlessv2_scaling_configuration[0].max_capacity == 2
    error_message = "Its capacities are others."
  }
  assert {
    condition     = output.host == aws_rds_cluster.this["this"].endpoint && output.server_host == output.host && local.identifier == "example" && output.instance_arn == null
    error_message = "The outputs lead elsewhere."
  }
}

run "aurora_is_as_private_encrypted_and_protected" {
  command = plan

  variables {
    aurora = {}
  }

  assert {
    condition     = aws_rds_cluster.this["this"].storage_encrypted && !aws_rds_cluster_instance.this["1"].publicly_accessible
    error_message = "It is public, or in the clear."
  }
  assert {
    condition     = { for parameter in aws_rds_cluster_parameter_group.this["this"].parameter : parameter.name => parameter.value } == merge(local.parameters, { "rds.force_ssl" = "1" })
    error_message = "It takes connections without TLS, or logs something else than the instance."
  }
  assert {
    condition     = aws_rds_cluster.this["this"].deletion_protection && !aws_rds_cluster.this["this"].skip_final_snapshot && aws_rds_cluster.this["this"].backup_retention_period == 7
    error_message = "It would not outlive a mistake."
  }
}

run "auroras_password_reaches_no_state_either" {
  command = apply

  variables {
    aurora = {}
  }

  assert {
    condition     = aws_rds_cluster.this["this"].master_password == null && aws_rds_cluster.this["this"].master_password_wo == null && aws_rds_cluster.this["this"].master_password_wo_version == 1
    error_message = "The master's password is written down."
  }
}

run "auroras_alarms_are_about_the_cluster" {
  command = plan

  variables {
    aurora = { max_capacity = 4 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.cpu.dimensions == tomap({ DBClusterIdentifier = "example" }) && aws_cloudwatch_metric_alarm.connections.threshold == 600
    error_message = "They look at something else."
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.storage) == 0
    error_message = "Aurora has no storage that could be full."
  }
}

run "a_replica_of_aurora_is_a_reader_that_takes_over" {
  command = apply

  variables {
    aurora       = {}
    read_replica = true
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && length(aws_db_instance.replica) == 0
    error_message = "There is none, or an instance."
  }
  assert {
    condition     = output.replica_host == aws_rds_cluster.this["this"].reader_endpoint
    error_message = "Nobody is told where it is."
  }
}

run "a_proxy_leads_to_aurora_too" {
  command = plan

  variables {
    aurora = {}
    proxy  = true
  }

  assert {
    condition     = aws_db_proxy_target.this[0].db_cluster_identifier == "example" && aws_db_proxy_target.this[0].db_instance_identifier == null
    error_message = "It leads elsewhere."
  }
}

run "a_restored_instance_serves_beside_the_first_which_stays" {
  command = apply

  variables {
    instances = ["example", "example-20261121t0930"]
  }

  assert {
    condition     = { for key, one in aws_db_instance.this : key => one.identifier } == { first = "example", "example-20261121t0930" = "example-20261121t0930" }
    error_message = "One of them is not there, or the first one has another address than before."
  }
  assert {
    condition     = output.host == aws_db_instance.this["example-20261121t0930"].address && output.instance_arn == aws_db_instance.this["example-20261121t0930"].arn
    error_message = "The outputs lead elsewhere."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.cpu.dimensions == tomap({ DBInstanceIdentifier = "example-20261121t0930" })
    error_message = "The alarms look at one that serves no more."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this["example-20261121t0930/postgresql"].name == "/aws/rds/instance/example-20261121t0930/postgresql" && aws_cloudwatch_log_group.this["postgresql"].name == "/aws/rds/instance/example/postgresql"
    error_message = "Somebody's logs would be kept for ever."
  }
}

run "after_a_restore_the_replica_is_made_anew_of_what_serves" {
  command = plan

  variables {
    instances    = ["example", "example-20261121t0930"]
    read_replica = true
  }

  assert {
    condition     = [for one in aws_db_instance.replica : one.replicate_source_db] == ["example-20261121t0930"] && !contains(keys(aws_db_instance.replica), "first")
    error_message = "It would be turned to another source, which RDS refuses."
  }
}

run "an_instance_that_serves_no_more_may_go_and_leaves_a_snapshot" {
  command = plan

  variables {
    instances = ["example", "example-20261121t0930"]
  }

  assert {
    condition     = !aws_db_instance.this["first"].deletion_protection && !aws_db_instance.this["first"].skip_final_snapshot && aws_db_instance.this["example-20261121t0930"].deletion_protection
    error_message = "It can't, or it goes without a trace, or the one that serves may go."
  }
}

run "an_instance_waits_beside_aurora_until_its_data_are_moved" {
  command = plan

  variables {
    aurora    = { snapshot = "before-aurora" }
    instances = ["example"]
  }

  assert {
    condition     = length(aws_db_instance.this) == 1 && aws_rds_cluster.this["this"].snapshot_identifier == "before-aurora"
    error_message = "It is gone, or the cluster begins with nothing."
  }
}

run "it_refuses_a_standby_of_aurora_and_names_the_reader" {
  command = plan

  variables {
    aurora   = {}
    multi_az = true
  }

  expect_failures = [var.multi_az]
}

run "it_refuses_an_aurora_that_would_never_pause" {
  command = plan

  variables {
    aurora = { min_capacity = 0 }
  }

  expect_failures = [var.aurora]
}

run "it_refuses_capacities_the_wrong_way_round" {
  command = plan

  variables {
    aurora = { min_capacity = 4, max_capacity = 2 }
  }

  expect_failures = [var.aurora]
}

run "it_refuses_quarters_of_a_capacity" {
  command = plan

  variables {
    aurora = { max_capacity = 2.25 }
  }

  expect_failures = [var.aurora]
}

run "it_refuses_an_instance_that_is_called_like_no_other_thing_here" {
  command = plan

  variables {
    instances = ["example", "restored"]
  }

  expect_failures = [var.instances]
}

run "it_refuses_an_aurora_of_another_major_version" {
  command = plan

  variables {
    aurora = { version = "17.4" }
  }

  expect_failures = [var.aurora]
}

run "it_refuses_an_instance_twice" {
  command = plan

  variables {
    instances = ["example", "example"]
  }

  expect_failures = [var.instances]
}
