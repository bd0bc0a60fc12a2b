# What some clouds leave to us: adding and removing nodes (AWS), and telling Kubernetes of GPUs (AWS, Azure).

resource "helm_release" "cluster_autoscaler" {
  count = var.cluster_autoscaler == null ? 0 : 1

  name       = "cluster-autoscaler"
  namespace  = var.cluster_autoscaler.namespace
  repository = var.charts.cluster_autoscaler.repository
  chart      = "cluster-autoscaler"
  version    = var.charts.cluster_autoscaler.version
  atomic     = true

  values = [yamlencode({
    cloudProvider = "aws"
    awsRegion     = var.cluster_autoscaler.region
    autoDiscovery = { clusterName = var.cluster_autoscaler.cluster_name }
    nodeSelector  = local.core_nodes
    rbac          = { serviceAccount = { create = true, name = var.cluster_autoscaler.service_account, annotations = var.cluster_autoscaler.annotations } }
    extraArgs = {
      expander                      = "least-waste"
      "skip-nodes-with-system-pods" = false
      "scale-down-unneeded-time"    = "10m"
    }
  })]

  lifecycle {
    precondition {
      condition     = var.cluster_autoscaler.namespace == var.namespace
      error_message = "cluster_autoscaler.namespace must be namespace (${var.namespace}): the cloud's role trusts that one alone."
    }
  }

  depends_on = [kubernetes_namespace_v1.this]
}

resource "helm_release" "gpu_device_plugin" {
  count = var.gpus && var.cloud != "gcp" ? 1 : 0

  name       = "gpu-device-plugin"
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = var.charts.gpu_device_plugin.repository
  chart      = "nvidia-device-plugin"
  version    = var.charts.gpu_device_plugin.version
  atomic     = true

  # It runs where the label nvidia.com/gpu.present is, which pools with GPUs carry.
  values = [yamlencode({ tolerations = local.tolerations })]
}
