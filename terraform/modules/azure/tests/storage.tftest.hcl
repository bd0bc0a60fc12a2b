# Home storage by kinds, buckets with expiry, the bill's export in both formats, and the budget.

mock_provider "azurerm" {}

variables {
  cluster_name = "basalt"
  region       = "westeurope"
  azure        = { subscription_id = "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90", tenant_id = "0a5f1d6e-3f7b-4a51-8a59-6f1c0d2b9e77" }
  hubs         = { caldera = { community = "earth-observatories" }, archive = {} }
  node_pools   = { core = { purpose = "core", machine_type = "Standard_E2s_v5", min = 1, max = 3 } }
  home_storage = {
    caldera = { kind = "disk", hub = "caldera", size_gib = 256 }
    archive = { kind = "share", hub = "archive", size_gib = 100, snapshot_days = 14 }
  }
  buckets = {
    scratch    = { hub = "caldera", expire_days = 7 }
    persistent = { hub = "archive", versioning = true, readers = ["caldera"] }
  }
  billing_export = {}
  budget         = { monthly_amount = 1500, currency = "EUR", emails = ["costs@openhubs.example"] }
}

run "a_disk_has_daily_snapshots" {
  command = plan

  assert {
    condition     = azurerm_managed_disk.home["caldera"].tags == tomap({ "2i2c:cluster-name" = "basalt", "2i2c:managed-by" = "hubledger", "2i2c:hub-name" = "caldera", "2i2c:community" = "earth-observatories", "2i2c:volume-purpose" = "home-nfs" })
    error_message = "the disk is tagged ${jsonencode(azurerm_managed_disk.home["caldera"].tags)}"
  }
  assert {
    condition     = azurerm_data_protection_backup_policy_disk.home["caldera"].backup_repeating_time_intervals == tolist(["R/2026-01-01T04:00:00+00:00/P1D"]) && azurerm_data_protection_backup_policy_disk.home["caldera"].default_retention_duration == "P7D"
    error_message = "snapshots must be daily at 04:00, and kept for 7 days"
  }
  assert {
    condition     = azurerm_resource_group.snapshots[0].tags["2i2c:volume-purpose"] == "home-nfs"
    error_message = "snapshots' resource group must say what they are"
  }
}

run "a_share_is_reached_privately_and_has_daily_snapshots" {
  command = plan

  assert {
    condition     = azurerm_storage_share.home["archive"].enabled_protocol == "NFS" && azurerm_storage_share.home["archive"].quota == 100 && !azurerm_storage_account.home["archive"].public_network_access_enabled
    error_message = "the share must be NFS of 100 GiB, and private"
  }
  assert {
    condition     = azurerm_automation_job_schedule.snapshots["archive"].parameters["days"] == "14" && azurerm_automation_schedule.snapshots[0].frequency == "Day"
    error_message = "snapshots of the share must be daily, and kept for 14 days"
  }
}

run "names_of_accounts_are_ones_that_azure_takes" {
  command = plan

  assert {
    condition     = alltrue([for account in concat(values(azurerm_storage_account.bucket), values(azurerm_storage_account.home), azurerm_storage_account.billing) : can(regex("^[a-z0-9]{3,24}$", account.name))])
    error_message = "names are ${join(", ", [for account in concat(values(azurerm_storage_account.bucket), values(azurerm_storage_account.home), azurerm_storage_account.billing) : account.name])}"
  }
  assert {
    condition     = alltrue([for account in concat(values(azurerm_storage_account.bucket), values(azurerm_storage_account.home), azurerm_storage_account.billing) : account.min_tls_version == "TLS1_2" && !account.allow_nested_items_to_be_public])
    error_message = "accounts must speak TLS 1.2, and hold nothing public"
  }
}

run "scratch_expires_and_persistent_does_not" {
  command = plan

  assert {
    condition     = [for rule in azurerm_storage_management_policy.bucket["scratch"].rule : rule.actions[0].base_blob[0].delete_after_days_since_modification_greater_than] == [7]
    error_message = "objects of the scratch bucket must be deleted after 7 days"
  }
  assert {
    condition     = [for rule in azurerm_storage_management_policy.bucket["persistent"].rule : rule.name if length(rule.actions[0].base_blob) > 0] == []
    error_message = "objects of the persistent bucket must not be deleted"
  }
}

run "hubs_reach_their_buckets_and_no_other" {
  command = plan

  assert {
    condition     = { for key, grant in azurerm_role_assignment.hub : key => grant.role_definition_name } == { "scratch/caldera/write" = "Storage Blob Data Contributor", "persistent/archive/write" = "Storage Blob Data Contributor", "persistent/caldera/read" = "Storage Blob Data Reader" }
    error_message = "grants are ${jsonencode({ for key, grant in azurerm_role_assignment.hub : key => grant.role_definition_name })}"
  }
}

run "the_bill_is_exported_as_actual_and_amortized_cost" {
  command = plan

  assert {
    condition     = toset([for export in azurerm_subscription_cost_management_export.this : export.export_data_options[0].type]) == toset(["ActualCost", "AmortizedCost"])
    error_message = "the exports must be of actual and amortized cost"
  }
  assert {
    condition     = toset([for role in concat(values(azurerm_role_assignment.costs), values(azurerm_role_assignment.bills)) : role.role_definition_name]) == toset(["Cost Management Reader", "Storage Blob Data Reader"])
    error_message = "the collector must read, and nothing else"
  }
}

run "the_bill_is_exported_as_focus" {
  command = plan
  variables {
    billing_export = { format = "focus" }
  }
  assert {
    condition     = length(azurerm_subscription_cost_management_export.this) == 0 && length(azurerm_subscription_template_deployment.focus) == 1
    error_message = "the export must be FOCUS alone"
  }
}

run "the_budget_looks_at_the_cluster_s_tag" {
  command = plan

  assert {
    condition     = one(azurerm_consumption_budget_subscription.this[0].filter[0].tag).name == "2i2c:cluster-name" && length(azurerm_consumption_budget_subscription.this[0].notification) == 4
    error_message = "the budget's filter is ${jsonencode(azurerm_consumption_budget_subscription.this[0].filter)}"
  }
}
