# The storage class of the volumes that pods ask for (hubs' databases, Prometheus): the cloud's disks carry the cost labels.

locals {
  classes = {
    gcp = {
      provisioner = "pd.csi.storage.gke.io"
      parameters  = { type = "pd-balanced", labels = join(",", [for name, value in local.cost_labels : "${name}=${value}"]) }
    }
    aws = {
      provisioner = "ebs.csi.aws.com"
      parameters  = merge({ type = "gp3", encrypted = "true" }, { for index, name in sort(keys(local.cost_labels)) : "tagSpecification_${index + 1}" => "${name}=${local.cost_labels[name]}" })
    }
    azure = {
      provisioner = "disk.csi.azure.com"
      parameters  = { skuName = "StandardSSD_LRS", tags = join(",", [for name, value in local.cost_labels : "${name}=${value}"]) }
    }
  }
}

resource "kubernetes_storage_class_v1" "this" {
  metadata {
    name   = "hubledger"
    labels = local.labels
  }

  storage_provisioner    = local.classes[var.cloud].provisioner
  parameters             = local.classes[var.cloud].parameters
  reclaim_policy         = "Delete"
  volume_binding_mode    = "WaitForFirstConsumer"
  allow_volume_expansion = true
}
