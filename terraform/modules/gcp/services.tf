# The APIs of the project that the module uses. They stay enabled when the cluster goes: others may use them too.

resource "google_project_service" "this" {
  for_each = toset(concat(
    ["artifactregistry.googleapis.com", "compute.googleapis.com", "container.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com", "storage.googleapis.com"],
    length(local.shares) > 0 ? ["file.googleapis.com"] : [],
    length(local.backed_up_shares) > 0 ? ["backupdr.googleapis.com"] : [],
    var.billing_export != null ? ["bigquery.googleapis.com"] : [],
    var.budget != null ? ["billingbudgets.googleapis.com", "monitoring.googleapis.com"] : [],
  ))

  project            = var.gcp.project
  service            = each.key
  disable_on_destroy = false
}
