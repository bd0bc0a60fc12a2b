# A hub whose people sign in with GitHub, with two sizes of server and a GPU, home directories on a disk, and Dask.

terraform {
  required_version = ">= 1.9"

  required_providers {
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

variable "client_secret" {
  description = "The secret of the hub's OAuth application."
  type        = string
  sensitive   = true
}

module "hub" {
  source = "../.."

  name         = "estuary"
  cluster_name = "tidewater"
  community    = "coastal-modelling"
  domain       = "estuary.openhubs.example"
  display_name = "Estuary modelling"

  home_storage = {
    kind          = "disk"
    hub           = "estuary"
    size_gib      = 500
    driver        = "pd.csi.storage.gke.io"
    volume_handle = "projects/tidewater-hubs/zones/us-central1-b/disks/tidewater-home-estuary"
    fs_type       = "xfs"
  }

  identity = {
    annotations = { "iam.gke.io/gcp-service-account" = "tidewater-estuary@tidewater-hubs.iam.gserviceaccount.com" }
  }

  authenticator = "github"
  authenticator_config = {
    GitHubOAuthenticator = {
      client_id             = "Iv1.0000000000000000"
      client_secret         = var.client_secret
      oauth_callback_url    = "https://estuary.openhubs.example/hub/oauth_callback"
      allowed_organizations = ["coastal-modelling"]
    }
  }

  profiles = [
    { slug = "small", display_name = "Small: 1 CPU, 4 GB", default = true, cpu_guarantee = 0.5, cpu_limit = 1, memory_guarantee_gib = 2, memory_limit_gib = 4 },
    { slug = "large", display_name = "Large: 4 CPUs, 30 GB", cpu_guarantee = 3, cpu_limit = 4, memory_guarantee_gib = 24, memory_limit_gib = 30 },
    { slug = "gpu", display_name = "T4 GPU", gpus = 1, cpu_guarantee = 3, memory_guarantee_gib = 20, node_selector = { "2i2c.org/hub-name" = "estuary" } },
  ]

  buckets = { scratch = "gs://tidewater-scratch-estuary" }
  dask    = true
}

output "url" {
  description = "Where the hub answers."
  value       = module.hub.url
}
