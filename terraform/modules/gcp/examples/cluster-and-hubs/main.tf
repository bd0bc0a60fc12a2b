# The whole of it: a cluster, what it needs beside its hubs, and a hub for each that is named. Other clouds differ in the first
# module and in the provider's block alone.

terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "~> 3.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 3.0"
    }
  }
}

variable "client_secrets" {
  description = "The secrets of the hubs' OAuth applications, by hub."
  type        = map(string)
  default     = {}
  sensitive   = true
}

locals {
  hubs = {
    estuary = { community = "coastal-modelling", domain = "estuary.openhubs.example", home = "estuary" }
    meadow  = { community = "meadow-schools", domain = "meadow.openhubs.example", home = "shared" }
  }
}

provider "google" {
  project = "tidewater-hubs"
  region  = "us-central1"
}

provider "kubernetes" {
  host                   = module.cluster.kubernetes.host
  cluster_ca_certificate = module.cluster.kubernetes.cluster_ca_certificate

  exec {
    api_version = module.cluster.kubernetes.exec.api_version
    command     = module.cluster.kubernetes.exec.command
    args        = module.cluster.kubernetes.exec.args
  }
}

provider "helm" {
  kubernetes = {
    host                   = module.cluster.kubernetes.host
    cluster_ca_certificate = module.cluster.kubernetes.cluster_ca_certificate
    exec = {
      api_version = module.cluster.kubernetes.exec.api_version
      command     = module.cluster.kubernetes.exec.command
      args        = module.cluster.kubernetes.exec.args
    }
  }
}

module "cluster" {
  source = "../.."

  cluster_name = "tidewater"
  region       = "us-central1"
  gcp          = { project = "tidewater-hubs", zone = "us-central1-b" }
  network      = { authorized_ranges = { office = "192.0.2.0/24" } }
  hubs         = { for name, hub in local.hubs : name => { community = hub.community } }

  node_pools = {
    core  = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 }
    users = { purpose = "user", machine_type = "n2-highmem-4", max = 20 }
    dask  = { purpose = "dask", machine_type = "n2-highmem-16", max = 30, spot = true }
  }

  home_storage = {
    estuary = { kind = "disk", hub = "estuary", size_gib = 500 }
    shared  = { kind = "share", size_gib = 1024 }
  }

  buckets = { for name in keys(local.hubs) : "scratch-${name}" => { hub = name, expire_days = 7 } }
}

module "support" {
  source = "../../../support"

  cloud              = "gcp"
  cluster_name       = module.cluster.cluster_name
  certificates       = { email = "operators@openhubs.example" }
  cluster_autoscaler = module.cluster.cluster_autoscaler
  collector          = module.cluster.collector
}

module "hub" {
  source   = "../../../hub"
  for_each = local.hubs

  name          = each.key
  cluster_name  = module.cluster.cluster_name
  community     = each.value.community
  domain        = each.value.domain
  home_storage  = module.cluster.home_storage[each.value.home]
  identity      = module.cluster.hub_identities[each.key]
  buckets       = { scratch = module.cluster.buckets["scratch-${each.key}"].url }
  storage_class = module.support.storage_class
  ingress       = { class = module.support.ingress_class, issuer = module.support.cluster_issuer }

  authenticator = "github"
  authenticator_config = {
    GitHubOAuthenticator = {
      client_id             = "Iv1.0000000000000000"
      client_secret         = lookup(var.client_secrets, each.key, "")
      oauth_callback_url    = "https://${each.value.domain}/hub/oauth_callback"
      allowed_organizations = [each.value.community]
    }
  }

  dask = true
}

output "urls" {
  description = "Where the hubs answer."
  value       = { for name, hub in module.hub : name => hub.url }
}
