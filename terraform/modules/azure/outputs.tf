output "cluster_name" {
  description = "The cluster's name in the cloud."
  value       = azurerm_kubernetes_cluster.this.name
}

output "region" {
  description = "The cloud's region."
  value       = var.region
}

output "kubernetes" {
  description = "How to reach the cluster, for the helm and kubernetes providers and for a kubeconfig: {host, cluster_ca_certificate (PEM), exec = {api_version, command, args, env}}. It holds no secret: `command` asks the cloud for a short-lived token."
  value = {
    host                   = "https://${coalesce(local.private ? azurerm_kubernetes_cluster.this.private_fqdn : azurerm_kubernetes_cluster.this.fqdn, "unknown")}:443"
    cluster_ca_certificate = try(nonsensitive(base64decode(azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate)), null)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "kubelogin"
      args        = tolist(["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]) # Azure's own id of AKS sign-in
      env         = tomap({})
    }
  }
}

output "kubeconfig_command" {
  description = "The command that writes a kubeconfig for a person."
  value       = "az aks get-credentials --subscription ${var.azure.subscription_id} --resource-group ${azurerm_resource_group.this.name} --name ${var.cluster_name}"
}

output "node_pools" {
  description = "Node pools by name: {name (the cloud's), purpose, hub, machine_type, min, max, labels (Kubernetes), taints}."
  value = {
    for name, pool in local.pools : name => {
      name         = name == local.system_pool ? local.pool_names[name] : azurerm_kubernetes_cluster_node_pool.this[name].name
      purpose      = pool.purpose
      hub          = pool.hub
      machine_type = pool.machine_type
      min          = pool.min
      max          = pool.max
      labels       = pool.labels
      taints       = pool.taints
    }
  }
}

output "home_storage" {
  description = "Home storage by name, as the hub module takes it: {kind, hub, size_gib, server and path (NFS, of a share), driver, volume_handle and fs_type (CSI, of a disk), zone}."
  value = merge(
    {
      for name, disk in azurerm_managed_disk.home : name => {
        kind          = "disk"
        hub           = local.disks[name].hub
        size_gib      = disk.disk_size_gb
        server        = null
        path          = null
        driver        = "disk.csi.azure.com"
        volume_handle = disk.id
        fs_type       = "xfs"
        zone          = disk.zone
      }
    },
    {
      for name, share in azurerm_storage_share.home : name => {
        kind          = "share"
        hub           = local.shares[name].hub
        size_gib      = share.quota
        server        = "${local.share_accounts[name]}.file.core.windows.net"
        path          = "/${local.share_accounts[name]}/${share.name}"
        driver        = null
        volume_handle = null
        fs_type       = null
        zone          = null
      }
    },
  )
}

output "buckets" {
  description = "Buckets by name: {name, url, hub}."
  value       = { for name, container in azurerm_storage_container.bucket : name => { name = local.bucket_accounts[name], url = "abfss://${container.name}@${local.bucket_accounts[name]}.dfs.core.windows.net", hub = var.buckets[name].hub } }
}

output "hub_identities" {
  description = "Workload identities by hub, as the hub module takes them: {namespace, service_account, principal (the cloud's), annotations (of the service account), pod_labels}."
  value = {
    for name, hub in var.hubs : name => {
      namespace       = name
      service_account = hub.service_account
      principal       = azurerm_user_assigned_identity.workload["hub-${name}"].client_id
      annotations     = tomap({ "azure.workload.identity/client-id" = azurerm_user_assigned_identity.workload["hub-${name}"].client_id })
      pod_labels      = tomap({ "azure.workload.identity/use" = "true" })
    }
  }
}

output "registries" {
  description = "Container registries by name: {url, hub}."
  value       = { for name, registry in azurerm_container_registry.this : name => { url = registry.login_server, hub = var.registries[name].hub } }
}

output "billing_export" {
  description = "Where the bill is exported to, or null: {format, project and dataset (Google Cloud), path (s3:// or abfss://, as the fleet's `billing:` takes it)}."
  value       = var.billing_export == null ? null : { format = var.billing_export.format, project = null, dataset = null, path = "abfss://${azurerm_storage_container.billing[0].name}@${local.billing_account}.dfs.core.windows.net/exports/${local.export_name}" }
}

output "collector" {
  description = "The identity that reads bills, or null: {namespace, service_account, principal, annotations, pod_labels}."
  value = var.collector == null ? null : {
    namespace       = var.collector.namespace
    service_account = var.collector.service_account
    principal       = azurerm_user_assigned_identity.workload["collector"].client_id
    annotations     = tomap({ "azure.workload.identity/client-id" = azurerm_user_assigned_identity.workload["collector"].client_id })
    pod_labels      = tomap({ "azure.workload.identity/use" = "true" })
  }
}

output "cluster_autoscaler" {
  description = "How the support module is to run the cluster autoscaler, or null where the cloud runs its own: {namespace, service_account, annotations, region, cluster_name}."
  value       = null
}

output "cost_labels" {
  description = "The cost labels of what belongs to no hub, in the cloud's form."
  value       = local.labels["cluster"]
}
