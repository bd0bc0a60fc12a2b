output "namespace" {
  description = "The namespace of all this."
  value       = kubernetes_namespace_v1.this.metadata[0].name
}

output "ingress_class" {
  description = "The ingress class that hubs ask for."
  value       = local.ingress_class

  depends_on = [helm_release.traefik]
}

output "cluster_issuer" {
  description = "Who makes the hubs' certificates: cert-manager's cluster issuer."
  value       = local.issuer

  depends_on = [helm_release.traefik]
}

output "storage_class" {
  description = "The storage class whose volumes carry the cost labels."
  value       = kubernetes_storage_class_v1.this.metadata[0].name
}

output "prometheus_url" {
  description = "Where Prometheus answers, within the cluster: the fleet's `usage:` reads it."
  value       = "http://prometheus-server.${kubernetes_namespace_v1.this.metadata[0].name}.svc.cluster.local"

  depends_on = [helm_release.prometheus]
}
