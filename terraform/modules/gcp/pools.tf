# Node pools: machines and their disks carry the cost labels of what they are for.

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
      labels = merge(local.purposes[pool.purpose].labels, pool.hub == null ? {} : { "2i2c.org/hub-name" = pool.hub }, pool.labels)
      taints = concat(local.purposes[pool.purpose].taints, pool.taints)
    })
  }
  effects = { NoSchedule = "NO_SCHEDULE", PreferNoSchedule = "PREFER_NO_SCHEDULE", NoExecute = "NO_EXECUTE" }
}

resource "google_container_node_pool" "this" {
  #checkov:skip=CKV_GCP_68:secure boot is on, unless a pool has GPUs, whose driver is not signed
  for_each = local.pools

  project        = var.gcp.project
  name           = each.key
  cluster        = google_container_cluster.this.id
  version        = each.value.kubernetes_version
  node_locations = length(each.value.zones) > 0 ? each.value.zones : null

  autoscaling {
    total_min_node_count = each.value.min
    total_max_node_count = each.value.max
    location_policy      = each.value.spot || each.value.gpu != null ? "ANY" : "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  node_config {
    machine_type      = each.value.machine_type
    image_type        = "COS_CONTAINERD"
    spot              = each.value.spot
    disk_size_gb      = each.value.disk_gib
    disk_type         = coalesce(each.value.disk_type, "pd-balanced")
    boot_disk_kms_key = var.encryption_key
    service_account   = google_service_account.nodes.email
    oauth_scopes      = ["https://www.googleapis.com/auth/cloud-platform"]
    labels            = each.value.labels
    resource_labels   = local.labels["pool/${each.key}"]
    metadata          = { disable-legacy-endpoints = "true" }

    dynamic "guest_accelerator" {
      for_each = each.value.gpu == null ? [] : [each.value.gpu]
      content {
        type  = guest_accelerator.value.type
        count = guest_accelerator.value.count

        gpu_driver_installation_config {
          gpu_driver_version = "DEFAULT"
        }
      }
    }

    dynamic "taint" {
      for_each = each.value.taints
      content {
        key    = taint.value.key
        value  = taint.value.value
        effect = local.effects[taint.value.effect]
      }
    }

    shielded_instance_config {
      enable_secure_boot          = each.value.gpu == null
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    # How many nodes there are is the autoscaler's.
    ignore_changes = [initial_node_count]
  }
}
