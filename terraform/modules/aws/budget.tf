# A budget that tells by mail. It looks at the whole account, or at what the cluster's tag marks once that is a cost allocation tag.

resource "aws_budgets_budget" "this" {
  count = var.budget == null ? 0 : 1

  name         = var.cluster_name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget.monthly_amount)
  limit_unit   = var.budget.currency
  tags         = local.labels["cluster"]

  dynamic "cost_filter" {
    for_each = var.budget.scope == "cluster" ? [join("$", ["user:${module.labels.prefix}cluster-name", var.cluster_name])] : []
    content {
      name   = "TagKeyValue"
      values = [cost_filter.value]
    }
  }

  dynamic "notification" {
    for_each = concat([for percent in var.budget.thresholds : { percent = percent, type = "ACTUAL" }], [for percent in var.budget.forecast : { percent = percent, type = "FORECASTED" }])
    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.value.type
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.budget.emails
    }
  }
}
