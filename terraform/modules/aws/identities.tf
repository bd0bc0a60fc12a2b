# Who acts in the cloud, by OIDC and without keys: each hub's users, Hubledger's collector, the autoscaler and EKS's add-ons.

locals {
  issuer = trimprefix(aws_eks_cluster.this.identity[0].oidc[0].issuer, "https://")

  # Kubernetes service accounts that may take a role, by the role.
  workloads = merge(
    { for name, hub in var.hubs : "hub-${name}" => { namespace = name, service_account = hub.service_account, labels = "hub/${name}", policy = null, principals = [] } },
    {
      vpc-cni            = { namespace = "kube-system", service_account = "aws-node", labels = "cluster", policy = "AmazonEKS_CNI_Policy", principals = [] }
      aws-ebs-csi-driver = { namespace = "kube-system", service_account = "ebs-csi-controller-sa", labels = "cluster", policy = "service-role/AmazonEBSCSIDriverPolicy", principals = [] }
      autoscaler         = { namespace = "support", service_account = "cluster-autoscaler", labels = "cluster", policy = null, principals = [] }
    },
    var.collector == null ? {} : { collector = { namespace = var.collector.namespace, service_account = var.collector.service_account, labels = "cluster", policy = null, principals = var.collector.principals } },
  )

  # A role's name has up to 64 characters: a longer one ends in six digits of its hash.
  role_names = { for key in keys(local.workloads) : key => length("${var.cluster_name}-${key}") <= 64 ? "${var.cluster_name}-${key}" : "${substr("${var.cluster_name}-${key}", 0, 57)}-${substr(sha1("${var.cluster_name}-${key}"), 0, 6)}" }

  # Buckets a hub may read and write.
  hub_reads  = { for hub in keys(var.hubs) : hub => [for name, bucket in var.buckets : local.bucket_names[name] if bucket.hub == hub || contains(concat(bucket.readers, bucket.writers), hub)] }
  hub_writes = { for hub in keys(var.hubs) : hub => [for name, bucket in var.buckets : local.bucket_names[name] if bucket.hub == hub || contains(bucket.writers, hub)] }
  key_use    = var.encryption_key == null ? [] : [{ Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [var.encryption_key] }]
}

resource "aws_iam_role" "workload" {
  for_each = local.workloads

  name = local.role_names[each.key]
  tags = local.labels[each.value.labels]

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = aws_iam_openid_connect_provider.this.arn }
        Condition = { StringEquals = { "${local.issuer}:sub" = "system:serviceaccount:${each.value.namespace}:${each.value.service_account}", "${local.issuer}:aud" = "sts.amazonaws.com" } }
      }],
      [for arn in each.value.principals : { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = arn } }],
    )
  })
}

resource "aws_iam_role_policy_attachment" "workload" {
  for_each = { for key, workload in local.workloads : key => workload.policy if workload.policy != null }

  role       = aws_iam_role.workload[each.key].name
  policy_arn = "${local.managed}/${each.value}"
}

resource "aws_iam_role_policy" "hub" {
  for_each = { for hub in keys(var.hubs) : hub => local.hub_reads[hub] if length(local.hub_reads[hub]) > 0 }

  name = "buckets"
  role = aws_iam_role.workload["hub-${each.key}"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "List", Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], Resource = [for bucket in each.value : "${local.partition}:s3:::${bucket}"] },
        { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = [for bucket in each.value : "${local.partition}:s3:::${bucket}/*"] },
      ],
      length(local.hub_writes[each.key]) == 0 ? [] : [
        { Sid = "Write", Effect = "Allow", Action = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], Resource = [for bucket in local.hub_writes[each.key] : "${local.partition}:s3:::${bucket}/*"] },
      ],
      local.key_use,
    )
  })
}

resource "aws_iam_role_policy" "autoscaler" {
  #checkov:skip=CKV_AWS_355:what only looks has no resources to name; what changes groups is held to the cluster's own
  name = "scale"
  role = aws_iam_role.workload["autoscaler"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeScalingActivities",
          "autoscaling:DescribeTags", "ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions", "ec2:GetInstanceTypesFromInstanceRequirements", "eks:DescribeNodegroup",
        ]
        Resource = ["*"]
      },
      {
        Sid       = "Scale"
        Effect    = "Allow"
        Action    = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource  = ["${local.partition}:autoscaling:${var.region}:${local.account}:autoScalingGroup:*"]
        Condition = { StringEquals = { "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.cluster_name}" = "owned" } }
      },
    ]
  })
}

# It sees the bill's files, and what Cost Explorer knows; it can change nothing.
resource "aws_iam_role_policy" "collector" {
  #checkov:skip=CKV_AWS_355:Cost Explorer has no resources to name
  #checkov:skip=CKV_AWS_288:reading the bill is what this role is for
  count = var.collector == null ? 0 : 1

  name = "read-bills"
  role = aws_iam_role.workload["collector"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Sid = "CostExplorer", Effect = "Allow", Action = ["ce:GetCostAndUsage", "ce:GetDimensionValues", "ce:GetTags", "ce:ListCostAllocationTags"], Resource = ["*"] }],
      var.billing_export == null ? [] : [
        { Sid = "ListBills", Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = ["${local.partition}:s3:::${local.billing_bucket}"] },
        { Sid = "ReadBills", Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = ["${local.partition}:s3:::${local.billing_bucket}/*"] },
      ],
      var.encryption_key == null ? [] : [{ Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt"], Resource = [var.encryption_key] }],
    )
  })
}
