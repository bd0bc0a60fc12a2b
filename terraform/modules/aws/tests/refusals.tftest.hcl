# What only this cloud refuses, and once what every cloud does: the gcp module's tests have each of those apart.

mock_provider "aws" {}

variables {
  cluster_name = "tidewater"
  region       = "us-west-2"
  aws          = { account_id = "481516230042" }
  hubs         = { estuary = {} }
  node_pools   = { core = { purpose = "core", machine_type = "r7i.large", min = 1, max = 3 } }
}

run "what_is_wrong_in_every_cloud" {
  command = plan
  variables {
    cluster_name    = "Tide/water"
    region          = "westeurope"
    node_pools      = { core = { purpose = "core", machine_type = "r7i.large", min = 4, max = 3 } }
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
    node_pools = { core = { purpose = "core", machine_type = "n2-highmem-4", min = 1, max = 3 } }
  }
  expect_failures = [var.node_pools]
}

run "an_account_that_is_none" {
  command = plan
  variables {
    aws = { account_id = "tidewater" }
  }
  expect_failures = [var.aws]
}

run "a_pool_in_a_zone_without_a_subnet" {
  command = plan
  variables {
    node_pools = { core = { purpose = "core", machine_type = "r7i.large", min = 1, max = 3, zones = ["us-west-2d"] } }
  }
  expect_failures = [aws_eks_node_group.this]
}
