# Home storage by kinds, buckets with expiry, the bill's dataset and the budget.

mock_provider "google" {}

variables {
  cluster_name = "tidewater"
  region       = "us-central1"
  gcp          = { project = "tidewater-hubs", project_number = "481516230042", billing_account = "01C4E7-9A20FD-77B35E" }
  hubs         = { estuary = { community = "coastal-modelling" }, staging = {} }
  node_pools   = { core = { purpose = "core", machine_type = "n2-highmem-2", min = 1, max = 3 } }
  home_storage = {
    estuary = { kind = "disk", hub = "estuary", size_gib = 500 }
    staging = { kind = "disk", hub = "staging", size_gib = 50, snapshot_days = 0 }
    shared  = { kind = "share", size_gib = 1024, snapshot_days = 14 }
  }
  buckets = {
    scratch    = { hub = "estuary", expire_days = 7 }
    persistent = { hub = "estuary", versioning = true, readers = ["staging"] }
  }
  registries     = { images = {} }
  billing_export = {}
  budget         = { monthly_amount = 4000.5, emails = ["costs@openhubs.example"] }
}

run "a_disk_has_daily_snapshots_that_carry_its_labels" {
  command = plan

  assert {
    condition     = google_compute_disk.home["estuary"].labels == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger", "hub-name" = "estuary", "community" = "coastal-modelling", "volume-purpose" = "home-nfs" })
    error_message = "the disk carries ${jsonencode(google_compute_disk.home["estuary"].labels)}"
  }
  assert {
    condition     = google_compute_resource_policy.snapshots["estuary"].snapshot_schedule_policy[0].snapshot_properties[0].labels == google_compute_disk.home["estuary"].labels
    error_message = "snapshots don't carry the disk's labels"
  }
  assert {
    condition     = google_compute_resource_policy.snapshots["estuary"].snapshot_schedule_policy[0].schedule[0].daily_schedule[0].days_in_cycle == 1 && google_compute_resource_policy.snapshots["estuary"].snapshot_schedule_policy[0].retention_policy[0].max_retention_days == 7
    error_message = "snapshots must be daily, and kept for 7 days"
  }
  assert {
    condition     = keys(google_compute_resource_policy.snapshots) == ["estuary"]
    error_message = "a disk with snapshot_days = 0 has snapshots"
  }
}

run "a_share_is_backed_up_daily" {
  command = plan

  assert {
    condition     = google_filestore_instance.home["shared"].labels == tomap({ "cluster-name" = "tidewater", "managed-by" = "hubledger", "volume-purpose" = "home-nfs" })
    error_message = "the share carries ${jsonencode(google_filestore_instance.home["shared"].labels)}"
  }
  assert {
    condition     = google_backup_dr_backup_plan.home["shared"].backup_rules[0].backup_retention_days == 14 && google_backup_dr_backup_plan.home["shared"].backup_rules[0].standard_schedule[0].recurrence_type == "DAILY"
    error_message = "backups of the share must be daily, and kept for 14 days"
  }
}

run "scratch_expires_and_persistent_does_not" {
  command = plan

  assert {
    condition     = length([for rule in google_storage_bucket.this["scratch"].lifecycle_rule : rule if anytrue([for condition in rule.condition : condition.age == 7]) && anytrue([for action in rule.action : action.type == "Delete"])]) == 1
    error_message = "objects of the scratch bucket must be deleted after 7 days"
  }
  assert {
    condition     = [for rule in google_storage_bucket.this["persistent"].lifecycle_rule : [for condition in rule.condition : condition.days_since_noncurrent_time] if anytrue([for action in rule.action : action.type == "Delete"])] == [[30]]
    error_message = "of the persistent bucket, old versions alone must be deleted"
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.this : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "no bucket may be public"
  }
}

run "hubs_reach_their_buckets_and_no_other" {
  command = plan

  assert {
    condition     = { for key, grant in google_storage_bucket_iam_member.hub : key => grant.role } == { "scratch/estuary/write" = "roles/storage.objectUser", "persistent/estuary/write" = "roles/storage.objectUser", "persistent/staging/read" = "roles/storage.objectViewer" }
    error_message = "grants are ${jsonencode({ for key, grant in google_storage_bucket_iam_member.hub : key => grant.role })}"
  }
  assert {
    condition     = google_service_account_iam_member.hub["estuary"].member == "serviceAccount:tidewater-hubs.svc.id.goog[estuary/user-sa]"
    error_message = "the hub's account is acted for by ${google_service_account_iam_member.hub["estuary"].member}"
  }
}

run "the_bill_goes_to_a_dataset_that_the_collector_may_read" {
  command = plan

  assert {
    condition     = google_bigquery_dataset.billing[0].location == "US" && !google_bigquery_dataset.billing[0].delete_contents_on_destroy
    error_message = "the dataset must be in US, and keep its contents"
  }
  assert {
    condition     = google_bigquery_dataset_iam_member.collector[0].role == "roles/bigquery.dataViewer" && google_project_iam_member.collector[0].role == "roles/bigquery.jobUser"
    error_message = "the collector must read, and nothing else"
  }
}

run "the_budget_looks_at_the_cluster_s_label" {
  command = plan

  assert {
    condition     = google_billing_budget.this[0].budget_filter[0].labels == tomap({ "cluster-name" = "tidewater" }) && google_billing_budget.this[0].amount[0].specified_amount[0].units == "4000" && google_billing_budget.this[0].amount[0].specified_amount[0].nanos == 500000000
    error_message = "the budget must be of 4000.50 for the cluster"
  }
  assert {
    condition     = length(google_billing_budget.this[0].threshold_rules) == 4
    error_message = "the budget must tell at 50, 90 and 100 per cent, and when 100 are forecast"
  }
}

run "a_long_name_is_cut_to_what_an_account_may_have" {
  command = plan
  variables {
    hubs         = { "a-hub-with-quite-a-long-name" = {}, estuary = {}, staging = {} }
    home_storage = {}
    buckets      = {}
  }
  assert {
    condition     = length(google_service_account.hub["a-hub-with-quite-a-long-name"].account_id) <= 30
    error_message = "the account's id is ${google_service_account.hub["a-hub-with-quite-a-long-name"].account_id}"
  }
}
