# A JupyterHub cluster on AWS. Each file is one part of it: labels.tf, network.tf, cluster.tf, addons.tf, pools.tf, homes.tf,
# buckets.tf, registries.tf, identities.tf, billing.tf, budget.tf.

locals {
  partition = "arn:${var.aws.partition}"
  account   = var.aws.account_id
  managed   = "${local.partition}:iam::aws:policy"
}
