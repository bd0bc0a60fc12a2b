# Support of a cluster on AWS, with what the aws module says of it.

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

module "support" {
  source = "../.."

  cloud        = "aws"
  cluster_name = "northlight"
  certificates = { email = "operators@openhubs.example" }
  gpus         = true

  cluster_autoscaler = {
    namespace       = "support"
    service_account = "cluster-autoscaler"
    annotations     = { "eks.amazonaws.com/role-arn" = "arn:aws:iam::481516230042:role/northlight-autoscaler" }
    region          = "us-west-2"
    cluster_name    = "northlight"
  }

  collector = {
    namespace       = "support"
    service_account = "hubledger"
    annotations     = { "eks.amazonaws.com/role-arn" = "arn:aws:iam::481516230042:role/northlight-collector" }
  }
}

output "support" {
  description = "What hubs need to know."
  value       = module.support
}
