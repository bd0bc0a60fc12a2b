# The cluster: a private control plane unless ranges are named, access by IAM, workload identity by OIDC.

resource "aws_cloudwatch_log_group" "cluster" {
  #checkov:skip=CKV_AWS_158:encrypted by the cloud's key; a key of one's own must first allow the service
  #checkov:skip=CKV_AWS_338:how long logs are kept is the operator's choice (aws.control_plane_log_days), since they cost
  count = var.aws.control_plane_log_days > 0 ? 1 : 0

  name              = "/aws/eks/${var.cluster_name}/cluster"
  retention_in_days = var.aws.control_plane_log_days
  tags              = local.labels["cluster"]
}

resource "aws_iam_role" "cluster" {
  name               = "${var.cluster_name}-cluster"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }] })
  tags               = local.labels["cluster"]
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.managed}/AmazonEKSClusterPolicy"
}

resource "aws_eks_cluster" "this" {
  #checkov:skip=CKV_AWS_58:EKS encrypts secrets by the cloud's key, or by encryption_key
  #checkov:skip=CKV_AWS_39:public only to network.authorized_ranges, which may not be everyone
  #checkov:skip=CKV_AWS_38:public only to network.authorized_ranges, which may not be everyone
  #checkov:skip=CKV_AWS_37:all kinds of logs are on, unless aws.control_plane_log_days is 0
  name                          = var.cluster_name
  role_arn                      = aws_iam_role.cluster.arn
  version                       = var.kubernetes_version
  deletion_protection           = var.deletion_protection
  bootstrap_self_managed_addons = false
  enabled_cluster_log_types     = var.aws.control_plane_log_days > 0 ? ["api", "audit", "authenticator", "controllerManager", "scheduler"] : []
  tags                          = local.labels["cluster"]

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = true
  }

  upgrade_policy {
    support_type = var.release_channel == "extended" ? "EXTENDED" : "STANDARD"
  }

  kubernetes_network_config {
    service_ipv4_cidr = var.network.services_cidr
  }

  vpc_config {
    subnet_ids              = [for subnet in aws_subnet.private : subnet.id]
    endpoint_private_access = true
    endpoint_public_access  = length(var.network.authorized_ranges) > 0
    public_access_cidrs     = length(var.network.authorized_ranges) > 0 ? values(var.network.authorized_ranges) : null
  }

  dynamic "encryption_config" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      resources = ["secrets"]
      provider {
        key_arn = encryption_config.value
      }
    }
  }

  depends_on = [aws_iam_role_policy_attachment.cluster, aws_cloudwatch_log_group.cluster]
}

resource "aws_iam_openid_connect_provider" "this" {
  url            = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
  tags           = local.labels["cluster"]
}

locals {
  people = merge({ for arn in var.aws.admins : arn => "AmazonEKSClusterAdminPolicy" }, { for arn in var.aws.viewers : arn => "AmazonEKSAdminViewPolicy" })
}

resource "aws_eks_access_entry" "this" {
  for_each = local.people

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.key
  tags          = local.labels["cluster"]
}

resource "aws_eks_access_policy_association" "this" {
  for_each = local.people

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.this[each.key].principal_arn
  policy_arn    = "${local.partition}:eks::aws:cluster-access-policy/${each.value}"

  access_scope {
    type = "cluster"
  }
}
