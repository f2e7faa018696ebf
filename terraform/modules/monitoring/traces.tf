resource "aws_xray_group" "bad" {
  for_each = var.traced ? local.serving : {}

  group_name        = "${each.value}-bad"
  filter_expression = "service(\"${each.value}\") AND (fault OR responsetime > 3)"

  insights_configuration {
    insights_enabled      = false # billed by the trace
    notifications_enabled = false
  }
}
