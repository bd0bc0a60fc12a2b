# Who acts in the cloud: nodes, each hub's users, and Hubledger's collector. None has a key.

locals {
  # An account's id has 6 to 30 characters: a longer name ends in six digits of its hash.
  account_ids = {
    for key, name in merge({ for hub in keys(var.hubs) : "hub/${hub}" => "${var.cluster_name}-${hub}" }, { nodes = "${var.cluster_name}-nodes", collector = "${var.cluster_name}-collector" }) :
    key => length(name) <= 30 && length(name) >= 6 ? name : "${trimsuffix(substr(name, 0, min(23, length(name))), "-")}-${substr(sha1(name), 0, 6)}"
  }

  grants = merge(
    { for pair in flatten([for bucket, value in var.buckets : [for hub in toset(concat(value.writers, value.hub == null ? [] : [value.hub])) : { bucket = bucket, hub = hub, role = "roles/storage.objectUser" }]]) : "${pair.bucket}/${pair.hub}/write" => pair },
    { for pair in flatten([for bucket, value in var.buckets : [for hub in toset(value.readers) : { bucket = bucket, hub = hub, role = "roles/storage.objectViewer" }]]) : "${pair.bucket}/${pair.hub}/read" => pair },
  )
}

resource "google_service_account" "nodes" {
  project      = var.gcp.project
  account_id   = local.account_ids["nodes"]
  display_name = "Nodes of ${var.cluster_name}"
}

resource "google_project_iam_member" "nodes" {
  for_each = toset(["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"])

  project = var.gcp.project
  role    = each.key
  member  = "serviceAccount:${google_service_account.nodes.email}"
}

resource "google_service_account" "hub" {
  for_each = var.hubs

  project      = var.gcp.project
  account_id   = local.account_ids["hub/${each.key}"]
  display_name = "Users of the hub ${each.key} of ${var.cluster_name}"
}

resource "google_service_account_iam_member" "hub" {
  for_each = var.hubs

  service_account_id = google_service_account.hub[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${local.workload_pool}[${each.key}/${each.value.service_account}]"

  # The pool of identities comes with the project's first cluster.
  depends_on = [google_container_cluster.this]
}

resource "google_storage_bucket_iam_member" "hub" {
  for_each = local.grants

  bucket = google_storage_bucket.this[each.value.bucket].name
  role   = each.value.role
  member = "serviceAccount:${google_service_account.hub[each.value.hub].email}"
}

resource "google_service_account" "collector" {
  count = var.collector == null ? 0 : 1

  project      = var.gcp.project
  account_id   = local.account_ids["collector"]
  display_name = "Hubledger reads bills of ${var.cluster_name}"
}

resource "google_service_account_iam_member" "collector" {
  for_each = var.collector == null ? {} : merge(
    { kubernetes = { role = "roles/iam.workloadIdentityUser", member = "serviceAccount:${local.workload_pool}[${var.collector.namespace}/${var.collector.service_account}]" } },
    { for member in var.collector.principals : member => { role = "roles/iam.serviceAccountTokenCreator", member = member } },
  )

  service_account_id = google_service_account.collector[0].name
  role               = each.value.role
  member             = each.value.member

  depends_on = [google_container_cluster.this]
}

# It may run queries, and see what the export's dataset holds.
resource "google_project_iam_member" "collector" {
  count = var.collector == null || var.billing_export == null ? 0 : 1

  project = var.gcp.project
  role    = "roles/bigquery.jobUser"
  member  = "serviceAccount:${google_service_account.collector[0].email}"
}

resource "google_bigquery_dataset_iam_member" "collector" {
  count = var.collector == null || var.billing_export == null ? 0 : 1

  project    = var.gcp.project
  dataset_id = google_bigquery_dataset.billing[0].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = "serviceAccount:${google_service_account.collector[0].email}"
}
