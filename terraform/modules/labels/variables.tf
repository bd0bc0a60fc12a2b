variable "cloud" {
  description = "Whose form the labels take: gcp (labels), aws (tags), azure (tags) or kubernetes (labels)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["gcp", "aws", "azure", "kubernetes"], var.cloud)
    error_message = "cloud must be gcp, aws, azure or kubernetes."
  }
}

variable "cluster_name" {
  description = "The cluster's name: the label `cluster-name`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.cluster_name))
    error_message = "cluster_name must be 1 to 63 lower-case letters, digits and hyphens, beginning with a letter: it is the value of a label in every cloud."
  }
}

variable "prefix" {
  description = "What each key begins with. Left out: nothing on Google Cloud, `2i2c:` on AWS and Azure, `2i2c.org/` in Kubernetes. The fleet's `labels:` must know another one."
  type        = string
  default     = null

  validation {
    condition     = var.prefix == null || can(regex("^[A-Za-z0-9._:/-]{0,100}$", coalesce(var.prefix, "-")))
    error_message = "prefix must be letters, digits and . _ : / -"
  }
}

variable "managed_by" {
  description = "The value of the label `managed-by`."
  type        = string
  default     = "hubledger"
  nullable    = false

  validation {
    condition     = length(var.managed_by) > 0
    error_message = "managed_by must say who manages this."
  }
}

variable "community" {
  description = "The community that pays for the whole cluster: the label `community` of what has no community and no hub of its own."
  type        = string
  default     = null

  validation {
    condition     = var.community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.community))
    error_message = "community must be 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "hubs" {
  description = "The community that pays for a hub, by the hub's name (null where the fleet alone says it)."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for hub in keys(var.hubs) : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", hub))])
    error_message = "hubs: a hub's name must be a Kubernetes namespace, of lower-case letters, digits and hyphens: ${join(", ", [for hub in keys(var.hubs) : hub if !can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", hub))])}."
  }

  validation {
    condition     = alltrue([for community in values(var.hubs) : community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(community, "-")))])
    error_message = "hubs: a community's name must be 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "extra" {
  description = "Further labels on everything. Google Cloud's form is made of them (lower case, hyphens for what it doesn't allow); elsewhere they must be legal as they are."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.extra) : length(trimspace(key)) > 0])
    error_message = "extra: a label needs a key."
  }
}

variable "subjects" {
  description = "What is labelled, by a key of the caller's: the hub or community it is for, what the node is for (core, user, dask), what the volume is for (home-nfs), and further labels of its own."
  type = map(object({
    hub            = optional(string)
    community      = optional(string)
    node_purpose   = optional(string)
    volume_purpose = optional(string)
    extra          = optional(map(string), {})
  }))
  nullable = false

  validation {
    condition     = alltrue([for subject in var.subjects : subject.hub == null || contains(keys(var.hubs), coalesce(subject.hub, "-"))])
    error_message = "subjects: hub must be one of hubs: ${join(", ", [for key, subject in var.subjects : "${key} has ${coalesce(subject.hub, "-")}" if subject.hub != null && !contains(keys(var.hubs), coalesce(subject.hub, "-"))])}."
  }

  validation {
    condition     = alltrue([for subject in var.subjects : subject.community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(subject.community, "-")))])
    error_message = "subjects: community must be 1 to 63 lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for subject in var.subjects : contains(["core", "user", "dask"], coalesce(subject.node_purpose, "core"))])
    error_message = "subjects: node_purpose must be core, user or dask."
  }

  validation {
    condition     = alltrue([for subject in var.subjects : contains(["home-nfs"], coalesce(subject.volume_purpose, "home-nfs"))])
    error_message = "subjects: volume_purpose must be home-nfs."
  }
}
