# Container images. Every node of the project's clusters may pull them.

resource "google_artifact_registry_repository" "this" {
  #checkov:skip=CKV_GCP_84:encrypted by the cloud's key, or by encryption_key
  for_each = var.registries

  project       = var.gcp.project
  location      = var.region
  repository_id = coalesce(each.value.name, "${var.cluster_name}-${each.key}")
  format        = "DOCKER"
  kms_key_name  = var.encryption_key
  labels        = local.labels["registry/${each.key}"]

  deletion_policy = "PREVENT"

  cleanup_policies {
    id     = "untagged"
    action = "DELETE"

    condition {
      tag_state  = "UNTAGGED"
      older_than = "${each.value.untagged_days * 86400}s"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}
