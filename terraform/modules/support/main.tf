# What every cluster has beside its hubs: storage.tf (labelled volumes), ingress.tf (certificates and the way in), measurements.tf
# (Prometheus, kube-state-metrics, node-exporter) and, where the cloud needs them, nodes.tf (autoscaler, GPUs).

module "labels" {
  source   = "../labels"
  for_each = toset([var.cloud, "kubernetes"])

  cloud        = each.key
  cluster_name = var.cluster_name
  prefix       = each.key == "kubernetes" || each.key == "gcp" ? null : var.labels.prefix
  managed_by   = var.labels.managed_by
  community    = var.community
  extra        = each.key == "kubernetes" ? {} : var.labels.extra
  subjects     = { cluster = {} }
}

locals {
  labels      = module.labels["kubernetes"].labels["cluster"]
  cost_labels = module.labels[var.cloud].labels["cluster"]
  core_nodes  = { "hub.jupyter.org/node-purpose" = "core" }

  # Everywhere, on nodes of every purpose.
  tolerations = [
    { key = "hub.jupyter.org_dedicated", operator = "Exists", effect = "NoSchedule" },
    { key = "k8s.dask.org_dedicated", operator = "Exists", effect = "NoSchedule" },
    { key = "nvidia.com/gpu", operator = "Exists", effect = "NoSchedule" },
    { key = "kubernetes.azure.com/scalesetpriority", operator = "Exists", effect = "NoSchedule" },
  ]
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name   = var.namespace
    labels = local.labels
  }
}

resource "kubernetes_service_account_v1" "collector" {
  count = var.collector == null ? 0 : 1

  metadata {
    name        = var.collector.service_account
    namespace   = var.collector.namespace
    annotations = var.collector.annotations
    labels      = local.labels
  }

  automount_service_account_token = false

  depends_on = [kubernetes_namespace_v1.this]
}
