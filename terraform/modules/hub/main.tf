# A JupyterHub at https://<domain>: the zero-to-jupyterhub chart (hub.tf), its home directories (homes.tf) and, if asked for, a
# Dask gateway (dask.tf), in a namespace that carries the cost labels.

module "labels" {
  source = "../labels"

  cloud        = "kubernetes"
  cluster_name = var.cluster_name
  hubs         = { (var.name) = var.community }
  subjects = {
    hub  = { hub = var.name }
    home = { hub = var.name, volume_purpose = "home-nfs" }
  }
}

locals {
  labels    = module.labels.labels
  namespace = kubernetes_namespace_v1.this.metadata[0].name
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name   = var.name
    labels = local.labels["hub"]
  }
}

# Users' servers act as this in the cloud; in Kubernetes it may do nothing.
resource "kubernetes_service_account_v1" "user" {
  metadata {
    name        = var.identity.service_account
    namespace   = local.namespace
    annotations = var.identity.annotations
    labels      = local.labels["hub"]
  }

  automount_service_account_token = false
}
