# Of the whole account: by tag it would see nothing until somebody switches the tag on as one of cost allocation.
resource "aws_budgets_budget" "account" {
  count = var.monthly_budget_usd > 0 ? 1 : 0

  name         = "${var.name}-account"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = format("%.1f", var.monthly_budget_usd)
  limit_unit   = "USD"

  dynamic "notification" {
    for_each = [70, 90, 100]

    content {
      notification_type         = "ACTUAL"
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn] # docs/runbooks/budget.md
    }
  }

  # Budgets tries the topic.
  depends_on = [aws_sns_topic_policy.alarms]
}
