# Node pools by map: launch templates tag machines and disks, and the autoscaler knows groups that have no node.

mock_provider "aws" {}

variables {
  cluster_name = "northlight"
  region       = "us-west-2"
  zones        = ["us-west-2a"]
  aws          = { account_id = "481516230042" }
  hubs         = { aurora = { community = "northern-sky" } }
  node_pools = {
    core  = { purpose = "core", machine_type = "r7i.large", min = 1, max = 3 }
    users = { purpose = "user", machine_type = "r7i.xlarge", max = 20 }
    gpu   = { purpose = "user", machine_type = "g4dn.xlarge", max = 4, hub = "aurora", gpu = { type = "nvidia-tesla-t4" } }
    dask  = { purpose = "dask", machine_type = "r7g.4xlarge", max = 30, spot = true }
  }
}

run "machines_disks_and_interfaces_are_tagged" {
  command = plan

  assert {
    condition     = toset([for tags in aws_launch_template.this["gpu"].tag_specifications : tags.resource_type]) == toset(["instance", "volume", "network-interface"])
    error_message = "the launch template tags ${join(", ", [for tags in aws_launch_template.this["gpu"].tag_specifications : tags.resource_type])}"
  }
  assert {
    condition     = alltrue([for tags in aws_launch_template.this["gpu"].tag_specifications : tags.tags == tomap({ "2i2c:cluster-name" = "northlight", "2i2c:managed-by" = "hubledger", "2i2c:node-purpose" = "user", "2i2c:hub-name" = "aurora", "2i2c:community" = "northern-sky", Name = "northlight-gpu" })])
    error_message = "GPU machines are tagged ${jsonencode(aws_launch_template.this["gpu"].tag_specifications[0].tags)}"
  }
  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1 && template.block_device_mappings[0].ebs[0].encrypted == "true"])
    error_message = "machines must ask for tokens of the metadata service, keep pods from it, and encrypt their disks"
  }
}

run "a_purpose_decides_labels_and_taints" {
  command = plan

  assert {
    condition     = aws_eks_node_group.this["users"].labels == tomap({ "hub.jupyter.org/node-purpose" = "user", "k8s.dask.org/node-purpose" = "scheduler" })
    error_message = "users are labelled ${jsonencode(aws_eks_node_group.this["users"].labels)}"
  }
  assert {
    condition     = toset([for taint in aws_eks_node_group.this["gpu"].taint : "${taint.key}=${taint.value}:${taint.effect}"]) == toset(["hub.jupyter.org_dedicated=user:NO_SCHEDULE", "nvidia.com/gpu=present:NO_SCHEDULE"])
    error_message = "gpu is tainted ${jsonencode(aws_eks_node_group.this["gpu"].taint)}"
  }
  assert {
    condition     = aws_eks_node_group.this["dask"].capacity_type == "SPOT" && aws_eks_node_group.this["dask"].scaling_config[0].min_size == 0 && aws_eks_node_group.this["dask"].scaling_config[0].max_size == 30
    error_message = "dask must be spot machines, 0 to 30"
  }
}

run "the_image_fits_the_machine" {
  command = plan

  assert {
    condition     = { for name, group in aws_eks_node_group.this : name => group.ami_type } == { core = "AL2023_x86_64_STANDARD", users = "AL2023_x86_64_STANDARD", gpu = "AL2023_x86_64_NVIDIA", dask = "AL2023_ARM_64_STANDARD" }
    error_message = "images are ${jsonencode({ for name, group in aws_eks_node_group.this : name => group.ami_type })}"
  }
}

run "the_autoscaler_knows_groups_without_nodes" {
  command = plan

  assert {
    condition     = toset([for tag in aws_autoscaling_group_tag.template : "${tag.tag[0].key}=${tag.tag[0].value}" if startswith(tag.tag[0].key, "k8s.io/cluster-autoscaler/node-template/taint/k8s.dask.org_dedicated") || strcontains(tag.tag[0].key, "/resources/")]) == toset(["k8s.io/cluster-autoscaler/node-template/taint/k8s.dask.org_dedicated=worker:NoSchedule", "k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu=1"])
    error_message = "tags are ${jsonencode([for tag in aws_autoscaling_group_tag.template : "${tag.tag[0].key}=${tag.tag[0].value}"])}"
  }
  assert {
    condition     = alltrue([for tag in aws_autoscaling_group_tag.template : !tag.tag[0].propagate_at_launch])
    error_message = "what the autoscaler reads must not be machines' tags too"
  }
}

run "the_cluster_is_private_and_safe_from_deletion" {
  command = plan

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.deletion_protection
    error_message = "without authorized ranges the control plane must be private, and the cluster protected"
  }
  assert {
    condition     = toset(keys(aws_subnet.private)) == toset(["us-west-2a", "us-west-2b"]) && length(aws_eks_node_group.this["users"].launch_template) == 1
    error_message = "EKS wants subnets in two zones: ${join(", ", keys(aws_subnet.private))}"
  }
}
