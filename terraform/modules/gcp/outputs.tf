output "cluster_name" {
  description = "The cluster's name in the cloud."
  value       = google_container_cluster.this.name
}

output "region" {
  description = "The cloud's region."
  value       = var.region
}

output "kubernetes" {
  description = "How to reach the cluster, for the helm and kubernetes providers and for a kubeconfig: {host, cluster_ca_certificate (PEM), exec = {api_version, command, args, env}}. It holds no secret: `command` asks the cloud for a short-lived token."
  value = {
    host                   = "https://${google_container_cluster.this.endpoint}"
    cluster_ca_certificate = base64decode(google_container_cluster.this.master_auth[0].cluster_ca_certificate)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "gke-gcloud-auth-plugin"
      args        = tolist([])
      env         = tomap({})
    }
  }
}

output "kubeconfig_command" {
  description = "The command that writes a kubeconfig for a person."
  value       = "gcloud container clusters get-credentials ${var.cluster_name} --project ${var.gcp.project} --location ${local.location}"
}

output "node_pools" {
  description = "Node pools by name: {name (the cloud's), purpose, hub, machine_type, min, max, labels (Kubernetes), taints}."
  value = {
    for name, pool in local.pools : name => {
      name         = google_container_node_pool.this[name].name
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
      for name, disk in google_compute_disk.home : name => {
        kind          = "disk"
        hub           = local.disks[name].hub
        size_gib      = disk.size
        server        = null
        path          = null
        driver        = "pd.csi.storage.gke.io"
        volume_handle = "projects/${var.gcp.project}/zones/${disk.zone}/disks/${disk.name}"
        fs_type       = "xfs"
        zone          = disk.zone
      }
    },
    {
      for name, share in google_filestore_instance.home : name => {
        kind          = "share"
        hub           = local.shares[name].hub
        size_gib      = share.file_shares[0].capacity_gb
        server        = try(share.networks[0].ip_addresses[0], null)
        path          = "/${share.file_shares[0].name}"
        driver        = null
        volume_handle = null
        fs_type       = null
        zone          = share.location
      }
    },
  )
}

output "buckets" {
  description = "Buckets by name: {name, url, hub}."
  value       = { for name, bucket in google_storage_bucket.this : name => { name = bucket.name, url = "gs://${bucket.name}", hub = var.buckets[name].hub } }
}

output "hub_identities" {
  description = "Workload identities by hub, as the hub module takes them: {namespace, service_account, principal (the cloud's), annotations (of the service account), pod_labels}."
  value = {
    for hub, account in google_service_account.hub : hub => {
      namespace       = hub
      service_account = var.hubs[hub].service_account
      principal       = account.email
      annotations     = tomap({ "iam.gke.io/gcp-service-account" = account.email })
      pod_labels      = tomap({})
    }
  }
}

output "registries" {
  description = "Container registries by name: {url, hub}."
  value       = { for name, registry in google_artifact_registry_repository.this : name => { url = "${var.region}-docker.pkg.dev/${var.gcp.project}/${registry.repository_id}", hub = var.registries[name].hub } }
}

output "billing_export" {
  description = "Where the bill is exported to, or null: {format, project and dataset (Google Cloud), path (s3:// or abfss://, as the fleet's `billing:` takes it)}."
  value       = var.billing_export == null ? null : { format = var.billing_export.format, project = var.gcp.project, dataset = google_bigquery_dataset.billing[0].dataset_id, path = null }
}

output "collector" {
  description = "The identity that reads bills, or null: {namespace, service_account, principal, annotations, pod_labels}."
  value = var.collector == null ? null : {
    namespace       = var.collector.namespace
    service_account = var.collector.service_account
    principal       = google_service_account.collector[0].email
    annotations     = tomap({ "iam.gke.io/gcp-service-account" = google_service_account.collector[0].email })
    pod_labels      = tomap({})
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
