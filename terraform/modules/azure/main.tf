# A JupyterHub cluster on Azure. Each file is one part of it: labels.tf, network.tf, cluster.tf, pools.tf, disks.tf, shares.tf,
# buckets.tf, registries.tf, identities.tf, billing.tf, budget.tf.

locals {
  subscription = "/subscriptions/${var.azure.subscription_id}"

  # Names that must be unique in all of Azure (storage accounts, registries) end in a hash of the subscription and the cluster.
  unique = substr(sha1("${var.azure.subscription_id}/${var.cluster_name}"), 0, 6)
}

resource "azurerm_resource_group" "this" {
  name     = coalesce(var.azure.resource_group, var.cluster_name)
  location = var.region
  tags     = local.labels["cluster"]
}
