# Node pools: scale sets, machines and their disks carry the cost labels of what they are for.

locals {
  # What pods ask of a node, in the words of JupyterHub's and Dask's charts.
  purposes = {
    core = {
      labels = { "hub.jupyter.org/node-purpose" = "core", "k8s.dask.org/node-purpose" = "core" }
      taints = []
    }
    user = {
      labels = { "hub.jupyter.org/node-purpose" = "user", "k8s.dask.org/node-purpose" = "scheduler" }
      taints = [{ key = "hub.jupyter.org_dedicated", value = "user", effect = "NoSchedule" }]
    }
    dask = {
      labels = { "k8s.dask.org/node-purpose" = "worker" }
      taints = [{ key = "k8s.dask.org_dedicated", value = "worker", effect = "NoSchedule" }]
    }
  }
  pools = {
    for name, pool in var.node_pools : name => merge(pool, {
      labels = merge(local.purposes[pool.purpose].labels, pool.hub == null ? {} : { "2i2c.org/hub-name" = pool.hub }, pool.gpu == null ? {} : { "nvidia.com/gpu.present" = "true" }, pool.spot ? { "kubernetes.azure.com/scalesetpriority" = "spot" } : {}, pool.labels)
      taints = concat(
        local.purposes[pool.purpose].taints,
        pool.gpu == null ? [] : [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }],
        pool.spot ? [{ key = "kubernetes.azure.com/scalesetpriority", value = "spot", effect = "NoSchedule" }] : [], # AKS sets it anyway
        pool.taints,
      )
    })
  }

  # AKS is born with a system pool, which must always have a node: the first core pool is it.
  system_pool = [for name, pool in var.node_pools : name if pool.purpose == "core" && pool.min >= 1 && !pool.spot][0]

  # A pool's name has up to 12 letters and digits: of a longer one the last four are of its hash.
  pool_names = { for name in keys(var.node_pools) : name => length(replace(name, "-", "")) <= 12 && !strcontains(name, "-") ? name : "${substr(replace(name, "-", ""), 0, min(8, length(replace(name, "-", ""))))}${substr(sha1(name), 0, 4)}" }
  pool_zones = { for name, pool in var.node_pools : name => length(pool.zones) > 0 ? pool.zones : length(var.zones) > 0 ? var.zones : null }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  #checkov:skip=CKV_AZURE_226:ephemeral system disks need machine types with a cache as large; a pool's disk is its own choice
  #checkov:skip=CKV_AZURE_227:encryption at the host must first be enabled for the subscription; disks are encrypted anyway
  for_each = { for name, pool in local.pools : name => pool if name != local.system_pool }

  name                   = local.pool_names[each.key]
  kubernetes_cluster_id  = azurerm_kubernetes_cluster.this.id
  mode                   = "User"
  vm_size                = each.value.machine_type
  orchestrator_version   = each.value.kubernetes_version
  auto_scaling_enabled   = true
  min_count              = each.value.min
  max_count              = each.value.max
  max_pods               = 110
  priority               = each.value.spot ? "Spot" : "Regular"
  eviction_policy        = each.value.spot ? "Delete" : null
  spot_max_price         = each.value.spot ? -1 : null
  os_type                = "Linux"
  os_sku                 = "Ubuntu"
  os_disk_size_gb        = each.value.disk_gib
  os_disk_type           = coalesce(each.value.disk_type, "Managed")
  gpu_driver             = each.value.gpu == null ? null : "Install"
  zones                  = local.pool_zones[each.key]
  vnet_subnet_id         = azurerm_subnet.this["nodes"].id
  node_public_ip_enabled = false
  node_labels            = each.value.labels
  node_taints            = [for taint in each.value.taints : "${taint.key}=${taint.value}:${taint.effect}"]
  tags                   = local.labels["pool/${each.key}"]

  temporary_name_for_rotation = "r${substr(sha1(each.key), 0, 10)}"

  dynamic "upgrade_settings" {
    for_each = each.value.spot ? [] : ["10%"] # a spot pool takes none
    content {
      max_surge = upgrade_settings.value
    }
  }

  lifecycle {
    # How many nodes there are is the autoscaler's.
    ignore_changes = [node_count]
  }
}
