# What EKS itself adds to the cluster. Volumes that pods ask for are tagged by the driver that makes them.

locals {
  addons = {
    vpc-cni            = { role = "vpc-cni", values = { enableNetworkPolicy = "true" } }
    kube-proxy         = { role = null, values = null }
    coredns            = { role = null, values = null }
    aws-ebs-csi-driver = { role = "aws-ebs-csi-driver", values = { controller = { extraVolumeTags = local.labels["cluster"] } } }
  }
}

# Nodes need their network before they are ready, so these come before the pools.
resource "aws_eks_addon" "before_nodes" {
  for_each = { for name, addon in local.addons : name => addon if contains(["vpc-cni", "kube-proxy"], name) }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.aws.addon_versions, each.key, null)
  service_account_role_arn    = each.value.role == null ? null : aws_iam_role.workload[each.value.role].arn
  configuration_values        = each.value.values == null ? null : jsonencode(each.value.values)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = local.labels["cluster"]
}

resource "aws_eks_addon" "after_nodes" {
  for_each = { for name, addon in local.addons : name => addon if !contains(["vpc-cni", "kube-proxy"], name) }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.aws.addon_versions, each.key, null)
  service_account_role_arn    = each.value.role == null ? null : aws_iam_role.workload[each.value.role].arn
  configuration_values        = each.value.values == null ? null : jsonencode(each.value.values)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = local.labels["cluster"]

  depends_on = [aws_eks_node_group.this]
}
