output "cluster_name" {
  description = "The cluster's name in the cloud."
  value       = null
}

output "region" {
  description = "The cloud's region."
  value       = null
}

output "kubernetes" {
  description = "How to reach the cluster, for the helm and kubernetes providers and for a kubeconfig: {host, cluster_ca_certificate (PEM), exec = {api_version, command, args, env}}. It holds no secret: `command` asks the cloud for a short-lived token."
  value       = null
}

output "kubeconfig_command" {
  description = "The command that writes a kubeconfig for a person."
  value       = null
}

output "node_pools" {
  description = "Node pools by name: {name (the cloud's), purpose, hub, machine_type, min, max, labels (Kubernetes), taints}."
  value       = null
}

output "home_storage" {
  description = "Home storage by name, as the hub module takes it: {kind, hub, size_gib, server and path (NFS, of a share), driver, volume_handle and fs_type (CSI, of a disk), zone}."
  value       = null
}

output "buckets" {
  description = "Buckets by name: {name, url, hub}."
  value       = null
}

output "hub_identities" {
  description = "Workload identities by hub, as the hub module takes them: {namespace, service_account, principal (the cloud's), annotations (of the service account), pod_labels}."
  value       = null
}

output "registries" {
  description = "Container registries by name: {url, hub}."
  value       = null
}

output "billing_export" {
  description = "Where the bill is exported to, or null: {format, project and dataset (Google Cloud), path (s3:// or abfss://, as the fleet's `billing:` takes it)}."
  value       = null
}

output "collector" {
  description = "The identity that reads bills, or null: {namespace, service_account, principal, annotations, pod_labels}."
  value       = null
}

output "cluster_autoscaler" {
  description = "How the support module is to run the cluster autoscaler, or null where the cloud runs its own: {namespace, service_account, annotations, region, cluster_name}."
  value       = null
}

output "cost_labels" {
  description = "The cost labels of what belongs to no hub, in the cloud's form."
  value       = null
}
