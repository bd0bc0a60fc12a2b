# The bill, exported daily to a storage account: FOCUS, or actual and amortized cost side by side.

locals {
  billing_account = try(coalesce(var.billing_export.name, "${substr(replace("${var.cluster_name}bill", "-", ""), 0, min(14, length(replace("${var.cluster_name}bill", "-", ""))))}${substr(sha1("${local.unique}/bill"), 0, 10)}"), null)
  exports         = try(var.billing_export.format == "native", false) ? { actual = "ActualCost", amortized = "AmortizedCost" } : {}
  export_name     = "${var.cluster_name}-${try(var.billing_export.format == "focus", false) ? "focus" : "actual"}"
}

resource "azurerm_storage_account" "billing" {
  #checkov:skip=CKV_AZURE_43:the name is made of small letters and digits, 24 at most
  #checkov:skip=CKV_AZURE_33:nobody uses queues of this account
  #checkov:skip=CKV_AZURE_35:Cost Management writes from outside any network
  #checkov:skip=CKV_AZURE_59:Cost Management writes from outside any network; nothing is public
  #checkov:skip=CKV_AZURE_206:Azure keeps the bill, and exports it anew
  #checkov:skip=CKV2_AZURE_1:encrypted by the cloud's key
  #checkov:skip=CKV2_AZURE_33:Cost Management writes from outside any network
  #checkov:skip=CKV2_AZURE_40:Cost Management writes with the account's key
  #checkov:skip=CKV2_AZURE_41:no shared access signatures are given out
  count = var.billing_export == null ? 0 : 1

  name                            = local.billing_account
  resource_group_name             = azurerm_resource_group.this.name
  location                        = coalesce(var.billing_export.location, var.region)
  account_kind                    = "StorageV2"
  account_tier                    = "Standard"
  account_replication_type        = "LRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  default_to_oauth_authentication = true
  allow_nested_items_to_be_public = false
  local_user_enabled              = false
  tags                            = local.labels["cluster"]

  blob_properties {
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "billing" {
  #checkov:skip=CKV2_AZURE_21:the activity log knows who changes the account; Cost Management alone writes
  count = var.billing_export == null ? 0 : 1

  name                  = "bills"
  storage_account_id    = azurerm_storage_account.billing[0].id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_subscription_cost_management_export" "this" {
  for_each = local.exports

  name                         = "${var.cluster_name}-${each.key}"
  subscription_id              = local.subscription
  recurrence_type              = "Daily"
  recurrence_period_start_date = "${formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "24h"))}T00:00:00Z"
  recurrence_period_end_date   = "2050-01-01T00:00:00Z"
  file_format                  = "Csv"

  export_data_storage_location {
    container_id     = azurerm_storage_container.billing[0].id
    root_folder_path = "/exports"
  }

  export_data_options {
    type       = each.value
    time_frame = "MonthToDate"
  }

  lifecycle {
    ignore_changes = [recurrence_period_start_date] # it must be to come when the export is made, and is past ever after
  }
}

# The provider's own resource knows no FOCUS export, so Azure's template of one is deployed.
resource "azurerm_subscription_template_deployment" "focus" {
  count = try(var.billing_export.format == "focus", false) ? 1 : 0

  name     = "${var.cluster_name}-focus-export"
  location = var.region
  tags     = local.labels["cluster"]

  template_content = jsonencode({
    "$schema"      = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
    contentVersion = "1.0.0.0"
    resources = [{
      type       = "Microsoft.CostManagement/exports"
      apiVersion = "2025-03-01"
      name       = local.export_name
      properties = {
        definition            = { type = "FocusCost", timeframe = "MonthToDate", dataSet = { granularity = "Daily", configuration = { dataVersion = "1.0r2" } } }
        schedule              = { status = "Active", recurrence = "Daily", recurrencePeriod = { from = "${formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "24h"))}T00:00:00Z", to = "2050-01-01T00:00:00Z" } }
        format                = "Parquet"
        compressionMode       = "snappy"
        partitionData         = true
        dataOverwriteBehavior = "OverwritePreviousReport"
        deliveryInfo          = { destination = { type = "AzureBlob", resourceId = azurerm_storage_account.billing[0].id, container = azurerm_storage_container.billing[0].name, rootFolderPath = "exports" } }
      }
    }]
  })

  lifecycle {
    ignore_changes = [template_content] # its first day must be to come when the export is made, and is past ever after
  }
}
