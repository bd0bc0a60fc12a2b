# Blob storage of hubs. Azure bills and tags storage accounts, not containers: each bucket is an account with one container.

locals {
  bucket_accounts = { for name, bucket in var.buckets : name => coalesce(bucket.name, "${substr(replace("${var.cluster_name}${name}", "-", ""), 0, min(14, length(replace("${var.cluster_name}${name}", "-", ""))))}${substr(sha1("${local.unique}/bucket/${name}"), 0, 10)}") }
}

resource "azurerm_storage_account" "bucket" {
  #checkov:skip=CKV_AZURE_43:the name is made of small letters and digits, 24 at most
  #checkov:skip=CKV_AZURE_33:nobody uses queues of this account
  #checkov:skip=CKV_AZURE_59:reached from the cluster's network alone; see network_rules
  #checkov:skip=CKV_AZURE_206:a copy elsewhere is a choice that doubles the cost
  #checkov:skip=CKV2_AZURE_1:encrypted by the cloud's key
  #checkov:skip=CKV2_AZURE_33:reached by a service endpoint, which costs nothing, from the cluster's network alone
  #checkov:skip=CKV2_AZURE_41:no shared access signatures: shared keys are off
  for_each = var.buckets

  name                            = local.bucket_accounts[each.key]
  resource_group_name             = azurerm_resource_group.this.name
  location                        = var.region
  account_kind                    = "StorageV2"
  account_tier                    = "Standard"
  account_replication_type        = "LRS"
  access_tier                     = "Hot"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  allow_nested_items_to_be_public = false
  local_user_enabled              = false
  tags                            = local.labels["bucket/${each.key}"]

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    virtual_network_subnet_ids = [azurerm_subnet.this["nodes"].id]
  }

  blob_properties {
    versioning_enabled = each.value.versioning

    # What was deleted by mistake is there for a week; what expires anyway is not paid for longer.
    dynamic "delete_retention_policy" {
      for_each = each.value.expire_days == null ? [7] : []
      content {
        days = delete_retention_policy.value
      }
    }

    container_delete_retention_policy {
      days = 7
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "bucket" {
  #checkov:skip=CKV2_AZURE_21:access logs of users' buckets would name users
  for_each = var.buckets

  name                  = each.key
  storage_account_id    = azurerm_storage_account.bucket[each.key].id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_management_policy" "bucket" {
  for_each = { for name, bucket in var.buckets : name => bucket if bucket.expire_days != null || bucket.versioning }

  storage_account_id = azurerm_storage_account.bucket[each.key].id

  dynamic "rule" {
    for_each = each.value.expire_days == null ? [] : [each.value.expire_days]
    content {
      name    = "expiry"
      enabled = true

      filters {
        blob_types = ["blockBlob", "appendBlob"]
      }

      actions {
        base_blob {
          delete_after_days_since_modification_greater_than = rule.value
        }
        snapshot {
          delete_after_days_since_creation_greater_than = rule.value
        }
      }
    }
  }

  dynamic "rule" {
    for_each = each.value.versioning ? [each.value.version_days] : []
    content {
      name    = "old-versions"
      enabled = true

      filters {
        blob_types = ["blockBlob", "appendBlob"]
      }

      actions {
        version {
          delete_after_days_since_creation = rule.value
        }
      }
    }
  }
}
