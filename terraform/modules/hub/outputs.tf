output "name" {
  description = "The hub's name."
  value       = var.name
}

output "url" {
  description = "Where the hub answers."
  value       = "https://${var.domain}"

  depends_on = [helm_release.hub]
}

output "chart_version" {
  description = "The version of the zero-to-jupyterhub chart that runs."
  value       = helm_release.hub.version
}
