# Home directories and buckets. What holds data can't be destroyed by Terraform: docs/infrastructure.md tells how to part with it.

locals {
  disks            = { for name, storage in var.home_storage : name => storage if storage.kind == "disk" }
  shares           = { for name, storage in var.home_storage : name => storage if storage.kind == "share" }
  snapshotted      = { for name, disk in local.disks : name => disk if disk.snapshot_days > 0 }
  backed_up_shares = { for name, share in local.shares : name => share if share.snapshot_days > 0 }
  least_gib        = { BASIC_HDD = 1024, BASIC_SSD = 2560 } # of Filestore's tiers; of the others 100
  zone_of_homes    = coalesce(try(var.zones[0], null), var.gcp.zone, "${var.region}-b")

  maintenance_hour = tonumber(split(":", var.maintenance_start)[0])
  snapshot_hour    = (local.maintenance_hour + 1) % 24
}

resource "google_compute_disk" "home" {
  #checkov:skip=CKV_GCP_37:encrypted by the cloud's key, or by encryption_key
  for_each = local.disks

  project = var.gcp.project
  name    = coalesce(each.value.name, "${var.cluster_name}-home-${each.key}")
  zone    = coalesce(each.value.zone, local.zone_of_homes)
  type    = coalesce(each.value.tier, "pd-balanced")
  size    = each.value.size_gib
  labels  = local.labels["home/${each.key}"]

  deletion_policy = "PREVENT"

  dynamic "disk_encryption_key" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      kms_key_self_link = disk_encryption_key.value
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}

# A policy a disk: its snapshots carry the disk's labels, since they are billed too.
resource "google_compute_resource_policy" "snapshots" {
  for_each = local.snapshotted

  project = var.gcp.project
  name    = "${var.cluster_name}-home-${each.key}"
  region  = var.region

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = format("%02d:00", local.snapshot_hour)
      }
    }

    retention_policy {
      max_retention_days    = each.value.snapshot_days
      on_source_disk_delete = "KEEP_AUTO_SNAPSHOTS"
    }

    snapshot_properties {
      labels            = local.labels["home/${each.key}"]
      storage_locations = [var.region]
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_disk_resource_policy_attachment" "snapshots" {
  for_each = local.snapshotted

  project = var.gcp.project
  name    = google_compute_resource_policy.snapshots[each.key].name
  disk    = google_compute_disk.home[each.key].name
  zone    = google_compute_disk.home[each.key].zone
}

resource "google_filestore_instance" "home" {
  for_each = local.shares

  project      = var.gcp.project
  name         = coalesce(each.value.name, "${var.cluster_name}-home-${each.key}")
  location     = try(contains(["REGIONAL", "ENTERPRISE"], each.value.tier), false) ? var.region : coalesce(each.value.zone, local.zone_of_homes)
  tier         = coalesce(each.value.tier, "BASIC_HDD")
  kms_key_name = try(startswith(each.value.tier, "BASIC"), true) ? null : var.encryption_key
  labels       = local.labels["home/${each.key}"]

  deletion_protection_enabled = true
  deletion_protection_reason  = "Home directories"
  deletion_policy             = "PREVENT"

  file_shares {
    name        = "homes"
    capacity_gb = each.value.size_gib
  }

  networks {
    network      = google_compute_network.this.id
    modes        = ["MODE_IPV4"]
    connect_mode = "DIRECT_PEERING"
  }

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = each.value.size_gib >= lookup(local.least_gib, coalesce(each.value.tier, "BASIC_HDD"), 100)
      error_message = "home_storage.${each.key}: size_gib is less than Filestore's tier has at least (BASIC_HDD 1024, BASIC_SSD 2560, others 100): raise it, or take kind disk."
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_backup_dr_backup_vault" "home" {
  count = length(local.backed_up_shares) > 0 ? 1 : 0

  project         = var.gcp.project
  location        = var.region
  backup_vault_id = "${var.cluster_name}-home"
  labels          = merge(local.labels["cluster"], { volume-purpose = "home-nfs" })

  backup_minimum_enforced_retention_duration = "86400s"
  deletion_policy                            = "PREVENT"

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}

resource "google_backup_dr_backup_plan" "home" {
  for_each = local.backed_up_shares

  project        = var.gcp.project
  location       = var.region
  backup_plan_id = "${var.cluster_name}-home-${each.key}"
  backup_vault   = google_backup_dr_backup_vault.home[0].id
  resource_type  = "file.googleapis.com/Instance"

  backup_rules {
    rule_id               = "daily"
    backup_retention_days = each.value.snapshot_days

    standard_schedule {
      recurrence_type = "DAILY"
      time_zone       = "UTC"

      backup_window {
        # A window is six hours or more, within a day.
        start_hour_of_day = min(local.snapshot_hour, 18)
        end_hour_of_day   = min(local.snapshot_hour, 18) + 6
      }
    }
  }
}

resource "google_backup_dr_backup_plan_association" "home" {
  for_each = local.backed_up_shares

  project                    = var.gcp.project
  location                   = var.region
  backup_plan_association_id = "${var.cluster_name}-home-${each.key}"
  backup_plan                = google_backup_dr_backup_plan.home[each.key].id
  resource                   = google_filestore_instance.home[each.key].id
  resource_type              = "file.googleapis.com/Instance"
}

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:access logs of users' buckets would name users; audit logs hold what an operator needs
  #checkov:skip=CKV_GCP_78:versioning is the bucket's own choice (versioning): scratch data is not worth keeping twice
  for_each = var.buckets

  project                     = var.gcp.project
  name                        = coalesce(each.value.name, "${var.cluster_name}-${each.key}")
  location                    = upper(var.region)
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  deletion_policy             = "PREVENT"
  labels                      = local.labels["bucket/${each.key}"]

  versioning {
    enabled = each.value.versioning
  }

  # What was deleted by mistake is there for a week; what expires anyway is not paid for longer.
  soft_delete_policy {
    retention_duration_seconds = each.value.expire_days == null ? 604800 : 0
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.expire_days == null ? [] : [each.value.expire_days]
    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.versioning ? [each.value.version_days] : []
    content {
      action {
        type = "Delete"
      }
      condition {
        days_since_noncurrent_time = lifecycle_rule.value
        with_state                 = "ARCHIVED"
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "encryption" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}
