output "cluster_name" {
  description = "The cluster's name in the cloud."
  value       = aws_eks_cluster.this.name
}

output "region" {
  description = "The cloud's region."
  value       = var.region
}

output "kubernetes" {
  description = "How to reach the cluster, for the helm and kubernetes providers and for a kubeconfig: {host, cluster_ca_certificate (PEM), exec = {api_version, command, args, env}}. It holds no secret: `command` asks the cloud for a short-lived token."
  value = {
    host                   = aws_eks_cluster.this.endpoint
    cluster_ca_certificate = base64decode(aws_eks_cluster.this.certificate_authority[0].data)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "aws"
      args        = tolist(["eks", "get-token", "--cluster-name", var.cluster_name, "--region", var.region])
      env         = tomap({})
    }
  }
}

output "kubeconfig_command" {
  description = "The command that writes a kubeconfig for a person."
  value       = "aws eks update-kubeconfig --name ${var.cluster_name} --region ${var.region}"
}

output "node_pools" {
  description = "Node pools by name: {name (the cloud's), purpose, hub, machine_type, min, max, labels (Kubernetes), taints}."
  value = {
    for name, pool in local.pools : name => {
      name         = aws_eks_node_group.this[name].node_group_name
      purpose      = pool.purpose
      hub          = pool.hub
      machine_type = pool.machine_type
      min          = pool.min
      max          = pool.max
      labels       = pool.labels
      taints       = pool.taints
    }
  }
}

output "home_storage" {
  description = "Home storage by name, as the hub module takes it: {kind, hub, size_gib, server and path (NFS, of a share), driver, volume_handle and fs_type (CSI, of a disk), zone}."
  value = merge(
    {
      for name, disk in aws_ebs_volume.home : name => {
        kind          = "disk"
        hub           = local.disks[name].hub
        size_gib      = disk.size
        server        = null
        path          = null
        driver        = "ebs.csi.aws.com"
        volume_handle = disk.id
        fs_type       = "xfs"
        zone          = disk.availability_zone
      }
    },
    {
      for name, share in aws_efs_file_system.home : name => {
        kind          = "share"
        hub           = local.shares[name].hub
        size_gib      = local.shares[name].size_gib
        server        = share.dns_name
        path          = "/"
        driver        = null
        volume_handle = null
        fs_type       = null
        zone          = null
      }
    },
  )
}

output "buckets" {
  description = "Buckets by name: {name, url, hub}."
  value       = { for name, bucket in aws_s3_bucket.this : name => { name = bucket.bucket, url = "s3://${bucket.bucket}", hub = var.buckets[name].hub } }
}

output "hub_identities" {
  description = "Workload identities by hub, as the hub module takes them: {namespace, service_account, principal (the cloud's), annotations (of the service account), pod_labels}."
  value = {
    for name, hub in var.hubs : name => {
      namespace       = name
      service_account = hub.service_account
      principal       = aws_iam_role.workload["hub-${name}"].arn
      annotations     = tomap({ "eks.amazonaws.com/role-arn" = aws_iam_role.workload["hub-${name}"].arn })
      pod_labels      = tomap({})
    }
  }
}

output "registries" {
  description = "Container registries by name: {url, hub}."
  value       = { for name, registry in aws_ecr_repository.this : name => { url = registry.repository_url, hub = var.registries[name].hub } }
}

output "billing_export" {
  description = "Where the bill is exported to, or null: {format, project and dataset (Google Cloud), path (s3:// or abfss://, as the fleet's `billing:` takes it)}."
  value       = var.billing_export == null ? null : { format = var.billing_export.format, project = null, dataset = null, path = "s3://${aws_s3_bucket.billing[0].bucket}/exports/${var.cluster_name}" }
}

output "collector" {
  description = "The identity that reads bills, or null: {namespace, service_account, principal, annotations, pod_labels}."
  value = var.collector == null ? null : {
    namespace       = var.collector.namespace
    service_account = var.collector.service_account
    principal       = aws_iam_role.workload["collector"].arn
    annotations     = tomap({ "eks.amazonaws.com/role-arn" = aws_iam_role.workload["collector"].arn })
    pod_labels      = tomap({})
  }
}

output "cluster_autoscaler" {
  description = "How the support module is to run the cluster autoscaler, or null where the cloud runs its own: {namespace, service_account, annotations, region, cluster_name}."
  value = {
    namespace       = local.workloads["autoscaler"].namespace
    service_account = local.workloads["autoscaler"].service_account
    annotations     = tomap({ "eks.amazonaws.com/role-arn" = aws_iam_role.workload["autoscaler"].arn })
    region          = var.region
    cluster_name    = var.cluster_name
  }
}

output "cost_labels" {
  description = "The cost labels of what belongs to no hub, in the cloud's form."
  value       = local.labels["cluster"]
}
