# Home storage by kinds, buckets with expiry, the bill's export in both formats, cost allocation tags and the budget.

mock_provider "aws" {}

variables {
  cluster_name = "northlight"
  region       = "us-west-2"
  aws          = { account_id = "481516230042" }
  hubs         = { aurora = { community = "northern-sky" }, drift = {} }
  node_pools   = { core = { purpose = "core", machine_type = "r7i.large", min = 1, max = 3 } }
  home_storage = {
    aurora = { kind = "disk", hub = "aurora", size_gib = 500 }
    drift  = { kind = "share", hub = "drift", size_gib = 100, snapshot_days = 14 }
  }
  buckets = {
    scratch    = { hub = "aurora", expire_days = 7 }
    persistent = { hub = "aurora", versioning = true, readers = ["drift"] }
  }
  billing_export = {}
  budget         = { monthly_amount = 4000, emails = ["costs@openhubs.example"] }
}

run "a_volume_has_daily_snapshots_that_carry_its_tags" {
  command = plan

  assert {
    condition     = aws_ebs_volume.home["aurora"].tags == tomap({ "2i2c:cluster-name" = "northlight", "2i2c:managed-by" = "hubledger", "2i2c:hub-name" = "aurora", "2i2c:community" = "northern-sky", "2i2c:volume-purpose" = "home-nfs", Name = "northlight-home-aurora" }) && aws_ebs_volume.home["aurora"].encrypted
    error_message = "the volume is tagged ${jsonencode(aws_ebs_volume.home["aurora"].tags)}"
  }
  assert {
    condition     = aws_dlm_lifecycle_policy.snapshots["aurora"].policy_details[0].schedule[0].copy_tags && aws_dlm_lifecycle_policy.snapshots["aurora"].policy_details[0].schedule[0].create_rule[0].interval == 24 && aws_dlm_lifecycle_policy.snapshots["aurora"].policy_details[0].schedule[0].retain_rule[0].count == 7
    error_message = "snapshots must be daily, kept for 7 days, and carry the volume's tags"
  }
  assert {
    condition     = aws_dlm_lifecycle_policy.snapshots["aurora"].policy_details[0].target_tags == tomap({ Name = "northlight-home-aurora" })
    error_message = "the policy must find the volume by its name"
  }
}

run "a_share_is_encrypted_and_backed_up_daily" {
  command = plan

  assert {
    condition     = aws_efs_file_system.home["drift"].encrypted && one(one(aws_backup_plan.home["drift"].rule).lifecycle).delete_after == 14 && one(aws_backup_plan.home["drift"].rule).schedule == "cron(0 4 * * ? *)"
    error_message = "the share must be encrypted, and backed up at 04:00 for 14 days"
  }
}

run "scratch_expires_and_persistent_does_not" {
  command = plan

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this["scratch"].rule : rule.expiration[0].days if length(rule.expiration) > 0] == [7]
    error_message = "objects of the scratch bucket must be deleted after 7 days"
  }
  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this["persistent"].rule : rule.id if length(rule.expiration) > 0] == []
    error_message = "objects of the persistent bucket must not be deleted"
  }
  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.restrict_public_buckets])
    error_message = "no bucket may be public"
  }
}

run "hubs_reach_their_buckets_and_no_other" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.hub["drift"].policy).Statement : statement.Sid] == ["List", "Read"] && !strcontains(aws_iam_role_policy.hub["drift"].policy, "scratch")
    error_message = "drift may only read the persistent bucket: ${aws_iam_role_policy.hub["drift"].policy}"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.hub["aurora"].policy, "s3:PutObject")
    error_message = "aurora must be able to write its buckets"
  }
}

run "the_bill_is_exported_as_cur_2" {
  command = plan

  assert {
    condition     = endswith(aws_bcmdataexports_export.this[0].export[0].data_query[0].query_statement, "FROM COST_AND_USAGE_REPORT") && strcontains(aws_bcmdataexports_export.this[0].export[0].data_query[0].query_statement, "resource_tags")
    error_message = "the export must be CUR 2.0, with tags"
  }
  assert {
    condition     = length(regexall("principal|user_identifier", aws_bcmdataexports_export.this[0].export[0].data_query[0].query_statement)) == 0
    error_message = "the export must not name people"
  }
  assert {
    condition     = length(aws_ce_cost_allocation_tag.this) == 0
    error_message = "cost allocation tags can't be activated before something carried them"
  }
}

run "the_bill_is_exported_as_focus_and_tags_are_activated" {
  command = plan
  variables {
    aws            = { account_id = "481516230042", activate_cost_tags = true }
    billing_export = { format = "focus" }
  }
  assert {
    condition     = endswith(aws_bcmdataexports_export.this[0].export[0].data_query[0].query_statement, "FROM FOCUS_1_2_AWS")
    error_message = "the export must be FOCUS 1.2"
  }
  assert {
    condition     = toset(keys(aws_ce_cost_allocation_tag.this)) == toset([for key in ["cluster-name", "community", "hub-name", "managed-by", "node-purpose", "volume-purpose"] : "2i2c:${key}"])
    error_message = "tags activated are ${join(", ", keys(aws_ce_cost_allocation_tag.this))}"
  }
}

run "the_budget_looks_at_the_cluster_s_tag" {
  command = plan

  assert {
    condition     = one(aws_budgets_budget.this[0].cost_filter).values == tolist(["user:2i2c:cluster-name$northlight"]) && length(aws_budgets_budget.this[0].notification) == 4
    error_message = "the budget's filter is ${jsonencode(aws_budgets_budget.this[0].cost_filter)}"
  }
}
