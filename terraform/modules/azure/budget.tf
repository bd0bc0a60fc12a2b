# A budget that tells by mail. It looks at the whole subscription, or at what the cluster's tag marks.

resource "azurerm_consumption_budget_subscription" "this" {
  count = var.budget == null ? 0 : 1

  name            = var.cluster_name
  subscription_id = local.subscription
  amount          = var.budget.monthly_amount
  time_grain      = "Monthly"

  time_period {
    start_date = "${formatdate("YYYY-MM", plantimestamp())}-01T00:00:00Z"
  }

  dynamic "filter" {
    for_each = var.budget.scope == "cluster" ? [var.cluster_name] : []
    content {
      tag {
        name   = "${module.labels.prefix}cluster-name"
        values = [filter.value]
      }
    }
  }

  dynamic "notification" {
    for_each = concat([for percent in var.budget.thresholds : { percent = percent, type = "Actual" }], [for percent in var.budget.forecast : { percent = percent, type = "Forecasted" }])
    content {
      operator       = "GreaterThanOrEqualTo"
      threshold      = notification.value.percent
      threshold_type = notification.value.type
      contact_emails = var.budget.emails
    }
  }

  lifecycle {
    ignore_changes = [time_period[0].start_date] # it must be in this month when the budget is made
  }
}
