output "cluster" {
  description = "The cluster that tasks run in."
  value       = aws_ecs_cluster.this.name
}

output "repository_url" {
  description = "Where the image is pushed to."
  value       = aws_ecr_repository.this.repository_url
}

output "security_group_id" {
  description = "The tasks' security group."
  value       = aws_security_group.task.id
}

output "container" {
  description = "The name of a task's container, which a command is given to."
  value       = local.container
}

output "families" {
  description = "By stage: its task definition, whose newest revision runs."
  value       = { for stage, definition in aws_ecs_task_definition.this : stage => definition.family }
}

output "log_groups" {
  description = "By stage: where its tasks write, each into a stream task/CONTAINER/ID."
  value       = { for stage, group in aws_cloudwatch_log_group.task : stage => group.name }
}
