# A VPC of the cluster's own. Nodes have private addresses and reach the internet through one NAT gateway; S3 costs no NAT.

locals {
  # Nodes run in `node_zones`; EKS wants subnets in two zones, whether or not nodes run there.
  node_zones    = length(var.zones) > 0 ? var.zones : ["${var.region}b"]
  subnet_zones  = distinct(concat(local.node_zones, length(local.node_zones) > 1 ? [] : ["${var.region}a", "${var.region}b"]))
  zone_of_homes = local.node_zones[0]

  # Of the nodes' range, an eighth for each zone's nodes, and of the last eighth a small part for load balancers.
  subnets = { for index, zone in local.subnet_zones : zone => { private = cidrsubnet(var.network.nodes_cidr, 3, index), public = cidrsubnet(var.network.nodes_cidr, 8, 240 + index) } }
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:flow logs cost by the gigabyte; network.flow_logs turns them on
  cidr_block           = var.network.nodes_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.labels["cluster"], { Name = var.cluster_name })
}

# Nothing is in the default security group, and it lets nothing through.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = local.labels["cluster"]
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value.private
  map_public_ip_on_launch = false
  tags                    = merge(local.labels["cluster"], { Name = "${var.cluster_name}-nodes-${each.key}", "kubernetes.io/role/internal-elb" = "1" })
}

resource "aws_subnet" "public" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value.public
  map_public_ip_on_launch = false
  tags                    = merge(local.labels["cluster"], { Name = "${var.cluster_name}-public-${each.key}", "kubernetes.io/role/elb" = "1" })
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.labels["cluster"], { Name = var.cluster_name })
}

resource "aws_eip" "nat" {
  #checkov:skip=CKV2_AWS_19:it belongs to the NAT gateway
  domain = "vpc"
  tags   = merge(local.labels["cluster"], { Name = "${var.cluster_name}-nat" })
}

resource "aws_nat_gateway" "this" {
  allocation_id = aws_eip.nat.allocation_id
  subnet_id     = aws_subnet.public[local.node_zones[0]].id
  tags          = merge(local.labels["cluster"], { Name = var.cluster_name })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.labels["cluster"], { Name = "${var.cluster_name}-public" })
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.labels["cluster"], { Name = "${var.cluster_name}-nodes" })
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route" "private" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
  tags              = merge(local.labels["cluster"], { Name = "${var.cluster_name}-s3" })
}

resource "aws_cloudwatch_log_group" "flows" {
  #checkov:skip=CKV_AWS_158:encrypted by the cloud's key; a key of one's own must first allow the service
  #checkov:skip=CKV_AWS_338:flows are kept for as long as they help to find a fault
  count = var.network.flow_logs ? 1 : 0

  name              = "/aws/vpc/${var.cluster_name}/flows"
  retention_in_days = 30
  tags              = local.labels["cluster"]
}

resource "aws_iam_role" "flows" {
  count = var.network.flow_logs ? 1 : 0

  name               = "${var.cluster_name}-flows"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "vpc-flow-logs.amazonaws.com" }, Condition = { StringEquals = { "aws:SourceAccount" = local.account } } }] })
  tags               = local.labels["cluster"]
}

resource "aws_iam_role_policy" "flows" {
  count = var.network.flow_logs ? 1 : 0

  name = "write"
  role = aws_iam_role.flows[0].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    Resource = "${aws_cloudwatch_log_group.flows[0].arn}:*"
  }] })
}

resource "aws_flow_log" "this" {
  count = var.network.flow_logs ? 1 : 0

  vpc_id          = aws_vpc.this.id
  traffic_type    = "ALL"
  iam_role_arn    = aws_iam_role.flows[0].arn
  log_destination = aws_cloudwatch_log_group.flows[0].arn
  tags            = local.labels["cluster"]
}
