# A cluster that several communities share: user nodes with and without GPU, Dask workers on spot machines, a disk of home
# directories for one hub and Filestore for the others.

terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }
}

provider "google" {
  project = "tidewater-hubs"
  region  = "us-central1"
}

module "cluster" {
  source = "../.."

  cluster_name = "tidewater"
  region       = "us-central1"
  zones        = ["us-central1-b"]

  gcp = {
    project         = "tidewater-hubs"
    project_number  = "481516230042"
    zone            = "us-central1-b"
    billing_account = "01C4E7-9A20FD-77B35E"
  }

  network = {
    authorized_ranges = { office = "192.0.2.0/24" }
  }

  hubs = {
    estuary = { community = "coastal-modelling" }
    meadow  = { community = "meadow-schools" }
    staging = {}
  }

  node_pools = {
    core  = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 }
    users = { purpose = "user", machine_type = "n2-highmem-4", max = 20 }
    gpu   = { purpose = "user", machine_type = "n1-standard-8", max = 4, hub = "estuary", gpu = { type = "nvidia-tesla-t4" } }
    dask  = { purpose = "dask", machine_type = "n2-highmem-16", max = 30, spot = true }
  }

  home_storage = {
    estuary = { kind = "disk", hub = "estuary", size_gib = 500 }
    shared  = { kind = "share", size_gib = 1024, snapshot_days = 14 }
  }

  buckets = {
    scratch-estuary    = { hub = "estuary", expire_days = 7 }
    persistent-estuary = { hub = "estuary", versioning = true, readers = ["staging"] }
  }

  registries     = { images = {} }
  billing_export = {}
  budget         = { monthly_amount = 4000, emails = ["costs@openhubs.example"] }
}

output "cluster" {
  description = "The cluster, as other modules take it."
  value       = module.cluster
}
