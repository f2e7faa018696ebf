locals {
  region = data.aws_region.current.name

  stage_widgets = flatten([
    for row, stage in keys(var.stages) : [
      for column, graph in [
        { title = "${stage}: requests and faults", metrics = [
          ["AWS/ApiGateway", "Count", "ApiName", "${var.project}-${stage}", { stat = "Sum" }],
          ["AWS/ApiGateway", "4XXError", "ApiName", "${var.project}-${stage}", { stat = "Sum" }],
          ["AWS/ApiGateway", "5XXError", "ApiName", "${var.project}-${stage}", { stat = "Sum" }],
        ] },
        { title = "${stage}: how long visitors wait, ms", metrics = [
          ["AWS/ApiGateway", "Latency", "ApiName", "${var.project}-${stage}", { stat = "p50" }],
          ["AWS/ApiGateway", "Latency", "ApiName", "${var.project}-${stage}", { stat = "p95" }],
        ] },
        { title = "${stage}: at once, turned away, died", metrics = [
          ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", "${var.project}-${stage}", { stat = "Maximum" }],
          ["AWS/Lambda", "Throttles", "FunctionName", "${var.project}-${stage}", { stat = "Sum" }],
          ["AWS/Lambda", "Errors", "FunctionName", "${var.project}-${stage}", { stat = "Sum" }],
          ["AWS/Lambda", "Errors", "FunctionName", "${var.project}-${stage}-ops", { stat = "Sum" }],
        ] },
      ] :
      { type = "metric", x = column * 8, y = row * 6, width = 8, height = 6, properties = { title = graph.title, region = local.region, period = 300, metrics = graph.metrics } }
    ]
  ])

  database         = one([for name, value in var.database_dimensions : [name, value]])
  database_is_rds  = contains(keys(var.database_dimensions), "DBInstanceIdentifier")
  database_storage = { title = "database: free storage, bytes", metrics = [concat(["AWS/RDS", "FreeStorageSpace"], local.database, [{ stat = "Minimum" }])] }
  # Aurora's storage has no end, but its capacity has one.
  database_capacity = { title = "database: capacity, ACU", metrics = [concat(["AWS/RDS", "ServerlessDatabaseCapacity"], local.database, [{ stat = "Maximum" }])] }

  database_widgets = [
    for column, graph in [
      { title = "database: CPU %", metrics = [concat(["AWS/RDS", "CPUUtilization"], local.database, [{ stat = "Average" }])] },
      { title = "database: connections", metrics = [concat(["AWS/RDS", "DatabaseConnections"], local.database, [{ stat = "Maximum" }])] },
      local.database_is_rds ? local.database_storage : local.database_capacity,
    ] :
    { type = "metric", x = column * 8, y = length(var.stages) * 6, width = 8, height = 6, properties = { title = graph.title, region = local.region, period = 300, metrics = graph.metrics } }
  ]
}

# Where somebody is told of failures, they have to look somewhere. Three of an account are free, others cost $3 a month.
resource "aws_cloudwatch_dashboard" "this" {
  count = length(local.alarmed) > 0 ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat(local.stage_widgets, local.database_widgets) })
}
