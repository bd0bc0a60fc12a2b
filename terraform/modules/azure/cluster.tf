# The cluster: sign-in by Entra alone, workload identity, network policies, a private control plane unless ranges are named.

locals {
  # Azure's channels: `stable` there is the minor version before the newest, `patch` stays with the minor version.
  channels = { rapid = "rapid", regular = "stable", stable = "patch", extended = "patch" }
  private  = length(var.network.authorized_ranges) == 0
}

resource "azurerm_user_assigned_identity" "cluster" {
  for_each = toset(["cluster", "kubelet"])

  name                = "${var.cluster_name}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.labels["cluster"]
}

resource "azurerm_role_assignment" "cluster" {
  for_each = {
    network = { scope = azurerm_virtual_network.this.id, role = "Network Contributor" }
    routes  = { scope = azurerm_nat_gateway.this.id, role = "Network Contributor" }
    kubelet = { scope = azurerm_user_assigned_identity.cluster["kubelet"].id, role = "Managed Identity Operator" }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.cluster["cluster"].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_4:control plane logs go by a diagnostic setting; container logs would cost more than the hubs
  #checkov:skip=CKV_AZURE_6:the control plane is private, or open to network.authorized_ranges, which may not be everyone
  #checkov:skip=CKV_AZURE_115:the control plane is private, or open to network.authorized_ranges, which may not be everyone
  #checkov:skip=CKV_AZURE_116:policies belong to the subscription's owner, who can add the add-on
  #checkov:skip=CKV_AZURE_117:encrypted by the cloud's key, or by encryption_key
  #checkov:skip=CKV_AZURE_172:no secret of a key vault is mounted
  #checkov:skip=CKV_AZURE_226:ephemeral system disks need machine types with a cache as large; a pool's disk is its own choice
  #checkov:skip=CKV_AZURE_227:encryption at the host must first be enabled for the subscription; disks are encrypted anyway
  #checkov:skip=CKV_AZURE_232:hubs themselves run on the system pool, as on the core pools of other clouds
  name                = var.cluster_name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  dns_prefix          = var.cluster_name
  kubernetes_version  = var.kubernetes_version
  node_resource_group = "${azurerm_resource_group.this.name}-nodes"
  tags                = local.labels["cluster"]

  sku_tier                  = var.release_channel == "extended" ? "Premium" : "Standard"
  support_plan              = var.release_channel == "extended" ? "AKSLongTermSupport" : "KubernetesOfficial"
  automatic_upgrade_channel = local.channels[var.release_channel]
  node_os_upgrade_channel   = "NodeImage"
  cost_analysis_enabled     = true

  local_account_disabled              = true
  role_based_access_control_enabled   = true
  run_command_enabled                 = false
  oidc_issuer_enabled                 = true
  workload_identity_enabled           = true
  private_cluster_enabled             = local.private
  private_cluster_public_fqdn_enabled = false
  disk_encryption_set_id              = var.encryption_key
  image_cleaner_enabled               = true
  image_cleaner_interval_hours        = 168

  default_node_pool {
    name                        = local.pool_names[local.system_pool]
    vm_size                     = local.pools[local.system_pool].machine_type
    auto_scaling_enabled        = true
    min_count                   = local.pools[local.system_pool].min
    max_count                   = local.pools[local.system_pool].max
    max_pods                    = 110
    os_disk_size_gb             = local.pools[local.system_pool].disk_gib
    os_disk_type                = coalesce(local.pools[local.system_pool].disk_type, "Managed")
    os_sku                      = "Ubuntu"
    orchestrator_version        = local.pools[local.system_pool].kubernetes_version
    zones                       = local.pool_zones[local.system_pool]
    vnet_subnet_id              = azurerm_subnet.this["nodes"].id
    node_public_ip_enabled      = false
    node_labels                 = local.pools[local.system_pool].labels
    temporary_name_for_rotation = "rotating"
    tags                        = local.labels["pool/${local.system_pool}"]

    upgrade_settings {
      max_surge = "10%"
    }
  }

  node_provisioning_profile {
    mode = "Manual" # the pools are ours
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster["cluster"].id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.cluster["kubelet"].client_id
    object_id                 = azurerm_user_assigned_identity.cluster["kubelet"].principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.cluster["kubelet"].id
  }

  azure_active_directory_role_based_access_control {
    tenant_id          = var.azure.tenant_id
    azure_rbac_enabled = true
  }

  dynamic "api_server_access_profile" {
    for_each = local.private ? [] : [values(var.network.authorized_ranges)]
    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    pod_cidr            = var.network.pods_cidr
    service_cidr        = var.network.services_cidr
    dns_service_ip      = cidrhost(var.network.services_cidr, 10)
    load_balancer_sku   = "standard"
    outbound_type       = "userAssignedNATGateway"
  }

  storage_profile {
    disk_driver_enabled         = true
    file_driver_enabled         = true
    blob_driver_enabled         = length(var.buckets) > 0
    snapshot_controller_enabled = true
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = "Sunday"
    start_time  = var.maintenance_start
    utc_offset  = "+00:00"
    duration    = 4
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = "Sunday"
    start_time  = var.maintenance_start
    utc_offset  = "+00:00"
    duration    = 4
  }

  lifecycle {
    # How many nodes there are is the autoscaler's.
    ignore_changes = [default_node_pool[0].node_count]

    precondition {
      condition     = length(var.node_pools[local.system_pool].taints) == 0 && var.node_pools[local.system_pool].gpu == null
      error_message = "node_pools.${local.system_pool}: the first core pool is the system pool of AKS, which has no taints and no GPU."
    }
  }

  depends_on = [azurerm_role_assignment.cluster, azurerm_subnet_nat_gateway_association.this, azurerm_nat_gateway_public_ip_association.this]
}

resource "azurerm_management_lock" "cluster" {
  count = var.deletion_protection ? 1 : 0

  name       = "cluster"
  scope      = azurerm_kubernetes_cluster.this.id
  lock_level = "CanNotDelete"
  notes      = "Set deletion_protection = false before the cluster, or a node pool of it, is to go."
}

# Entra groups that administer the cluster, and that may look.
resource "azurerm_role_assignment" "people" {
  for_each = merge(
    { for id in var.azure.admins : "${id}/admin" => { id = id, role = "Azure Kubernetes Service RBAC Cluster Admin" } },
    { for id in var.azure.viewers : "${id}/view" => { id = id, role = "Azure Kubernetes Service RBAC Reader" } },
    { for id in distinct(concat(var.azure.admins, var.azure.viewers)) : "${id}/sign-in" => { id = id, role = "Azure Kubernetes Service Cluster User Role" } },
  )

  scope                = azurerm_kubernetes_cluster.this.id
  role_definition_name = each.value.role
  principal_id         = each.value.id
}

resource "azurerm_log_analytics_workspace" "this" {
  count = var.azure.control_plane_log_days > 0 ? 1 : 0

  name                = var.cluster_name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  sku                 = "PerGB2018"
  retention_in_days   = max(30, var.azure.control_plane_log_days)
  tags                = local.labels["cluster"]
}

resource "azurerm_monitor_diagnostic_setting" "cluster" {
  count = var.azure.control_plane_log_days > 0 ? 1 : 0

  name                       = "control-plane"
  target_resource_id         = azurerm_kubernetes_cluster.this.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this[0].id

  dynamic "enabled_log" {
    for_each = toset(["cluster-autoscaler", "guard", "kube-audit-admin"])
    content {
      category = enabled_log.value
    }
  }
}
