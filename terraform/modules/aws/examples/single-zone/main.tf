# A cluster in one zone: user nodes with and without GPU, an EBS volume of home directories for each hub, one of them with EFS.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "us-west-2"
}

module "cluster" {
  source = "../.."

  cluster_name       = "northlight"
  region             = "us-west-2"
  zones              = ["us-west-2a"]
  kubernetes_version = "1.34"

  aws = {
    account_id = "481516230042"
    admins     = ["arn:aws:iam::481516230042:role/operators"]
  }

  network = {
    authorized_ranges = { office = "192.0.2.0/24" }
  }

  hubs = {
    aurora = { community = "northern-sky" }
    drift  = { community = "coastal-modelling" }
  }

  node_pools = {
    core  = { purpose = "core", machine_type = "r7i.large", min = 1, max = 3 }
    users = { purpose = "user", machine_type = "r7i.xlarge", max = 20 }
    gpu   = { purpose = "user", machine_type = "g4dn.xlarge", max = 4, hub = "aurora", gpu = { type = "nvidia-tesla-t4" } }
    dask  = { purpose = "dask", machine_type = "r7g.4xlarge", max = 30, spot = true }
  }

  home_storage = {
    aurora = { kind = "disk", hub = "aurora", size_gib = 500 }
    drift  = { kind = "share", hub = "drift", size_gib = 200, snapshot_days = 14 }
  }

  buckets = {
    scratch-aurora    = { hub = "aurora", expire_days = 7 }
    persistent-aurora = { hub = "aurora", versioning = true, readers = ["drift"] }
  }

  registries     = { images = {} }
  billing_export = { format = "focus" }
  budget         = { monthly_amount = 4000, emails = ["costs@openhubs.example"] }
}

output "cluster" {
  description = "The cluster, as other modules take it."
  value       = module.cluster
}
