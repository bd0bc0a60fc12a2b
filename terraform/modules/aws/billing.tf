# The bill, exported to a bucket as Parquet: FOCUS 1.2 or CUR 2.0, with the columns that Hubledger reads and none with people in it.
# The cost labels are told to the bill as cost allocation tags.

locals {
  billing_bucket = try(coalesce(var.billing_export.name, "${var.cluster_name}-bill-${local.account}"), null)
  billing_table  = try(var.billing_export.format == "focus" ? "FOCUS_1_2_AWS" : "COST_AND_USAGE_REPORT", null)

  focus_columns = [
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory",
    "PricingCurrency", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName",
    "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId",
    "SubAccountId", "SubAccountName", "SubAccountType", "Tags", "x_Discounts", "x_Operation", "x_ServiceCode",
  ]
  report_columns = concat([
    "bill_bill_type", "bill_billing_entity", "bill_billing_period_end_date", "bill_billing_period_start_date", "bill_invoice_id", "bill_invoicing_entity", "bill_payer_account_id",
    "bill_payer_account_name", "identity_line_item_id", "identity_time_interval", "line_item_availability_zone", "line_item_currency_code", "line_item_legal_entity",
    "line_item_line_item_description", "line_item_line_item_type", "line_item_net_unblended_cost", "line_item_product_code", "line_item_resource_id", "line_item_tax_type",
    "line_item_unblended_cost", "line_item_unblended_rate", "line_item_usage_account_id", "line_item_usage_account_name", "line_item_usage_amount", "line_item_usage_end_date",
    "line_item_usage_start_date", "line_item_usage_type", "pricing_public_on_demand_cost", "pricing_public_on_demand_rate", "pricing_purchase_option", "pricing_rate_code", "pricing_rate_id",
    "pricing_unit", "product", "product_region_code", "product_sku", "reservation_effective_cost", "reservation_net_effective_cost",
    "reservation_net_unused_amortized_upfront_fee_for_billing_period", "reservation_net_unused_recurring_fee", "reservation_reservation_a_r_n",
    "reservation_unused_amortized_upfront_fee_for_billing_period", "reservation_unused_recurring_fee", "resource_tags", "savings_plan_net_savings_plan_effective_cost",
    "savings_plan_savings_plan_a_r_n", "savings_plan_savings_plan_effective_cost", "savings_plan_total_commitment_to_date", "savings_plan_used_commitment",
    ],
    var.aws.split_costs ? ["split_line_item_net_split_cost", "split_line_item_net_unused_cost", "split_line_item_parent_resource_id", "split_line_item_split_cost", "split_line_item_unused_cost"] : [],
  )
}

resource "aws_s3_bucket" "billing" {
  #checkov:skip=CKV_AWS_18:only the export writes here, and CloudTrail knows who reads
  #checkov:skip=CKV_AWS_144:AWS keeps the bill, and exports it anew
  #checkov:skip=CKV_AWS_145:encrypted by the cloud's key, or by encryption_key
  #checkov:skip=CKV2_AWS_62:nobody listens to events of this bucket
  count = var.billing_export == null ? 0 : 1

  bucket        = local.billing_bucket
  region        = coalesce(var.billing_export.location, var.region)
  force_destroy = false
  tags          = local.labels["cluster"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "billing" {
  count = var.billing_export == null ? 0 : 1

  bucket                  = aws_s3_bucket.billing[0].bucket
  region                  = aws_s3_bucket.billing[0].region
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "billing" {
  count = var.billing_export == null ? 0 : 1

  bucket = aws_s3_bucket.billing[0].bucket
  region = aws_s3_bucket.billing[0].region

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "billing" {
  count = var.billing_export == null ? 0 : 1

  bucket = aws_s3_bucket.billing[0].bucket
  region = aws_s3_bucket.billing[0].region

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "billing" {
  count = var.billing_export == null ? 0 : 1

  bucket = aws_s3_bucket.billing[0].bucket
  region = aws_s3_bucket.billing[0].region

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.encryption_key == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.encryption_key
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "billing" {
  count = var.billing_export == null ? 0 : 1

  bucket = aws_s3_bucket.billing[0].bucket
  region = aws_s3_bucket.billing[0].region

  # AWS delivers a month's bill anew each day: what it replaces is of no use for long.
  rule {
    id     = "replaced"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.billing]
}

resource "aws_s3_bucket_policy" "billing" {
  count = var.billing_export == null ? 0 : 1

  bucket = aws_s3_bucket.billing[0].bucket
  region = aws_s3_bucket.billing[0].region
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Export"
        Effect    = "Allow"
        Principal = { Service = ["bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com"] }
        Action    = ["s3:PutObject", "s3:GetBucketPolicy"]
        Resource  = ["${local.partition}:s3:::${local.billing_bucket}", "${local.partition}:s3:::${local.billing_bucket}/*"]
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnLike      = { "aws:SourceArn" = ["${local.partition}:bcm-data-exports:us-east-1:${local.account}:export/*", "${local.partition}:cur:us-east-1:${local.account}:definition/*"] }
        }
      },
      {
        Sid       = "EncryptedConnectionsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["${local.partition}:s3:::${local.billing_bucket}", "${local.partition}:s3:::${local.billing_bucket}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.billing]
}

resource "aws_bcmdataexports_export" "this" {
  count = var.billing_export == null ? 0 : 1

  tags = local.labels["cluster"]

  export {
    name        = var.cluster_name
    description = "The bill that Hubledger reads"

    data_query {
      query_statement = "SELECT ${join(", ", var.billing_export.format == "focus" ? local.focus_columns : local.report_columns)} FROM ${local.billing_table}"
      table_configurations = {
        (local.billing_table) = var.billing_export.format == "focus" ? { TIME_GRANULARITY = "HOURLY" } : {
          BILLING_VIEW_ARN                      = "${local.partition}:billing::${local.account}:billingview/primary"
          TIME_GRANULARITY                      = "HOURLY"
          INCLUDE_RESOURCES                     = "TRUE"
          INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY = "FALSE"
          INCLUDE_SPLIT_COST_ALLOCATION_DATA    = var.aws.split_costs ? "TRUE" : "FALSE"
        }
      }
    }

    destination_configurations {
      s3_destination {
        s3_bucket = aws_s3_bucket.billing[0].bucket
        s3_prefix = "exports"
        s3_region = aws_s3_bucket.billing[0].region

        s3_output_configurations {
          compression = "PARQUET"
          format      = "PARQUET"
          output_type = "CUSTOM"
          overwrite   = "OVERWRITE_REPORT"
        }
      }
    }

    refresh_cadence {
      frequency = "SYNCHRONOUS"
    }
  }

  depends_on = [aws_s3_bucket_policy.billing]
}

resource "aws_ce_cost_allocation_tag" "this" {
  for_each = var.aws.activate_cost_tags ? toset(module.labels.cost_keys) : toset([])

  tag_key = each.key
  status  = "Active"
}
