# What only this cloud refuses, and once what every cloud does: the gcp module's tests have each of those apart.

mock_provider "azurerm" {}

variables {
  cluster_name = "tidewater"
  region       = "westeurope"
  azure        = { subscription_id = "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90", tenant_id = "0a5f1d6e-3f7b-4a51-8a59-6f1c0d2b9e77" }
  hubs         = { estuary = {} }
  node_pools   = { core = { purpose = "core", machine_type = "Standard_E2s_v5", min = 1, max = 3 } }
}

run "what_is_wrong_in_every_cloud" {
  command = plan
  variables {
    cluster_name    = "Tide/water"
    region          = "us-west-2"
    node_pools      = { core = { purpose = "core", machine_type = "Standard_E2s_v5", min = 4, max = 3 } }
    home_storage    = { homes = { kind = "disk", size_gib = 100 } }
    buckets         = { scratch = { readers = ["meadow"] } }
    network         = { authorized_ranges = { everyone = "0.0.0.0/0" } }
    budget          = { monthly_amount = 100, emails = [] }
    billing_export  = { format = "excel" }
    release_channel = "nightly"
  }
  expect_failures = [var.cluster_name, var.region, var.node_pools, var.home_storage, var.buckets, var.network, var.budget, var.billing_export, var.release_channel]
}

run "a_machine_type_of_another_cloud" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "r7i.large", min = 1, max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "a_subscription_that_is_none" {
  command = plan
  variables {
    azure = { subscription_id = "basalt", tenant_id = "0a5f1d6e-3f7b-4a51-8a59-6f1c0d2b9e77" }
  }
  expect_failures = [var.azure]
}

run "a_share_smaller_than_azure_has" {
  command = plan
  variables {
    home_storage = { homes = { kind = "share", size_gib = 50 } }
  }
  expect_failures = [azurerm_storage_share.home]
}

run "a_system_pool_with_a_taint" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "Standard_E2s_v5", min = 1, max = 3, taints = [{ key = "a", value = "b" }] } }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}
