# What usage is measured with. Prometheus sees a server's user, so that it can count users: the name stays there, and so it is
# not open to the world. Hubledger reaches it from within the cluster, or through `kubectl port-forward`.

resource "helm_release" "prometheus" {
  name       = "prometheus"
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = var.charts.prometheus.repository
  chart      = "prometheus"
  version    = var.charts.prometheus.version
  atomic     = true
  timeout    = 900

  values = [yamlencode({
    alertmanager             = { enabled = false }
    "prometheus-pushgateway" = { enabled = false }

    server = {
      global           = { external_labels = { cluster = var.cluster_name } }
      retention        = "${var.prometheus.retention_days}d"
      retentionSize    = "${floor(var.prometheus.size_gib * 0.9)}GB"
      strategy         = { type = "Recreate" } # its disk can be with one pod alone
      nodeSelector     = local.core_nodes
      service          = { type = "ClusterIP" }
      ingress          = { enabled = false }
      persistentVolume = { size = "${var.prometheus.size_gib}Gi", storageClass = kubernetes_storage_class_v1.this.metadata[0].name }
      resources        = { requests = { cpu = "200m", memory = "${var.prometheus.memory_gib}Gi" }, limits = { memory = "${var.prometheus.memory_gib}Gi" } }
      podLabels        = { "hub.jupyter.org/network-access-hub" = "true" } # to scrape hubs
    }

    "kube-state-metrics" = {
      nodeSelector = local.core_nodes
      metricLabelsAllowlist = [
        "nodes=[hub.jupyter.org/node-purpose,k8s.dask.org/node-purpose,cloud.google.com/gke-nodepool,alpha.eksctl.io/nodegroup-name,eks.amazonaws.com/nodegroup,kubernetes.azure.com/agentpool,agentpool,node.kubernetes.io/instance-type,topology.kubernetes.io/zone]",
        "pods=[app,component]",
      ]
      metricAnnotationsAllowList = ["pods=[hub.jupyter.org/username]"]
    }

    "prometheus-node-exporter" = { tolerations = local.tolerations }
  })]
}
