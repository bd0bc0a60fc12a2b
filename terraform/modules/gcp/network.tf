# A network of the cluster's own: nodes without public addresses, which reach the internet through NAT.

resource "google_compute_network" "this" {
  #checkov:skip=CKV2_GCP_18:GKE makes the firewall rules that its nodes need, and nothing else is let in
  project                 = var.gcp.project
  name                    = var.cluster_name
  auto_create_subnetworks = false

  depends_on = [google_project_service.this]
}

resource "google_compute_subnetwork" "this" {
  #checkov:skip=CKV_GCP_26:flow logs cost by the gigabyte; network.flow_logs turns them on
  project                  = var.gcp.project
  name                     = var.cluster_name
  region                   = var.region
  network                  = google_compute_network.this.id
  ip_cidr_range            = var.network.nodes_cidr
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = var.network.pods_cidr
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = var.network.services_cidr
  }

  dynamic "log_config" {
    for_each = var.network.flow_logs ? [true] : []
    content {
      aggregation_interval = "INTERVAL_10_MIN"
      flow_sampling        = 0.5
      metadata             = "INCLUDE_ALL_METADATA"
    }
  }
}

resource "google_compute_router" "this" {
  project = var.gcp.project
  name    = var.cluster_name
  region  = var.region
  network = google_compute_network.this.id
}

resource "google_compute_router_nat" "this" {
  project                            = var.gcp.project
  name                               = var.cluster_name
  region                             = var.region
  router                             = google_compute_router.this.name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
