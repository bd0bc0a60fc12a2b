# Home directories on Azure Files by NFS, reached over a private endpoint. Azure Backup takes no snapshots of NFS shares:
# an automation account does, daily, and deletes those that are older than the share's days.

locals {
  # A storage account's name has 3 to 24 small letters and digits, unique in all of Azure.
  share_accounts = { for name in keys(local.shares) : name => "${substr(replace("${var.cluster_name}${name}", "-", ""), 0, min(14, length(replace("${var.cluster_name}${name}", "-", ""))))}${substr(sha1("${local.unique}/share/${name}"), 0, 10)}" }
  kept_shares    = { for name, share in local.shares : name => share if share.snapshot_days > 0 }
}

resource "azurerm_storage_account" "home" {
  #checkov:skip=CKV_AZURE_43:the name is made of small letters and digits, 24 at most
  #checkov:skip=CKV_AZURE_3:NFS speaks no TLS; the share is reached over a private endpoint in the cluster's network alone
  #checkov:skip=CKV_AZURE_33:a file account has no queues
  #checkov:skip=CKV_AZURE_190:nothing is public; see public_network_access_enabled
  #checkov:skip=CKV_AZURE_206:home directories are kept in one place, and their snapshots with them; a copy elsewhere doubles the cost
  #checkov:skip=CKV2_AZURE_1:encrypted by the cloud's key
  #checkov:skip=CKV2_AZURE_38:a file account has no blobs
  #checkov:skip=CKV2_AZURE_41:no shared access signatures: shared keys are off
  for_each = local.shares

  name                            = local.share_accounts[each.key]
  resource_group_name             = azurerm_resource_group.this.name
  location                        = var.region
  account_kind                    = "FileStorage"
  account_tier                    = "Premium"
  account_replication_type        = coalesce(each.value.tier, "LRS")
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = false
  public_network_access_enabled   = false
  shared_access_key_enabled       = false
  allow_nested_items_to_be_public = false
  tags                            = local.labels["home/${each.key}"]

  share_properties {
    retention_policy {
      days = 14
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_share" "home" {
  for_each = local.shares

  name               = coalesce(each.value.name, "homes")
  storage_account_id = azurerm_storage_account.home[each.key].id
  enabled_protocol   = "NFS"
  quota              = each.value.size_gib

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = each.value.size_gib >= 100
      error_message = "home_storage.${each.key}: an NFS share has 100 GiB or more: raise size_gib, or take kind = \"disk\"."
    }
  }
}

resource "azurerm_private_dns_zone" "files" {
  count = length(local.shares) > 0 ? 1 : 0

  name                = "privatelink.file.core.windows.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.labels["cluster"]
}

resource "azurerm_private_dns_zone_virtual_network_link" "files" {
  count = length(local.shares) > 0 ? 1 : 0

  name                = var.cluster_name
  private_dns_zone_id = azurerm_private_dns_zone.files[0].id
  virtual_network_id  = azurerm_virtual_network.this.id
  tags                = local.labels["cluster"]
}

resource "azurerm_private_endpoint" "home" {
  for_each = local.shares

  name                = local.home_names[each.key]
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  subnet_id           = azurerm_subnet.this["endpoints"].id
  tags                = local.labels["home/${each.key}"]

  private_service_connection {
    name                           = "files"
    private_connection_resource_id = azurerm_storage_account.home[each.key].id
    subresource_names              = ["file"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "files"
    private_dns_zone_ids = [azurerm_private_dns_zone.files[0].id]
  }
}

resource "azurerm_automation_account" "snapshots" {
  #checkov:skip=CKV2_AZURE_24:its jobs run in Azure's own workers; nothing of it listens, and local sign-in is off
  count = length(local.kept_shares) > 0 ? 1 : 0

  name                          = "${var.cluster_name}-snapshots"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.region
  sku_name                      = "Basic"
  local_authentication_enabled  = false
  public_network_access_enabled = false
  tags                          = local.labels["homes"]

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_role_definition" "snapshots" {
  count = length(local.kept_shares) > 0 ? 1 : 0

  name        = "${var.cluster_name} share snapshots (${local.unique})"
  description = "Takes and deletes snapshots of home directories"
  scope       = azurerm_resource_group.this.id

  permissions {
    actions = [
      "Microsoft.Storage/storageAccounts/read",
      "Microsoft.Storage/storageAccounts/fileServices/shares/read",
      "Microsoft.Storage/storageAccounts/fileServices/shares/write",
      "Microsoft.Storage/storageAccounts/fileServices/shares/delete",
    ]
  }
}

resource "azurerm_role_assignment" "snapshots" {
  for_each = local.kept_shares

  scope              = azurerm_storage_account.home[each.key].id
  role_definition_id = azurerm_role_definition.snapshots[0].role_definition_resource_id
  principal_id       = azurerm_automation_account.snapshots[0].identity[0].principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_automation_runbook" "snapshots" {
  count = length(local.kept_shares) > 0 ? 1 : 0

  name                    = "snapshot-share"
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.region
  automation_account_name = azurerm_automation_account.snapshots[0].name
  runbook_type            = "PowerShell72"
  description             = "Takes a snapshot of a share, and deletes those that are too old"
  log_verbose             = false
  log_progress            = false
  content                 = file("${path.module}/snapshot-share.ps1")
  tags                    = local.labels["homes"]
}

resource "azurerm_automation_schedule" "snapshots" {
  count = length(local.kept_shares) > 0 ? 1 : 0

  name                    = "daily"
  resource_group_name     = azurerm_resource_group.this.name
  automation_account_name = azurerm_automation_account.snapshots[0].name
  frequency               = "Day"
  interval                = 1
  timezone                = "Etc/UTC"
  start_time              = "${formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "24h"))}T${local.snapshot_time}Z"

  lifecycle {
    ignore_changes = [start_time] # it must be to come when the schedule is made, and is past ever after
  }
}

resource "azurerm_automation_job_schedule" "snapshots" {
  for_each = local.kept_shares

  resource_group_name     = azurerm_resource_group.this.name
  automation_account_name = azurerm_automation_account.snapshots[0].name
  runbook_name            = azurerm_automation_runbook.snapshots[0].name
  schedule_name           = azurerm_automation_schedule.snapshots[0].name

  parameters = {
    resourcegroup = azurerm_resource_group.this.name
    account       = azurerm_storage_account.home[each.key].name
    share         = azurerm_storage_share.home[each.key].name
    days          = tostring(each.value.snapshot_days)
  }
}
