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
      labels = merge(local.purposes[pool.purpose].labels, pool.hub == null ? {} : { "2i2c.org/hub-name" = pool.hub }, pool.gpu == null ? {} : { "nvidia.com/gpu.present" = "true" }, pool.labels)
      taints = concat(local.purposes[pool.purpose].taints, pool.gpu == null ? [] : [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }], pool.taints)
    })
  }
  effects = { NoSchedule = "NO_SCHEDULE", PreferNoSchedule = "PREFER_NO_SCHEDULE", NoExecute = "NO_EXECUTE" }

  # Graviton machines, and those with NVIDIA's GPUs, have images of their own.
  arm = { for name, pool in local.pools : name => can(regex("^[a-z]+[0-9]+g[a-z]*[.]", pool.machine_type)) }
  images = {
    for name, pool in local.pools : name => pool.gpu == null ? (local.arm[name] ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD") : (local.arm[name] ? "AL2023_ARM_64_NVIDIA" : "AL2023_x86_64_NVIDIA")
  }

  # What the autoscaler reads of a group that has no node yet, to know what a new one would be.
  templates = merge([
    for name, pool in local.pools : merge(
      { for key, value in pool.labels : "${name}/label/${key}" => { pool = name, key = "k8s.io/cluster-autoscaler/node-template/label/${key}", value = value } },
      { for taint in pool.taints : "${name}/taint/${taint.key}" => { pool = name, key = "k8s.io/cluster-autoscaler/node-template/taint/${taint.key}", value = "${taint.value}:${taint.effect}" } },
      pool.gpu == null ? {} : { "${name}/resource/gpu" = { pool = name, key = "k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu", value = tostring(pool.gpu.count) } },
    )
  ]...)
}

resource "aws_iam_role" "nodes" {
  name               = "${var.cluster_name}-nodes"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
  tags               = local.labels["cluster"]
}

resource "aws_iam_role_policy_attachment" "nodes" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"])

  role       = aws_iam_role.nodes.name
  policy_arn = "${local.managed}/${each.key}"
}

# EKS tags a group, not its machines: the launch template tags those, their disks and their network interfaces.
resource "aws_launch_template" "this" {
  for_each = local.pools

  name                   = "${var.cluster_name}-${each.key}"
  update_default_version = true
  tags                   = local.labels["pool/${each.key}"]

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = each.value.disk_gib
      volume_type           = coalesce(each.value.disk_type, "gp3")
      encrypted             = "true"
      kms_key_id            = var.encryption_key
      delete_on_termination = "true"
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1 # pods can't take the node's role
    instance_metadata_tags      = "disabled"
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]
    content {
      resource_type = tag_specifications.value
      tags          = merge(local.labels["pool/${each.key}"], { Name = "${var.cluster_name}-${each.key}" })
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.pools

  cluster_name    = aws_eks_cluster.this.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.nodes.arn
  version         = each.value.kubernetes_version
  instance_types  = [each.value.machine_type]
  capacity_type   = each.value.spot ? "SPOT" : "ON_DEMAND"
  ami_type        = local.images[each.key]
  subnet_ids      = [for zone in(length(each.value.zones) > 0 ? each.value.zones : local.node_zones) : aws_subnet.private[zone].id]
  labels          = each.value.labels
  tags            = local.labels["pool/${each.key}"]

  scaling_config {
    min_size     = each.value.min
    max_size     = each.value.max
    desired_size = each.value.min
  }

  update_config {
    max_unavailable = 1
  }

  node_repair_config {
    enabled = true
  }

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = tostring(aws_launch_template.this[each.key].latest_version)
  }

  dynamic "taint" {
    for_each = each.value.taints
    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = local.effects[taint.value.effect]
    }
  }

  lifecycle {
    # How many nodes there are is the autoscaler's.
    ignore_changes = [scaling_config[0].desired_size]

    precondition {
      condition     = alltrue([for zone in each.value.zones : contains(local.subnet_zones, zone)])
      error_message = "node_pools.${each.key}: zones must be among those of the cluster: ${join(", ", local.subnet_zones)}."
    }
  }

  depends_on = [aws_iam_role_policy_attachment.nodes, aws_eks_addon.before_nodes]
}

resource "aws_autoscaling_group_tag" "template" {
  for_each = local.templates

  autoscaling_group_name = aws_eks_node_group.this[each.value.pool].resources[0].autoscaling_groups[0].name

  tag {
    key                 = each.value.key
    value               = each.value.value
    propagate_at_launch = false
  }
}
