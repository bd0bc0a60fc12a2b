output "labels" {
  description = "Labels by the subject's key, as maps."
  value       = local.labels

  precondition {
    condition     = length(local.refused) == 0
    error_message = "labels of ${var.cluster_name}: ${join("; ", local.refused)}."
  }
}

output "prefix" {
  description = "What each cost label's key begins with."
  value       = local.prefix
}

output "cost_keys" {
  description = "The keys of the cost labels: AWS wants them activated as cost allocation tags."
  value       = [for name in ["cluster-name", "community", "hub-name", "managed-by", "node-purpose", "volume-purpose"] : "${local.prefix}${name}"]
}
