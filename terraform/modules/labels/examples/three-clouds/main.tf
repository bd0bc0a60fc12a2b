# The labels of the same node pool in each cloud.

terraform {
  required_version = ">= 1.9"
}

module "labels" {
  source   = "../.."
  for_each = toset(["gcp", "aws", "azure", "kubernetes"])

  cloud        = each.key
  cluster_name = "tidewater"
  hubs         = { estuary = "coastal-modelling" }
  subjects = {
    users = { node_purpose = "user" }
    home  = { hub = "estuary", volume_purpose = "home-nfs" }
  }
}

output "labels" {
  description = "Labels by cloud and subject."
  value       = { for cloud, labels in module.labels : cloud => labels.labels }
}
