# A budget that tells by mail. It belongs to the billing account, and looks at the project or at what the cluster's label marks.

resource "google_monitoring_notification_channel" "budget" {
  for_each = toset(try(var.budget.emails, []))

  project      = var.gcp.project
  type         = "email"
  display_name = "Budget of ${var.cluster_name}: ${each.key}"
  labels       = { email_address = each.key }
  user_labels  = local.labels["cluster"]

  depends_on = [google_project_service.this]
}

resource "google_billing_budget" "this" {
  count = var.budget == null ? 0 : 1

  billing_account = var.gcp.billing_account
  display_name    = var.cluster_name

  budget_filter {
    projects               = ["projects/${var.gcp.project_number}"]
    labels                 = var.budget.scope == "cluster" ? { cluster-name = var.cluster_name } : {}
    calendar_period        = "MONTH"
    credit_types_treatment = "INCLUDE_ALL_CREDITS"
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(floor(var.budget.monthly_amount))
      nanos         = floor((var.budget.monthly_amount - floor(var.budget.monthly_amount)) * 1000000000)
    }
  }

  dynamic "threshold_rules" {
    for_each = toset(var.budget.thresholds)
    content {
      threshold_percent = threshold_rules.value / 100
      spend_basis       = "CURRENT_SPEND"
    }
  }

  dynamic "threshold_rules" {
    for_each = toset(var.budget.forecast)
    content {
      threshold_percent = threshold_rules.value / 100
      spend_basis       = "FORECASTED_SPEND"
    }
  }

  all_updates_rule {
    monitoring_notification_channels = [for channel in google_monitoring_notification_channel.budget : channel.id]
    disable_default_iam_recipients   = true
  }
}
