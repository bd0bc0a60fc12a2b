# What the AWS module makes, in the words that HashiCorp's own provider 3.39.0 knows: a network, a cluster, a node group whose
# machines and disks are tagged, home storage, a bucket and a hub's role, with the cost labels of modules/labels.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "3.39.0"
    }
  }
}

variable "endpoint" {
  description = "Where the cloud is."
  type        = string
}

variable "name" {
  description = "The cluster's name."
  type        = string
}

provider "aws" {
  region                      = "us-west-2"
  s3_force_path_style         = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    autoscaling = var.endpoint
    ec2         = var.endpoint
    eks         = var.endpoint
    iam         = var.endpoint
    s3          = var.endpoint
    sts         = var.endpoint
  }
}

module "labels" {
  source = "./labels"

  cloud        = "aws"
  cluster_name = var.name
  hubs         = { aurora = "northern-sky" }
  subjects = {
    cluster = {}
    pool    = { node_purpose = "user" }
    home    = { volume_purpose = "home-nfs" }
    bucket  = { hub = "aurora" }
    hub     = { hub = "aurora" }
  }
}

locals {
  labels = module.labels.labels
  zones  = ["us-west-2a", "us-west-2b"]
}

resource "aws_vpc" "this" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = merge(local.labels["cluster"], { Name = var.name })
}

resource "aws_subnet" "private" {
  for_each = toset(local.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 4, index(local.zones, each.key))
  tags              = merge(local.labels["cluster"], { Name = "${var.name}-${each.key}" })
}

resource "aws_iam_role" "service" {
  for_each = { cluster = "eks.amazonaws.com", nodes = "ec2.amazonaws.com" }

  name               = "${var.name}-${each.key}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = each.value } }] })
  tags               = local.labels["cluster"]
}

resource "aws_eks_cluster" "this" {
  name     = var.name
  role_arn = aws_iam_role.service["cluster"].arn
  tags     = local.labels["cluster"]

  vpc_config {
    subnet_ids = [for zone in local.zones : aws_subnet.private[zone].id]
  }
}

# Without tags of its own: moto gives those to what is launched, too.
resource "aws_launch_template" "this" {
  name = var.name

  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]
    content {
      resource_type = tag_specifications.value
      tags          = local.labels["pool"]
    }
  }
}

resource "aws_eks_node_group" "this" {
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "users"
  node_role_arn   = aws_iam_role.service["nodes"].arn
  subnet_ids      = [aws_subnet.private[local.zones[0]].id]
  tags            = local.labels["pool"]

  scaling_config {
    min_size     = 1 # this version knows no scale from zero
    max_size     = 3
    desired_size = 1
  }

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  lifecycle {
    ignore_changes = [remote_access] # moto makes one up
  }
}

resource "aws_ebs_volume" "home" {
  availability_zone = local.zones[0]
  size              = 500
  type              = "gp3"
  encrypted         = true
  tags              = local.labels["home"]
}

resource "aws_s3_bucket" "scratch" {
  bucket = "${var.name}-scratch"
  tags   = local.labels["bucket"]

  lifecycle_rule {
    enabled = true

    expiration {
      days = 7
    }
  }
}

resource "aws_iam_role" "hub" {
  name               = "${var.name}-aurora"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = aws_eks_cluster.this.identity[0].oidc[0].issuer } }] })
  tags               = local.labels["hub"]
}

resource "aws_iam_role_policy" "hub" {
  name   = "buckets"
  role   = aws_iam_role.hub.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "${aws_s3_bucket.scratch.arn}/*" }] })
}

output "volume" {
  description = "The disk of home directories."
  value       = aws_ebs_volume.home.id
}
