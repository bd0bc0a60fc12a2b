# The cluster: VPC-native, private nodes, workload identity, costs by namespace in the bill, no default pool.

locals {
  location      = coalesce(var.gcp.zone, var.region)
  workload_pool = "${var.gcp.project}.svc.id.goog"
}

resource "google_container_cluster" "this" {
  #checkov:skip=CKV_GCP_12:network policies are enforced by the advanced datapath
  #checkov:skip=CKV_GCP_21:the labels are those of the labels module
  #checkov:skip=CKV_GCP_65:access goes by IAM; a Google group for RBAC belongs to an organization that the module can't know
  #checkov:skip=CKV_GCP_66:hubs run images that their users choose, so binary authorization would refuse them
  project    = var.gcp.project
  name       = var.cluster_name
  location   = local.location
  network    = google_compute_network.this.id
  subnetwork = google_compute_subnetwork.this.id

  node_locations = length(setsubtract(var.zones, [local.location])) > 0 ? setsubtract(var.zones, [local.location]) : null # beside the control plane's own

  resource_labels     = local.labels["cluster"]
  deletion_protection = var.deletion_protection
  min_master_version  = var.kubernetes_version

  # A cluster can't be made without a pool: this one lives for a minute.
  remove_default_node_pool = true
  initial_node_count       = 1

  networking_mode             = "VPC_NATIVE"
  datapath_provider           = "ADVANCED_DATAPATH" # enforces network policies
  enable_intranode_visibility = true
  enable_shielded_nodes       = true
  enable_legacy_abac          = false

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = length(var.network.authorized_ranges) == 0
    master_ipv4_cidr_block  = var.network.control_plane_cidr
  }

  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false

    dynamic "cidr_blocks" {
      for_each = var.network.authorized_ranges
      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  workload_identity_config {
    workload_pool = local.workload_pool
  }

  release_channel {
    channel = upper(var.release_channel)
  }

  maintenance_policy {
    daily_maintenance_window {
      start_time = var.maintenance_start
    }
  }

  cost_management_config {
    enabled = true # the bill then names namespaces
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]

    managed_prometheus {
      enabled = false # the support module's Prometheus measures
    }
  }

  security_posture_config {
    mode               = "BASIC"
    vulnerability_mode = "VULNERABILITY_DISABLED"
  }

  addons_config {
    horizontal_pod_autoscaling {
      disabled = false
    }
    http_load_balancing {
      disabled = false
    }
    gce_persistent_disk_csi_driver_config {
      enabled = true
    }
    gcp_filestore_csi_driver_config {
      enabled = length(local.shares) > 0
    }
    gcs_fuse_csi_driver_config {
      enabled = length(var.buckets) > 0
    }
  }

  # The pool that lives for a minute, which no pool of ours is.
  node_config {
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    resource_labels = local.labels["cluster"]

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  dynamic "database_encryption" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      state    = "ENCRYPTED"
      key_name = database_encryption.value
    }
  }

  lifecycle {
    ignore_changes = [initial_node_count, node_config]
  }

  depends_on = [google_project_iam_member.nodes]
}
