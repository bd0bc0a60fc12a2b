# A network of the cluster's own. Nodes have private addresses and reach the internet through one NAT gateway.

locals {
  subnets = {
    nodes     = cidrsubnet(var.network.nodes_cidr, 1, 0)
    endpoints = cidrsubnet(var.network.nodes_cidr, 8, 255)
  }
}

resource "azurerm_virtual_network" "this" {
  name                = var.cluster_name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  address_space       = [var.network.nodes_cidr]
  tags                = local.labels["cluster"]
}

resource "azurerm_subnet" "this" {
  for_each = local.subnets

  name                              = each.key
  resource_group_name               = azurerm_resource_group.this.name
  virtual_network_name              = azurerm_virtual_network.this.name
  address_prefixes                  = [each.value]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "Enabled"

  dynamic "service_endpoint" {
    for_each = each.key == "nodes" ? ["Microsoft.Storage"] : []
    content {
      service = service_endpoint.value
    }
  }
}

# Hubs are for everyone; the cluster's load balancer has nothing else open.
resource "azurerm_network_security_group" "this" {
  #checkov:skip=CKV_AZURE_160:port 80 leads to 443, and answers the certificate authority's challenge
  name                = var.cluster_name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  tags                = local.labels["cluster"]
}

resource "azurerm_network_security_rule" "web" {
  #checkov:skip=CKV_AZURE_160:port 80 leads to 443, and answers the certificate authority's challenge
  name                        = "web"
  resource_group_name         = azurerm_resource_group.this.name
  network_security_group_name = azurerm_network_security_group.this.name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefix       = "Internet"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_ranges     = ["80", "443"]
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = local.subnets

  subnet_id                 = azurerm_subnet.this[each.key].id
  network_security_group_id = azurerm_network_security_group.this.id
}

resource "azurerm_public_ip" "nat" {
  name                = "${var.cluster_name}-nat"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = local.labels["cluster"]
}

resource "azurerm_nat_gateway" "this" {
  name                = var.cluster_name
  resource_group_name = azurerm_resource_group.this.name
  location            = var.region
  sku_name            = "Standard"
  tags                = local.labels["cluster"]
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  nat_gateway_id       = azurerm_nat_gateway.this.id
  public_ip_address_id = azurerm_public_ip.nat.id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  subnet_id      = azurerm_subnet.this["nodes"].id
  nat_gateway_id = azurerm_nat_gateway.this.id
}
