# The labels of one node pool and one home disk, in the form of each cloud.

variables {
  cluster_name = "tidewater"
  hubs         = { estuary = "coastal-modelling", staging = null }
  extra        = { "Cost Centre" = "R&D 7" }
  subjects = {
    cluster = {}
    pool    = { node_purpose = "user" }
    home    = { hub = "estuary", volume_purpose = "home-nfs" }
  }
}

run "google_cloud_has_lower_case_labels_without_prefix" {
  command = plan
  variables {
    cloud = "gcp"
  }
  assert {
    condition     = output.labels["home"] == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger", "hub-name" = "estuary", "community" = "coastal-modelling", "volume-purpose" = "home-nfs", "cost-centre" = "r-d-7" })
    error_message = "the home disk's labels are ${jsonencode(output.labels["home"])}"
  }
  assert {
    condition     = output.labels["pool"] == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger", "node-purpose" = "user", "cost-centre" = "r-d-7" })
    error_message = "the pool's labels are ${jsonencode(output.labels["pool"])}"
  }
}

run "aws_has_tags_with_the_prefix" {
  command = plan
  variables {
    cloud = "aws"
    extra = { "Cost Centre" = "R+D 7" }
  }
  assert {
    condition     = output.labels["home"] == tomap({ "2i2c:cluster-name" = "tidewater", "2i2c:managed-by" = "hubledger", "2i2c:hub-name" = "estuary", "2i2c:community" = "coastal-modelling", "2i2c:volume-purpose" = "home-nfs", "Cost Centre" = "R+D 7" })
    error_message = "the home disk's tags are ${jsonencode(output.labels["home"])}"
  }
  assert {
    condition     = contains(output.cost_keys, "2i2c:node-purpose")
    error_message = "the keys to activate are ${jsonencode(output.cost_keys)}"
  }
}

run "azure_has_tags_with_another_prefix" {
  command = plan
  variables {
    cloud  = "azure"
    prefix = "acme."
  }
  assert {
    condition     = output.labels["cluster"] == tomap({ "acme.cluster-name" = "tidewater", "acme.managed-by" = "hubledger", "Cost Centre" = "R&D 7" })
    error_message = "the cluster's tags are ${jsonencode(output.labels["cluster"])}"
  }
}

run "kubernetes_has_labels_of_a_domain" {
  command = plan
  variables {
    cloud = "kubernetes"
    extra = {}
  }
  assert {
    condition     = output.labels["home"]["2i2c.org/hub-name"] == "estuary"
    error_message = "the home volume's labels are ${jsonencode(output.labels["home"])}"
  }
}

run "a_prefix_may_be_empty" {
  command = plan
  variables {
    cloud  = "aws"
    prefix = ""
    extra  = {}
  }
  assert {
    condition     = output.labels["cluster"] == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger" })
    error_message = "the cluster's tags are ${jsonencode(output.labels["cluster"])}"
  }
}

run "a_community_of_the_whole_cluster_does_not_pay_for_another_s_hub" {
  command = plan
  variables {
    cloud     = "gcp"
    community = "northern-sky"
  }
  assert {
    condition     = output.labels["cluster"]["community"] == "northern-sky" && output.labels["home"]["community"] == "coastal-modelling"
    error_message = "community is ${output.labels["cluster"]["community"]} and ${output.labels["home"]["community"]}"
  }
}
