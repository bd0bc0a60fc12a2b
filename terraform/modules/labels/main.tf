locals {
  # Keys and values as each cloud allows them.
  # Google Cloud: lower case, 63 characters, 64 labels; AWS: 128 and 256 characters, 50 tags, not beginning with aws:;
  # Azure: 128 (storage accounts) and 256 characters, 50 tags; Kubernetes: a DNS name and 63 characters, 63 characters.
  forms = {
    gcp = {
      prefix = ""
      key    = "^[a-z][a-z0-9_-]{0,62}$"
      value  = "^[a-z0-9_-]{0,63}$"
      most   = 64
    }
    aws = {
      prefix = "2i2c:"
      key    = "^[A-Za-z0-9 +=._:/@-]{1,128}$"
      value  = "^[A-Za-z0-9 +=._:/@-]{0,256}$"
      most   = 50
    }
    azure = {
      prefix = "2i2c:"
      key    = "^[^<>%&\\\\?/]{1,128}$"
      value  = "^.{0,256}$"
      most   = 50
    }
    kubernetes = {
      prefix = "2i2c.org/"
      key    = "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
      value  = "^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$"
      most   = 1000
    }
  }
  form     = local.forms[var.cloud]
  prefix   = var.prefix == null ? local.form.prefix : var.prefix
  reserved = { gcp = "^goog", aws = "^(?i:aws:)", azure = "^(?i:microsoft|azure|windows)", kubernetes = "^([a-z0-9.-]+[.])?(kubernetes|k8s)[.]io/" }

  # Of several keys that become the same in Google Cloud's form, a list: two are one too many, and refused.
  extra = {
    for key, subject in var.subjects : key => {
      for name, value in merge(var.extra, subject.extra) :
      (var.cloud == "gcp" ? replace(lower(name), "/[^a-z0-9_-]/", "-") : name) => var.cloud == "gcp" ? replace(lower(value), "/[^a-z0-9_-]/", "-") : value...
    }
  }

  cost = {
    for key, subject in var.subjects : key => {
      for name, value in {
        "cluster-name"   = var.cluster_name
        "managed-by"     = var.managed_by
        "hub-name"       = subject.hub
        "community"      = subject.community != null ? subject.community : subject.hub != null ? lookup(var.hubs, subject.hub, null) : var.community
        "node-purpose"   = subject.node_purpose
        "volume-purpose" = subject.volume_purpose
      } : "${local.prefix}${name}" => value if value != null
    }
  }

  labels = { for key in keys(var.subjects) : key => tomap(merge({ for name, values in local.extra[key] : name => values[0] }, local.cost[key])) }

  # What a cloud would refuse, in words.
  refused = flatten([
    for key, labels in local.labels : [
      [for name in keys(labels) : "${key}: ${name} is no legal key" if !can(regex(local.form.key, name))],
      [for name in keys(labels) : "${key}: ${name} begins as the cloud's own keys do" if can(regex(local.reserved[var.cloud], name))],
      [for name, value in labels : "${key}: ${name} has the illegal value ${value}" if !can(regex(local.form.value, value))],
      [for name, values in local.extra[key] : "${key}: ${name} is given by ${length(values)} keys" if length(values) > 1],
      [for name in keys(local.extra[key]) : "${key}: ${name} is a cost label, which extra may not set" if contains(keys(local.cost[key]), name)],
      length(labels) > local.form.most ? ["${key}: ${length(labels)} labels, the cloud takes ${local.form.most}"] : [],
    ]
  ])
}
