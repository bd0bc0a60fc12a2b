# Node pools by map: the first core pool is the system pool; scale sets carry the cost labels, and with them machines and disks.

mock_provider "azurerm" {}

variables {
  cluster_name = "basalt"
  region       = "westeurope"
  azure        = { subscription_id = "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90", tenant_id = "0a5f1d6e-3f7b-4a51-8a59-6f1c0d2b9e77" }
  hubs         = { caldera = { community = "earth-observatories" } }
  node_pools = {
    core         = { purpose = "core", machine_type = "Standard_E2s_v5", min = 1, max = 3 }
    large-memory = { purpose = "user", machine_type = "Standard_E16s_v5", max = 10, hub = "caldera" }
    gpu          = { purpose = "user", machine_type = "Standard_NC4as_T4_v3", max = 2, gpu = { type = "nvidia-tesla-t4" } }
    dask         = { purpose = "dask", machine_type = "Standard_E16s_v5", max = 10, spot = true }
  }
}

run "the_first_core_pool_is_the_system_pool" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster.this.default_node_pool[0].name == "core" && azurerm_kubernetes_cluster.this.default_node_pool[0].tags == tomap({ "2i2c:cluster-name" = "basalt", "2i2c:managed-by" = "hubledger", "2i2c:node-purpose" = "core" })
    error_message = "the system pool is ${azurerm_kubernetes_cluster.this.default_node_pool[0].name}, tagged ${jsonencode(azurerm_kubernetes_cluster.this.default_node_pool[0].tags)}"
  }
  assert {
    condition     = toset(keys(azurerm_kubernetes_cluster_node_pool.this)) == toset(["large-memory", "gpu", "dask"])
    error_message = "pools are ${join(", ", keys(azurerm_kubernetes_cluster_node_pool.this))}"
  }
}

run "a_pool_s_name_is_one_that_aks_takes" {
  command = plan

  assert {
    condition     = alltrue([for pool in azurerm_kubernetes_cluster_node_pool.this : can(regex("^[a-z][a-z0-9]{0,11}$", pool.name))])
    error_message = "names are ${join(", ", [for pool in azurerm_kubernetes_cluster_node_pool.this : pool.name])}"
  }
}

run "a_purpose_decides_labels_and_taints" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["large-memory"].node_taints == tolist(["hub.jupyter.org_dedicated=user:NoSchedule"]) && azurerm_kubernetes_cluster_node_pool.this["large-memory"].node_labels["hub.jupyter.org/node-purpose"] == "user"
    error_message = "large-memory is tainted ${join(", ", azurerm_kubernetes_cluster_node_pool.this["large-memory"].node_taints)}"
  }
  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["dask"].node_taints == tolist(["k8s.dask.org_dedicated=worker:NoSchedule", "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]) && azurerm_kubernetes_cluster_node_pool.this["dask"].priority == "Spot"
    error_message = "dask is tainted ${join(", ", azurerm_kubernetes_cluster_node_pool.this["dask"].node_taints)}"
  }
  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["gpu"].min_count == 0 && azurerm_kubernetes_cluster_node_pool.this["gpu"].max_count == 2 && azurerm_kubernetes_cluster_node_pool.this["gpu"].gpu_driver == "Install"
    error_message = "gpu must scale from 0 to 2, with a driver"
  }
  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["large-memory"].tags == tomap({ "2i2c:cluster-name" = "basalt", "2i2c:managed-by" = "hubledger", "2i2c:node-purpose" = "user", "2i2c:hub-name" = "caldera", "2i2c:community" = "earth-observatories" })
    error_message = "large-memory is tagged ${jsonencode(azurerm_kubernetes_cluster_node_pool.this["large-memory"].tags)}"
  }
}

run "the_cluster_is_private_and_safe_from_deletion" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster.this.private_cluster_enabled && azurerm_kubernetes_cluster.this.local_account_disabled && azurerm_management_lock.cluster[0].lock_level == "CanNotDelete"
    error_message = "the control plane must be private, without local accounts, and the cluster locked"
  }
}

run "extended_support_is_azure_s_long_term_support" {
  command = plan
  variables {
    release_channel = "extended"
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.sku_tier == "Premium" && azurerm_kubernetes_cluster.this.support_plan == "AKSLongTermSupport"
    error_message = "extended must be AKSLongTermSupport"
  }
}
