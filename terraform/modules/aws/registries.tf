# Container images. The nodes may pull them.

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_51:communities move tags such as latest
  #checkov:skip=CKV_AWS_136:encrypted by the cloud's key, or by encryption_key
  for_each = var.registries

  name                 = coalesce(each.value.name, "${var.cluster_name}/${each.key}")
  image_tag_mutability = "MUTABLE"
  force_delete         = false
  tags                 = local.labels["registry/${each.key}"]

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.encryption_key == null ? "AES256" : "KMS"
    kms_key         = var.encryption_key
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = var.registries

  repository = aws_ecr_repository.this[each.key].name
  policy = jsonencode({ rules = [{
    rulePriority = 1
    description  = "Images without a tag"
    selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = each.value.untagged_days }
    action       = { type = "expire" }
  }] })
}
