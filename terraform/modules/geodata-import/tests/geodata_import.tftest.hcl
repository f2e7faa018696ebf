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

  mock_resource "aws_ecr_repository" {
    defaults = { repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/example-geodata-import" }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/example-geodata-import" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn_without_revision = "arn:aws:ecs:us-east-1:123456789012:task-definition/any" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/any" }
  }
}

variables {
  permissions_boundary = "arn:aws:iam::123456789012:policy/example-boundary-prod"
  name                 = "example-geodata-import"
  network              = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"] }
  database             = { security_group_id = "sg-database", port = 5433 }
  image_tag            = "20261121-abc1234"
  protected            = true
  stages = {
    dev     = { environment = { STAGE = "dev", DATABASE_NAME = "coalition_dev" }, policies = { secret = "{}" } }
    staging = { environment = { STAGE = "staging" }, policies = { secret = "{}", maps = "{}" } }
  }
}

run "a_task_has_two_vcpus_and_four_gigabytes_on_spot" {
  command = apply

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : task.cpu == "2048" && task.memory == "4096" && task.requires_compatibilities == toset(["FARGATE"])])
    error_message = "Another size, or not Fargate."
  }
  assert {
    condition     = one(aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "Tasks would pay the full price."
  }
  assert {
    condition     = output.families == { dev = "example-geodata-import-dev", staging = "example-geodata-import-staging" }
    error_message = "A stage has no task."
  }
}

run "the_container_runs_the_named_image_with_its_stages_environment_and_writes_to_scratch_alone" {
  command = apply

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["dev"].container_definitions)[0].image == "123456789012.dkr.ecr.us-east-1.amazonaws.com/example-geodata-import:20261121-abc1234"
    error_message = "Another image."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["dev"].container_definitions)[0].environment == [{ name = "DATABASE_NAME", value = "coalition_dev" }, { name = "STAGE", value = "dev" }]
    error_message = "Another environment."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["dev"].container_definitions)[0].readonlyRootFilesystem && jsondecode(aws_ecs_task_definition.this["dev"].container_definitions)[0].mountPoints[0].containerPath == "/scratch"
    error_message = "The container could change itself, or has no room for a download."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["staging"].container_definitions)[0].logConfiguration.options["awslogs-group"] == output.log_groups.staging && alltrue([for group in aws_cloudwatch_log_group.task : group.retention_in_days == 7])
    error_message = "Logs go elsewhere, or are not kept for a week."
  }
}

run "images_are_scanned_never_replaced_and_not_kept_for_ever" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push && !aws_ecr_repository.this.force_delete
    error_message = "A tag can be pushed over, an image is not scanned, or the repository can be lost."
  }
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection.countNumber == 10
    error_message = "Images pile up."
  }
}

run "ecs_may_fetch_one_image_and_write_two_logs" {
  command = plan

  assert {
    condition     = { for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Sid => statement.Resource if statement.Sid != "WriteLogs" } == { SignInToEcr = "*", PullTheImage = "arn:aws:ecr:us-east-1:123456789012:repository/example-geodata-import" }
    error_message = "ECS may fetch other images."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.execution.policy).Statement[2].Resource == ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/ecs/example-geodata-import-dev:*", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/ecs/example-geodata-import-staging:*"]
    error_message = "ECS may write other logs."
  }
  assert {
    condition     = toset(keys(aws_iam_role_policy.task)) == toset(["dev/secret", "staging/secret", "staging/maps"])
    error_message = "A task may do more or less than was handed in."
  }
  assert {
    condition     = jsondecode(aws_iam_role.task["dev"].assume_role_policy).Statement[0].Principal.Service == "ecs-tasks.amazonaws.com"
    error_message = "Somebody else may be the task."
  }
}

run "a_task_reaches_https_and_the_database_and_nobody_reaches_it" {
  command = apply

  assert {
    condition     = { for family, rule in aws_vpc_security_group_egress_rule.https : family => coalesce(rule.cidr_ipv4, rule.cidr_ipv6, "none") } == { ipv4 = "0.0.0.0/0", ipv6 = "::/0" } && alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443])
    error_message = "Not HTTPS over both."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.database.security_group_id == "sg-database" && aws_vpc_security_group_ingress_rule.database.referenced_security_group_id == aws_security_group.task.id && aws_vpc_security_group_ingress_rule.database.from_port == 5433
    error_message = "The database does not let tasks in."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.database.referenced_security_group_id == "sg-database" && aws_vpc_security_group_egress_rule.database.to_port == 5433
    error_message = "Tasks can't call the database."
  }
  assert {
    condition     = length(aws_security_group.task.ingress) == 0
    error_message = "Tasks can be reached."
  }
}

run "nothing_runs_by_itself_unless_it_is_asked_for" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_event_rule.this) == 0 && length(aws_iam_role.schedule) == 0
    error_message = "A schedule that nobody asked for."
  }
}

run "a_schedule_starts_its_stages_task_with_its_command" {
  command = apply

  variables {
    schedules = { geocode = { stage = "dev", expression = "rate(1 hour)", command = ["geocode_pending", "--minutes", "5"] } }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["geocode"].name == "example-geodata-import-dev-geocode" && aws_cloudwatch_event_rule.this["geocode"].schedule_expression == "rate(1 hour)"
    error_message = "Another rule."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_target.this["geocode"].input) == { containerOverrides = [{ name = "app", command = ["geocode_pending", "--minutes", "5"] }] }
    error_message = "Another command."
  }
  assert {
    condition     = aws_cloudwatch_event_target.this["geocode"].ecs_target[0].network_configuration[0].assign_public_ip && one(aws_cloudwatch_event_target.this["geocode"].ecs_target[0].capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "The task would have no way out, or pay the full price."
  }
  assert {
    condition     = length(jsondecode(aws_iam_role_policy.schedule[0].policy).Statement[2].Resource) == 3 && jsondecode(aws_iam_role_policy.schedule[0].policy).Statement[2].Condition.StringEquals["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
    error_message = "The schedule may hand over other roles."
  }
  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.schedule[0].policy).Statement[0].Resource) == toset(flatten([for stage in ["dev", "staging"] : [for end in ["", ":*"] : "arn:aws:ecs:us-east-1:123456789012:task-definition/example-geodata-import-${stage}${end}"]]))
    error_message = "ECS would refuse the task, which the target names without a revision, or the schedule may run others."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.schedule[0].policy).Statement : [statement.Resource, statement.Condition] if statement.Action == "ecs:TagResource"] == [["arn:aws:ecs:us-east-1:123456789012:task/example-geodata-import/*", { StringEquals = { "ecs:CreateAction" = "RunTask" } }]]
    error_message = "ECS would refuse to tag the task, and so to run it, or the schedule may tag others."
  }
}

run "it_refuses_a_schedule_of_a_stage_that_is_not_there" {
  command = plan

  variables {
    schedules = { geocode = { stage = "prod", expression = "rate(1 hour)", command = ["geocode_pending"] } }
  }

  expect_failures = [var.schedules]
}

run "it_refuses_a_schedule_that_says_no_time" {
  command = plan

  variables {
    schedules = { geocode = { stage = "dev", expression = "hourly", command = ["geocode_pending"] } }
  }

  expect_failures = [var.schedules]
}

run "it_refuses_a_tag_that_can_mean_any_image" {
  command = plan

  variables {
    image_tag = "latest"
  }

  expect_failures = [var.image_tag]
}

run "it_refuses_to_run_nowhere" {
  command = plan

  variables {
    network = { vpc_id = "vpc-1", subnet_ids = [] }
  }

  expect_failures = [var.network]
}

run "it_refuses_a_stage_that_is_no_word" {
  command = plan

  variables {
    stages = { "pre-prod" = { environment = {}, policies = {} } }
  }

  expect_failures = [var.stages]
}

run "it_refuses_a_name_that_ecr_would" {
  command = plan

  variables {
    name = "Example"
  }

  expect_failures = [var.name]
}
