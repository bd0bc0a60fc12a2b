# Home directories on disks, with daily snapshots. A disk can't be destroyed by Terraform: docs/infrastructure.md tells how to part with it.

locals {
  disks       = { for name, storage in var.home_storage : name => storage if storage.kind == "disk" }
  shares      = { for name, storage in var.home_storage : name => storage if storage.kind == "share" }
  snapshotted = { for name, disk in local.disks : name => disk if disk.snapshot_days > 0 }
  home_names  = { for name, storage in var.home_storage : name => coalesce(storage.name, "${var.cluster_name}-home-${name}") }

  maintenance_hour = tonumber(split(":", var.maintenance_start)[0])
  snapshot_time    = format("%02d:00:00", (local.maintenance_hour + 1) % 24)
}

resource "azurerm_managed_disk" "home" {
  #checkov:skip=CKV_AZURE_93:encrypted by the cloud's key, or by encryption_key
  for_each = local.disks

  name                          = local.home_names[each.key]
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.region
  zone                          = try(coalesce(each.value.zone, try(var.zones[0], null)), null)
  storage_account_type          = coalesce(each.value.tier, "StandardSSD_LRS")
  create_option                 = "Empty"
  disk_size_gb                  = each.value.size_gib
  disk_encryption_set_id        = var.encryption_key
  network_access_policy         = "DenyAll"
  public_network_access_enabled = false
  tags                          = local.labels["home/${each.key}"]

  lifecycle {
    prevent_destroy = true
  }
}

# The cluster attaches the disk to the node that serves it.
resource "azurerm_role_assignment" "disks" {
  for_each = local.disks

  scope                = azurerm_managed_disk.home[each.key].id
  role_definition_name = "Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster["cluster"].principal_id
  principal_type       = "ServicePrincipal"
}

# Azure tags no snapshot as its disk: they have a resource group of their own, whose tags the bill can inherit.
resource "azurerm_resource_group" "snapshots" {
  count = length(local.snapshotted) > 0 ? 1 : 0

  name     = "${azurerm_resource_group.this.name}-snapshots"
  location = var.region
  tags     = local.labels["homes"]
}

resource "azurerm_data_protection_backup_vault" "home" {
  count = length(local.snapshotted) > 0 ? 1 : 0

  name                = "${var.cluster_name}-home"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  datastore_type      = "VaultStore"
  redundancy          = "LocallyRedundant"
  soft_delete         = "On"
  tags                = local.labels["homes"]

  identity {
    type = "SystemAssigned"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_role_assignment" "backup" {
  for_each = merge(
    { for name in keys(local.snapshotted) : name => { scope = azurerm_managed_disk.home[name].id, role = "Disk Backup Reader" } },
    length(local.snapshotted) > 0 ? { "/snapshots" = { scope = azurerm_resource_group.snapshots[0].id, role = "Disk Snapshot Contributor" } } : {},
  )

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_data_protection_backup_vault.home[0].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_data_protection_backup_policy_disk" "home" {
  for_each = local.snapshotted

  name                            = local.home_names[each.key]
  vault_id                        = azurerm_data_protection_backup_vault.home[0].id
  backup_repeating_time_intervals = ["R/2026-01-01T${local.snapshot_time}+00:00/P1D"]
  default_retention_duration      = "P${each.value.snapshot_days}D"
  time_zone                       = "UTC"
}

resource "azurerm_data_protection_backup_instance_disk" "home" {
  for_each = local.snapshotted

  name                         = local.home_names[each.key]
  location                     = var.region
  vault_id                     = azurerm_data_protection_backup_vault.home[0].id
  backup_policy_id             = azurerm_data_protection_backup_policy_disk.home[each.key].id
  disk_id                      = azurerm_managed_disk.home[each.key].id
  snapshot_resource_group_name = azurerm_resource_group.snapshots[0].name

  depends_on = [azurerm_role_assignment.backup]
}
