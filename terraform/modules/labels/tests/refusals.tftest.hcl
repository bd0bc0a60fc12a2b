# What a cloud would refuse, or what would make a bill say less, is refused before anything is planned.

variables {
  cloud        = "gcp"
  cluster_name = "tidewater"
  hubs         = { estuary = "coastal-modelling" }
  subjects     = { pool = { node_purpose = "user" } }
}

run "an_unknown_cloud" {
  command = plan
  variables {
    cloud = "ovh"
  }
  expect_failures = [var.cloud]
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

run "a_hub_s_name_that_is_no_namespace" {
  command = plan
  variables {
    hubs = { "Prod Hub" = null }
  }
  expect_failures = [var.hubs]
}

run "a_community_in_upper_case" {
  command = plan
  variables {
    community = "Coastal"
  }
  expect_failures = [var.community]
}

run "an_unknown_node_purpose" {
  command = plan
  variables {
    subjects = { pool = { node_purpose = "gpu" } }
  }
  expect_failures = [var.subjects]
}

run "an_unknown_hub" {
  command = plan
  variables {
    subjects = { home = { hub = "meadow", volume_purpose = "home-nfs" } }
  }
  expect_failures = [var.subjects]
}

run "a_prefix_that_google_cloud_does_not_know" {
  command = plan
  variables {
    prefix = "2i2c:"
  }
  expect_failures = [output.labels]
}

run "a_tag_that_begins_with_aws" {
  command = plan
  variables {
    cloud = "aws"
    extra = { "aws:owner" = "me" }
  }
  expect_failures = [output.labels]
}

run "a_slash_in_an_azure_tag" {
  command = plan
  variables {
    cloud = "azure"
    extra = { "team/owner" = "me" }
  }
  expect_failures = [output.labels]
}

run "an_extra_label_in_place_of_a_cost_label" {
  command = plan
  variables {
    extra = { "node-purpose" = "core" }
  }
  expect_failures = [output.labels]
}

run "two_extra_labels_that_become_one" {
  command = plan
  variables {
    extra = { "Cost Centre" = "7", "cost-centre" = "8" }
  }
  expect_failures = [output.labels]
}

run "a_value_that_is_too_long" {
  command = plan
  variables {
    managed_by = "hubledger-hubledger-hubledger-hubledger-hubledger-hubledger-hubledger"
  }
  expect_failures = [output.labels]
}

run "more_tags_than_aws_takes" {
  command = plan
  variables {
    cloud = "aws"
    extra = { for number in range(60) : "tag-${number}" => "x" }
  }
  expect_failures = [output.labels]
}
