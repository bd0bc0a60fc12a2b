# The cost labels of everything below, by what they are for.

module "labels" {
  source = "../labels"

  cloud        = "azure"
  prefix       = var.labels.prefix
  cluster_name = var.cluster_name
  managed_by   = var.labels.managed_by
  community    = var.community
  hubs         = { for name, hub in var.hubs : name => hub.community }
  extra        = var.labels.extra
  subjects = merge(
    { cluster = {}, homes = { volume_purpose = "home-nfs" } },
    { for name in keys(var.hubs) : "hub/${name}" => { hub = name } },
    { for name, pool in var.node_pools : "pool/${name}" => { hub = pool.hub, community = pool.community, node_purpose = pool.purpose } },
    { for name, storage in var.home_storage : "home/${name}" => { hub = storage.hub, community = storage.community, volume_purpose = "home-nfs" } },
    { for name, bucket in var.buckets : "bucket/${name}" => { hub = bucket.hub, community = bucket.community } },
    { for name, registry in var.registries : "registry/${name}" => { hub = registry.hub, community = registry.community } },
  )
}

locals {
  labels = module.labels.labels
}
