# Who acts in the cloud, by workload identity and without keys: each hub's users, and Hubledger's collector.

locals {
  workloads = merge(
    { for name, hub in var.hubs : "hub-${name}" => { namespace = name, service_account = hub.service_account, labels = "hub/${name}" } },
    var.collector == null ? {} : { collector = { namespace = var.collector.namespace, service_account = var.collector.service_account, labels = "cluster" } },
  )

  grants = merge(
    { for pair in flatten([for bucket, value in var.buckets : [for hub in toset(concat(value.writers, value.hub == null ? [] : [value.hub])) : { bucket = bucket, hub = hub, role = "Storage Blob Data Contributor" }]]) : "${pair.bucket}/${pair.hub}/write" => pair },
    { for pair in flatten([for bucket, value in var.buckets : [for hub in toset(value.readers) : { bucket = bucket, hub = hub, role = "Storage Blob Data Reader" }]]) : "${pair.bucket}/${pair.hub}/read" => pair },
  )

  # Who reads bills: the collector's identity, and the principals named for it.
  readers_of_bills = var.collector == null ? {} : merge({ collector = azurerm_user_assigned_identity.workload["collector"].principal_id }, { for id in var.collector.principals : id => id })
}

resource "azurerm_user_assigned_identity" "workload" {
  for_each = local.workloads

  name                = "${var.cluster_name}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.labels[each.value.labels]
}

resource "azurerm_federated_identity_credential" "workload" {
  for_each = local.workloads

  name                      = "kubernetes"
  user_assigned_identity_id = azurerm_user_assigned_identity.workload[each.key].id
  issuer                    = azurerm_kubernetes_cluster.this.oidc_issuer_url
  subject                   = "system:serviceaccount:${each.value.namespace}:${each.value.service_account}"
  audience                  = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "hub" {
  for_each = local.grants

  scope                = azurerm_storage_account.bucket[each.value.bucket].id
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.workload["hub-${each.value.hub}"].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "costs" {
  for_each = local.readers_of_bills

  scope                = local.subscription
  role_definition_name = "Cost Management Reader"
  principal_id         = each.value
}

resource "azurerm_role_assignment" "bills" {
  for_each = var.billing_export == null ? {} : local.readers_of_bills

  scope                = azurerm_storage_account.billing[0].id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = each.value
}
