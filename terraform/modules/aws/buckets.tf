# Buckets of hubs. They can't be destroyed by Terraform: docs/infrastructure.md tells how to part with one.

locals {
  bucket_names = { for name, bucket in var.buckets : name => coalesce(bucket.name, "${var.cluster_name}-${name}-${local.account}") }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:access logs of users' buckets would name users, and cost
  #checkov:skip=CKV_AWS_21:versioning is the bucket's own choice (versioning): scratch data is not worth keeping twice
  #checkov:skip=CKV_AWS_144:a copy in another region is a choice that doubles the cost
  #checkov:skip=CKV_AWS_145:encrypted by the cloud's key, or by encryption_key
  #checkov:skip=CKV2_AWS_62:nobody listens to events of these buckets
  for_each = var.buckets

  bucket        = local.bucket_names[each.key]
  force_destroy = false
  tags          = local.labels["bucket/${each.key}"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = var.buckets

  bucket                  = aws_s3_bucket.this[each.key].bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.encryption_key == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.encryption_key
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = { for name, bucket in var.buckets : name => bucket if bucket.versioning }

  bucket = aws_s3_bucket.this[each.key].bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  #checkov:skip=CKV_AWS_300:the first rule ends abandoned uploads, for all objects
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket

  rule {
    id     = "abandoned-uploads"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = each.value.expire_days == null ? [] : [each.value.expire_days]
    content {
      id     = "expiry"
      status = "Enabled"
      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  dynamic "rule" {
    for_each = each.value.versioning ? [each.value.version_days] : []
    content {
      id     = "old-versions"
      status = "Enabled"
      filter {}

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid       = "EncryptedConnectionsOnly"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = ["${local.partition}:s3:::${local.bucket_names[each.key]}", "${local.partition}:s3:::${local.bucket_names[each.key]}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }] })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
