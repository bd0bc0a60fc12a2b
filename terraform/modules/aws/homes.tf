# Home directories. What holds data can't be destroyed by Terraform: docs/infrastructure.md tells how to part with it.

locals {
  disks            = { for name, storage in var.home_storage : name => storage if storage.kind == "disk" }
  shares           = { for name, storage in var.home_storage : name => storage if storage.kind == "share" }
  snapshotted      = { for name, disk in local.disks : name => disk if disk.snapshot_days > 0 }
  backed_up_shares = { for name, share in local.shares : name => share if share.snapshot_days > 0 }
  home_names       = { for name, storage in var.home_storage : name => coalesce(storage.name, "${var.cluster_name}-home-${name}") }

  maintenance_hour = tonumber(split(":", var.maintenance_start)[0])
  snapshot_hour    = (local.maintenance_hour + 1) % 24
}

resource "aws_ebs_volume" "home" {
  #checkov:skip=CKV_AWS_189:encrypted by the cloud's key, or by encryption_key
  #checkov:skip=CKV2_AWS_9:the lifecycle policy below takes snapshots
  for_each = local.disks

  availability_zone = coalesce(each.value.zone, local.zone_of_homes)
  type              = coalesce(each.value.tier, "gp3")
  size              = each.value.size_gib
  encrypted         = true
  kms_key_id        = var.encryption_key
  tags              = merge(local.labels["home/${each.key}"], { Name = local.home_names[each.key] })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "snapshots" {
  count = length(local.snapshotted) > 0 ? 1 : 0

  name               = "${var.cluster_name}-snapshots"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "dlm.amazonaws.com" } }] })
  tags               = local.labels["cluster"]
}

resource "aws_iam_role_policy_attachment" "snapshots" {
  count = length(local.snapshotted) > 0 ? 1 : 0

  role       = aws_iam_role.snapshots[0].name
  policy_arn = "${local.managed}/service-role/AWSDataLifecycleManagerServiceRole"
}

# A policy a volume; its snapshots take over the volume's tags, since they are billed too.
resource "aws_dlm_lifecycle_policy" "snapshots" {
  for_each = local.snapshotted

  description        = "Daily snapshots of ${local.home_names[each.key]}"
  execution_role_arn = aws_iam_role.snapshots[0].arn
  state              = "ENABLED"
  tags               = local.labels["home/${each.key}"]

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Name = local.home_names[each.key] }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = [format("%02d:00", local.snapshot_hour)]
      }

      retain_rule {
        count = each.value.snapshot_days
      }
    }
  }
}

resource "aws_efs_file_system" "home" {
  #checkov:skip=CKV_AWS_184:encrypted by the cloud's key, or by encryption_key
  for_each = local.shares

  creation_token  = local.home_names[each.key]
  encrypted       = true
  kms_key_id      = var.encryption_key
  throughput_mode = coalesce(each.value.tier, "elastic")
  tags            = merge(local.labels["home/${each.key}"], { Name = local.home_names[each.key] })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "homes" {
  count = length(local.shares) > 0 ? 1 : 0

  name        = "${var.cluster_name}-homes"
  description = "Home directories: NFS from the nodes"
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.labels["cluster"], { Name = "${var.cluster_name}-homes" })
}

resource "aws_vpc_security_group_ingress_rule" "homes" {
  count = length(local.shares) > 0 ? 1 : 0

  security_group_id            = aws_security_group.homes[0].id
  description                  = "NFS from the nodes"
  referenced_security_group_id = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  tags                         = local.labels["cluster"]
}

resource "aws_efs_mount_target" "home" {
  for_each = { for pair in setproduct(keys(local.shares), keys(local.subnets)) : join("/", pair) => { share = pair[0], zone = pair[1] } }

  file_system_id  = aws_efs_file_system.home[each.value.share].id
  subnet_id       = aws_subnet.private[each.value.zone].id
  security_groups = [aws_security_group.homes[0].id]
}

resource "aws_backup_vault" "home" {
  #checkov:skip=CKV_AWS_166:encrypted by the cloud's key, or by encryption_key
  count = length(local.backed_up_shares) > 0 ? 1 : 0

  name        = "${var.cluster_name}-home"
  kms_key_arn = var.encryption_key
  tags        = local.labels["cluster"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "backup" {
  count = length(local.backed_up_shares) > 0 ? 1 : 0

  name               = "${var.cluster_name}-backup"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "backup.amazonaws.com" } }] })
  tags               = local.labels["cluster"]
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = length(local.backed_up_shares) > 0 ? toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"]) : toset([])

  role       = aws_iam_role.backup[0].name
  policy_arn = "${local.managed}/service-role/${each.key}"
}

resource "aws_backup_plan" "home" {
  for_each = local.backed_up_shares

  name = local.home_names[each.key]
  tags = local.labels["home/${each.key}"]

  rule {
    rule_name           = "daily"
    target_vault_name   = aws_backup_vault.home[0].name
    schedule            = "cron(0 ${local.snapshot_hour} * * ? *)"
    recovery_point_tags = local.labels["home/${each.key}"]

    lifecycle {
      delete_after = each.value.snapshot_days
    }
  }
}

resource "aws_backup_selection" "home" {
  for_each = local.backed_up_shares

  name         = local.home_names[each.key]
  plan_id      = aws_backup_plan.home[each.key].id
  iam_role_arn = aws_iam_role.backup[0].arn
  resources    = [aws_efs_file_system.home[each.key].arn]
}
