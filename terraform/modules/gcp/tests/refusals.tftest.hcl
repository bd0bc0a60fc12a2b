# What can't work, or would cost what nobody sees, is refused before anything is planned; the message says what is wrong and where.

mock_provider "google" {}

variables {
  cluster_name = "tidewater"
  region       = "us-central1"
  gcp          = { project = "tidewater-hubs" }
  hubs         = { estuary = {} }
  node_pools   = { core = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 } }
}

run "a_cluster_s_name_with_a_slash" {
  command = plan
  variables {
    cluster_name = "tide/water"
  }
  expect_failures = [var.cluster_name]
}

run "a_cluster_s_name_in_upper_case" {
  command = plan
  variables {
    cluster_name = "Tidewater"
  }
  expect_failures = [var.cluster_name]
}

run "a_region_of_another_cloud" {
  command = plan
  variables {
    region = "us-west-2"
  }
  expect_failures = [var.region]
}

run "a_machine_type_of_another_cloud" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "Standard_E4s_v5", min = 1, max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "a_machine_type_that_is_none" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "large", min = 1, max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "an_unknown_purpose" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 }, gpu = { purpose = "gpu", machine_type = "n2-highmem-2", max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "more_nodes_at_least_than_at_most" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "n2-highmem-2", min = 4, max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "no_core_pool_that_keeps_a_node" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "n2-highmem-2", min = 0, max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "a_pool_of_an_unknown_hub" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 }, users = { purpose = "user", machine_type = "n2-highmem-2", max = 3, hub = "meadow" } }
  }
  expect_failures = [var.node_pools]
}

run "a_hub_s_name_that_is_no_namespace" {
  command = plan
  variables {
    hubs = { "Prod Hub" = {} }
  }
  expect_failures = [var.hubs]
}

run "a_disk_for_nobody" {
  command = plan
  variables {
    home_storage = { homes = { kind = "disk", size_gib = 100 } }
  }
  expect_failures = [var.home_storage]
}

run "an_unknown_kind_of_home_storage" {
  command = plan
  variables {
    home_storage = { homes = { kind = "tape", hub = "estuary", size_gib = 100 } }
  }
  expect_failures = [var.home_storage]
}

run "a_bucket_for_an_unknown_hub" {
  command = plan
  variables {
    buckets = { scratch = { readers = ["meadow"] } }
  }
  expect_failures = [var.buckets]
}

run "a_bucket_that_expires_at_once" {
  command = plan
  variables {
    buckets = { scratch = { expire_days = 0 } }
  }
  expect_failures = [var.buckets]
}

run "a_control_plane_open_to_everyone" {
  command = plan
  variables {
    network = { authorized_ranges = { everyone = "0.0.0.0/0" } }
  }
  expect_failures = [var.network]
}

run "a_budget_that_tells_nobody" {
  command = plan
  variables {
    budget = { monthly_amount = 100, emails = [] }
  }
  expect_failures = [var.budget]
}

run "an_unknown_format_of_the_bill" {
  command = plan
  variables {
    billing_export = { format = "excel" }
  }
  expect_failures = [var.billing_export]
}

run "an_unknown_release_channel" {
  command = plan
  variables {
    release_channel = "nightly"
  }
  expect_failures = [var.release_channel]
}

run "a_share_smaller_than_its_tier" {
  command = plan
  variables {
    home_storage = { homes = { kind = "share", size_gib = 100 } }
  }
  expect_failures = [google_filestore_instance.home]
}

run "a_project_that_is_none" {
  command = plan
  variables {
    gcp = { project = "Tidewater Hubs" }
  }
  expect_failures = [var.gcp]
}

run "a_zone_outside_the_region" {
  command = plan
  variables {
    gcp = { project = "tidewater-hubs", zone = "europe-west1-b" }
  }
  expect_failures = [var.gcp]
}

run "a_budget_without_a_billing_account" {
  command = plan
  variables {
    budget = { monthly_amount = 100, emails = ["costs@openhubs.example"] }
  }
  expect_failures = [var.gcp]
}
