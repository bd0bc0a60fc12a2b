# Container images. The nodes may pull them; a weekly task deletes those without a tag.

locals {
  registry_names = { for name, registry in var.registries : name => coalesce(registry.name, "${substr(replace("${var.cluster_name}${name}", "-", ""), 0, min(40, length(replace("${var.cluster_name}${name}", "-", ""))))}${substr(sha1("${local.unique}/registry/${name}"), 0, 10)}") }
}

resource "azurerm_container_registry" "this" {
  #checkov:skip=CKV_AZURE_139:communities push images from their own continuous integration, signed in by Entra
  #checkov:skip=CKV_AZURE_163:scanning is Defender's, which is the subscription's own choice
  #checkov:skip=CKV_AZURE_164:images of communities are not signed
  #checkov:skip=CKV_AZURE_165:a copy in another region needs the Premium tier, at thrice the cost
  #checkov:skip=CKV_AZURE_166:a quarantine would need someone to lift it for every image
  #checkov:skip=CKV_AZURE_167:the retention policy needs the Premium tier; the task below does the same
  #checkov:skip=CKV_AZURE_233:zone redundancy needs the Premium tier, at thrice the cost
  #checkov:skip=CKV_AZURE_237:dedicated data endpoints need the Premium tier, at thrice the cost
  for_each = var.registries

  name                   = local.registry_names[each.key]
  resource_group_name    = azurerm_resource_group.this.name
  location               = var.region
  sku                    = "Standard"
  admin_enabled          = false
  anonymous_pull_enabled = false
  tags                   = local.labels["registry/${each.key}"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_container_registry_task" "untagged" {
  for_each = var.registries

  name                  = "delete-untagged"
  container_registry_id = azurerm_container_registry.this[each.key].id
  tags                  = local.labels["registry/${each.key}"]

  platform {
    os = "Linux"
  }

  encoded_step {
    task_content = base64encode(yamlencode({
      version = "v1.1.0"
      steps   = [{ cmd = "acr purge --filter '.*:^$' --untagged --ago ${each.value.untagged_days}d", disableWorkingDirectoryOverride = true, timeout = 3600 }]
    }))
  }

  timer_trigger {
    name     = "weekly"
    schedule = "0 5 * * 0"
  }
}

resource "azurerm_role_assignment" "pull" {
  for_each = var.registries

  scope                = azurerm_container_registry.this[each.key].id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.cluster["kubelet"].principal_id
  principal_type       = "ServicePrincipal"
}
