# The dataset that the billing account exports its bill to. The export itself is turned on by hand, once, in the console
# (Billing, Billing export): Google Cloud has no API for that. Choose the detailed usage cost export.

resource "google_bigquery_dataset" "billing" {
  #checkov:skip=CKV_GCP_81:encrypted by the cloud's key, or by encryption_key
  count = var.billing_export == null ? 0 : 1

  project       = var.gcp.project
  dataset_id    = coalesce(var.billing_export.name, "billing_${replace(var.cluster_name, "-", "_")}")
  friendly_name = "Bill of ${var.cluster_name}"
  location      = coalesce(var.billing_export.location, startswith(var.region, "europe") ? "EU" : "US")
  labels        = local.labels["cluster"]

  delete_contents_on_destroy = false
  deletion_policy            = "PREVENT"

  dynamic "default_encryption_configuration" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}
