# Node pools by map: what they are for decides labels, taints and cost labels.

mock_provider "google" {}

variables {
  cluster_name = "tidewater"
  region       = "us-central1"
  gcp          = { project = "tidewater-hubs", zone = "us-central1-b" }
  hubs         = { estuary = { community = "coastal-modelling" } }
  node_pools = {
    core  = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 }
    users = { purpose = "user", machine_type = "n2-highmem-4", max = 20, labels = { size = "small" } }
    gpu   = { purpose = "user", machine_type = "n1-standard-8", max = 4, hub = "estuary", gpu = { type = "nvidia-tesla-t4", count = 2 } }
    dask  = { purpose = "dask", machine_type = "n2-highmem-16", max = 30, spot = true, taints = [{ key = "experiment", value = "yes", effect = "NoExecute" }] }
  }
}

run "a_pool_is_made_for_each" {
  command = plan

  assert {
    condition     = toset(keys(google_container_node_pool.this)) == toset(["core", "users", "gpu", "dask"])
    error_message = "pools are ${join(", ", keys(google_container_node_pool.this))}"
  }
  assert {
    condition     = google_container_node_pool.this["users"].autoscaling[0].total_min_node_count == 0 && google_container_node_pool.this["users"].autoscaling[0].total_max_node_count == 20
    error_message = "users scale otherwise than from 0 to 20"
  }
}

run "a_purpose_decides_labels_and_taints" {
  command = plan

  assert {
    condition     = google_container_node_pool.this["users"].node_config[0].labels == tomap({ "hub.jupyter.org/node-purpose" = "user", "k8s.dask.org/node-purpose" = "scheduler", size = "small" })
    error_message = "users are labelled ${jsonencode(google_container_node_pool.this["users"].node_config[0].labels)}"
  }
  assert {
    condition     = google_container_node_pool.this["users"].node_config[0].taint[0].key == "hub.jupyter.org_dedicated" && google_container_node_pool.this["users"].node_config[0].taint[0].value == "user" && google_container_node_pool.this["users"].node_config[0].taint[0].effect == "NO_SCHEDULE"
    error_message = "users are tainted ${jsonencode(google_container_node_pool.this["users"].node_config[0].taint)}"
  }
  assert {
    condition     = [for taint in google_container_node_pool.this["dask"].node_config[0].taint : "${taint.key}=${taint.value}:${taint.effect}"] == ["k8s.dask.org_dedicated=worker:NO_SCHEDULE", "experiment=yes:NO_EXECUTE"]
    error_message = "dask is tainted ${jsonencode(google_container_node_pool.this["dask"].node_config[0].taint)}"
  }
  assert {
    condition     = length(google_container_node_pool.this["core"].node_config[0].taint) == 0
    error_message = "core is tainted"
  }
}

run "machines_carry_cost_labels" {
  command = plan

  assert {
    condition     = google_container_node_pool.this["users"].node_config[0].resource_labels == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger", "node-purpose" = "user" })
    error_message = "users' machines carry ${jsonencode(google_container_node_pool.this["users"].node_config[0].resource_labels)}"
  }
  assert {
    condition     = google_container_node_pool.this["gpu"].node_config[0].resource_labels == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger", "node-purpose" = "user", "hub-name" = "estuary", "community" = "coastal-modelling" })
    error_message = "GPU machines carry ${jsonencode(google_container_node_pool.this["gpu"].node_config[0].resource_labels)}"
  }
  assert {
    condition     = google_container_cluster.this.resource_labels == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger" })
    error_message = "the cluster carries ${jsonencode(google_container_cluster.this.resource_labels)}"
  }
}

run "gpus_and_spot_machines_are_asked_for" {
  command = plan

  assert {
    condition     = google_container_node_pool.this["gpu"].node_config[0].guest_accelerator[0].type == "nvidia-tesla-t4" && google_container_node_pool.this["gpu"].node_config[0].guest_accelerator[0].count == 2
    error_message = "the GPU pool has no two T4"
  }
  assert {
    condition     = google_container_node_pool.this["dask"].node_config[0].spot && !google_container_node_pool.this["users"].node_config[0].spot
    error_message = "dask and no other pool must be spot"
  }
}

run "the_cluster_is_private_and_safe_from_deletion" {
  command = plan

  assert {
    condition     = google_container_cluster.this.private_cluster_config[0].enable_private_endpoint && google_container_cluster.this.deletion_protection && google_container_cluster.this.cost_management_config[0].enabled
    error_message = "without authorized ranges the control plane must be private; the cluster must be protected, and its costs told by namespace"
  }
  assert {
    condition     = google_container_cluster.this.location == "us-central1-b" && google_container_cluster.this.release_channel[0].channel == "REGULAR"
    error_message = "the cluster is in ${google_container_cluster.this.location}, on channel ${google_container_cluster.this.release_channel[0].channel}"
  }
}

run "named_ranges_open_the_control_plane_to_them_alone" {
  command = plan
  variables {
    network = { authorized_ranges = { office = "192.0.2.0/24" } }
  }
  assert {
    condition     = !google_container_cluster.this.private_cluster_config[0].enable_private_endpoint && [for block in google_container_cluster.this.master_authorized_networks_config[0].cidr_blocks : block.cidr_block] == ["192.0.2.0/24"]
    error_message = "the control plane must be open to 192.0.2.0/24 alone"
  }
}
