# A small cluster: a disk of home directories for one hub and an NFS share for the other, scratch space, and the bill's export.

terraform {
  required_version = ">= 1.9"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  subscription_id     = "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90"
  storage_use_azuread = true # shared keys of the storage accounts are off

  features {}
}

module "cluster" {
  source = "../.."

  cluster_name = "basalt"
  region       = "westeurope"

  azure = {
    subscription_id = "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90"
    tenant_id       = "0a5f1d6e-3f7b-4a51-8a59-6f1c0d2b9e77"
    admins          = ["b6f0f6d4-6b0e-4b0c-8b1c-0f3f5f8e2a11"]
  }

  network = {
    authorized_ranges = { office = "192.0.2.0/24" }
  }

  hubs = {
    caldera = { community = "earth-observatories" }
    archive = { community = "earth-observatories" }
  }

  node_pools = {
    core  = { purpose = "core", machine_type = "Standard_E2s_v5", min = 1, max = 3 }
    users = { purpose = "user", machine_type = "Standard_E4s_v5", max = 10 }
    gpu   = { purpose = "user", machine_type = "Standard_NC4as_T4_v3", max = 2, gpu = { type = "nvidia-tesla-t4" } }
    dask  = { purpose = "dask", machine_type = "Standard_E16s_v5", max = 10, spot = true }
  }

  home_storage = {
    caldera = { kind = "disk", hub = "caldera", size_gib = 256 }
    archive = { kind = "share", hub = "archive", size_gib = 100 }
  }

  buckets = {
    scratch-caldera    = { hub = "caldera", expire_days = 7 }
    persistent-archive = { hub = "archive", versioning = true, readers = ["caldera"] }
  }

  registries     = { images = {} }
  billing_export = {}
  budget         = { monthly_amount = 1500, currency = "EUR", emails = ["costs@openhubs.example"] }
}

output "cluster" {
  description = "The cluster, as other modules take it."
  value       = module.cluster
}
