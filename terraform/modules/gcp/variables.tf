variable "cluster_name" {
  description = "The cluster's name, in the fleet and in the cloud. Names of what belongs to the cluster begin with it, and every cost label `cluster-name` is it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.cluster_name))
    error_message = "cluster_name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen: every cloud accepts that."
  }
}

variable "region" {
  description = "The cloud's region (on Azure: location) that everything is made in, as the cloud writes it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region as the cloud writes it, as in us-central1."
  }
}

variable "zones" {
  description = "The zones that nodes run in, as the cloud writes them; a disk is in the first. Left out: the control plane's zone or else the region's zone b (Google Cloud, AWS), none (Azure)."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[a-z]+-[a-z]+[0-9]+-[a-z]$", zone))])
    error_message = "zones must be zones as the cloud writes them, as in us-central1-b."
  }

  validation {
    condition     = length(distinct(var.zones)) == length(var.zones)
    error_message = "zones names a zone twice."
  }
}

variable "community" {
  description = "The community that pays for the whole cluster: the cost label `community` of what belongs to no hub. Left out when communities share the cluster."
  type        = string
  default     = null

  validation {
    condition     = var.community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.community))
    error_message = "community must be 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "labels" {
  description = "How cost labels are written: `prefix` before each key where the cloud allows it (AWS, Azure), `managed_by` as the value of `managed-by`, `extra` labels on everything. Another prefix than `2i2c:` must be named in the fleet's `labels:`."
  type = object({
    prefix     = optional(string, "2i2c:")
    managed_by = optional(string, "hubledger")
    extra      = optional(map(string), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._:-]{0,40}$", var.labels.prefix)) && can(regex("^[a-z0-9_-]{1,63}$", var.labels.managed_by))
    error_message = "labels: prefix must be up to 40 letters, digits and . _ : - , and managed_by 1 to 63 lower-case letters, digits, _ and -, which every cloud accepts."
  }
}

variable "kubernetes_version" {
  description = "The control plane's Kubernetes version, as in 1.33. Left out: the release channel's, or the cloud's default."
  type        = string
  default     = null

  validation {
    condition     = var.kubernetes_version == null || can(regex("^1\\.[0-9]{2}(\\.[0-9]+)?(-[a-z]+\\.[0-9]+)?$", var.kubernetes_version))
    error_message = "kubernetes_version must be a version as in 1.33 or 1.33.4."
  }
}

variable "release_channel" {
  description = "How quickly the cluster follows Kubernetes' releases: rapid, regular, stable, or extended (long-term support, which the cloud bills)."
  type        = string
  default     = "regular"
  nullable    = false

  validation {
    condition     = contains(["rapid", "regular", "stable", "extended"], var.release_channel)
    error_message = "release_channel must be rapid, regular, stable or extended."
  }
}

variable "maintenance_start" {
  description = "The hour of day (UTC, HH:MM) from which the cloud may upgrade the cluster, where it has such windows; snapshots are taken an hour later."
  type        = string
  default     = "03:00"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):00$", var.maintenance_start))
    error_message = "maintenance_start must be a full hour, as in 03:00."
  }
}

variable "deletion_protection" {
  description = "Whether the cloud refuses to delete the cluster. Home storage, buckets and bills can't be destroyed whatever this says."
  type        = bool
  default     = true
  nullable    = false
}

variable "encryption_key" {
  description = "The customer-managed key, by the cloud's full name of it, that encrypts disks, buckets, registries and Kubernetes secrets. Left out: keys that the cloud keeps."
  type        = string
  default     = null

  validation {
    condition     = var.encryption_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.encryption_key))
    error_message = "encryption_key must be a key's full name, as in projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "network" {
  description = "The cluster's network: address ranges of nodes, pods, services and (where the cloud asks for one) control plane; who may reach the control plane (`authorized_ranges`: a CIDR by name; empty: only the network itself, over a private address); whether flows are logged, which costs."
  type = object({
    nodes_cidr         = optional(string, "10.0.0.0/16")
    pods_cidr          = optional(string, "10.64.0.0/12")
    services_cidr      = optional(string, "10.32.0.0/16")
    control_plane_cidr = optional(string, "172.16.0.0/28")
    authorized_ranges  = optional(map(string), {})
    flow_logs          = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for cidr in [var.network.nodes_cidr, var.network.pods_cidr, var.network.services_cidr, var.network.control_plane_cidr] : can(cidrhost(cidr, 0))])
    error_message = "network: nodes_cidr, pods_cidr, services_cidr and control_plane_cidr must be address ranges, as in 10.0.0.0/16."
  }

  validation {
    condition     = alltrue([for cidr in values(var.network.authorized_ranges) : can(cidrhost(cidr, 0))])
    error_message = "network.authorized_ranges must be address ranges by name, as in {office = \"192.0.2.0/24\"}."
  }

  validation {
    condition     = !contains(values(var.network.authorized_ranges), "0.0.0.0/0")
    error_message = "network.authorized_ranges must not open the control plane to everyone (0.0.0.0/0): name the ranges that operators come from."
  }
}

variable "node_pools" {
  description = "Node pools by name: what they are for (core, user or dask), machine type, the least and most nodes (of the whole pool), spot machines, GPUs, boot disk, zones, Kubernetes labels and taints beyond those of the purpose, and the hub or community a pool is for alone. There must be a core pool; other pools may scale to nothing."
  type = map(object({
    purpose            = string
    machine_type       = string
    min                = optional(number, 0)
    max                = number
    spot               = optional(bool, false)
    gpu                = optional(object({ type = string, count = optional(number, 1) }))
    disk_gib           = optional(number, 100)
    disk_type          = optional(string)
    zones              = optional(list(string), [])
    hub                = optional(string)
    community          = optional(string)
    labels             = optional(map(string), {})
    taints             = optional(list(object({ key = string, value = string, effect = optional(string, "NoSchedule") })), [])
    kubernetes_version = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.node_pools) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "node_pools: a pool's name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter: ${join(", ", [for name in keys(var.node_pools) : name if !can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])}."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : contains(["core", "user", "dask"], pool.purpose)])
    error_message = "node_pools: purpose must be core, user or dask: ${join(", ", [for name, pool in var.node_pools : "${name} is ${pool.purpose}" if !contains(["core", "user", "dask"], pool.purpose)])}."
  }

  validation {
    condition     = anytrue([for pool in var.node_pools : pool.purpose == "core" && pool.min >= 1 && !pool.spot])
    error_message = "node_pools: there must be a pool of purpose core that keeps one node (min = 1) or more and is not spot: hubs themselves run there."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.min >= 0 && pool.max >= 1 && pool.min <= pool.max])
    error_message = "node_pools: min must be 0 or more, and max 1 or more and not less than min: ${join(", ", [for name, pool in var.node_pools : "${name} has min ${pool.min}, max ${pool.max}" if !(pool.min >= 0 && pool.max >= 1 && pool.min <= pool.max)])}."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : can(regex("^[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*$", pool.machine_type))])
    error_message = "node_pools: no machine type of this cloud, which are written as in n2-highmem-4: ${join(", ", [for name, pool in var.node_pools : "${name} has ${pool.machine_type}" if !can(regex("^[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*$", pool.machine_type))])}."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.gpu == null || try(pool.gpu.count >= 1, false)])
    error_message = "node_pools: gpu.count must be 1 or more."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.disk_gib >= 30])
    error_message = "node_pools: disk_gib must be 30 or more: the system and the largest image must fit."
  }

  validation {
    condition     = alltrue(flatten([for pool in var.node_pools : [for taint in pool.taints : contains(["NoSchedule", "PreferNoSchedule", "NoExecute"], taint.effect)]]))
    error_message = "node_pools: a taint's effect must be NoSchedule, PreferNoSchedule or NoExecute."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.hub == null || contains(keys(var.hubs), coalesce(pool.hub, "-"))])
    error_message = "node_pools: hub must be one of hubs: ${join(", ", [for name, pool in var.node_pools : "${name} has ${coalesce(pool.hub, "-")}" if pool.hub != null && !contains(keys(var.hubs), coalesce(pool.hub, "-"))])}."
  }
}

variable "hubs" {
  description = "The cluster's hubs by name, which is their Kubernetes namespace: the community that pays, and the Kubernetes service account that acts for the hub's users in the cloud."
  type = map(object({
    community       = optional(string)
    service_account = optional(string, "user-sa")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.hubs) : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name))])
    error_message = "hubs: a hub's name must be a Kubernetes namespace, of lower-case letters, digits and hyphens: ${join(", ", [for name in keys(var.hubs) : name if !can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name))])}."
  }

  validation {
    condition     = alltrue([for hub in var.hubs : hub.community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(hub.community, "-"))) && can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", hub.service_account))])
    error_message = "hubs: community must be 1 to 63 lower-case letters, digits and hyphens, and service_account a Kubernetes name."
  }
}

variable "home_storage" {
  description = "Storage of home directories by name: `kind` disk (served by NFS in the cluster, cheap) or share (the cloud's own NFS service), its size, the cloud's own tier of it, the hub it is for alone (a disk must have one; a share without is for all), the days that daily snapshots are kept (0: none are taken), and the cloud's name of it where it is there already."
  type = map(object({
    kind          = optional(string, "disk")
    size_gib      = number
    tier          = optional(string)
    zone          = optional(string)
    hub           = optional(string)
    community     = optional(string)
    snapshot_days = optional(number, 7)
    name          = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.home_storage) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "home_storage: a name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter."
  }

  validation {
    condition     = alltrue([for storage in var.home_storage : contains(["disk", "share"], storage.kind)])
    error_message = "home_storage: kind must be disk or share: ${join(", ", [for name, storage in var.home_storage : "${name} is ${storage.kind}" if !contains(["disk", "share"], storage.kind)])}."
  }

  validation {
    condition     = alltrue([for storage in var.home_storage : storage.size_gib >= 10 && storage.size_gib <= 65536])
    error_message = "home_storage: size_gib must be 10 to 65536."
  }

  validation {
    condition     = alltrue([for storage in var.home_storage : storage.snapshot_days >= 0 && storage.snapshot_days <= 365 && floor(storage.snapshot_days) == storage.snapshot_days])
    error_message = "home_storage: snapshot_days must be 0 (no snapshots) to 365."
  }

  validation {
    condition     = alltrue([for storage in var.home_storage : storage.kind == "share" || storage.hub != null])
    error_message = "home_storage: a disk is served to one hub, so it must name it: ${join(", ", [for name, storage in var.home_storage : name if storage.kind != "share" && storage.hub == null])}."
  }

  validation {
    condition     = alltrue([for storage in var.home_storage : storage.hub == null || contains(keys(var.hubs), coalesce(storage.hub, "-"))])
    error_message = "home_storage: hub must be one of hubs: ${join(", ", [for name, storage in var.home_storage : "${name} has ${coalesce(storage.hub, "-")}" if storage.hub != null && !contains(keys(var.hubs), coalesce(storage.hub, "-"))])}."
  }
}

variable "buckets" {
  description = "Buckets (on Azure: blob containers) by name: the hub that pays and may write, days after which an object is deleted (scratch; left out: kept for ever), whether old versions are kept, days they are kept, further hubs that may read or write, and the cloud's name of it where it is there already."
  type = map(object({
    hub          = optional(string)
    community    = optional(string)
    expire_days  = optional(number)
    versioning   = optional(bool, false)
    version_days = optional(number, 30)
    readers      = optional(list(string), [])
    writers      = optional(list(string), [])
    name         = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.buckets) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "buckets: a name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter."
  }

  validation {
    condition     = alltrue([for bucket in var.buckets : try(coalesce(bucket.expire_days, 1) >= 1 && bucket.version_days >= 1, false)])
    error_message = "buckets: expire_days and version_days must be 1 or more; leave expire_days out to keep objects for ever."
  }

  validation {
    condition     = alltrue(flatten([for bucket in var.buckets : [for hub in concat(bucket.hub == null ? [] : [bucket.hub], bucket.readers, bucket.writers) : contains(keys(var.hubs), hub)]]))
    error_message = "buckets: hub, readers and writers must be hubs: ${join(", ", flatten([for name, bucket in var.buckets : [for hub in concat(bucket.hub == null ? [] : [bucket.hub], bucket.readers, bucket.writers) : "${name} names ${hub}" if !contains(keys(var.hubs), hub)]]))}."
  }
}

variable "registries" {
  description = "Container image registries by name: the hub or community that pays, days after which an image without a tag is deleted, and the cloud's name of it where it is there already."
  type = map(object({
    hub           = optional(string)
    community     = optional(string)
    untagged_days = optional(number, 30)
    name          = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.registries) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "registries: a name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter."
  }

  validation {
    condition     = alltrue([for registry in var.registries : registry.untagged_days >= 1])
    error_message = "registries: untagged_days must be 1 or more."
  }

  validation {
    condition     = alltrue([for registry in var.registries : registry.hub == null || contains(keys(var.hubs), coalesce(registry.hub, "-"))])
    error_message = "registries: hub must be one of hubs."
  }
}

variable "budget" {
  description = "A budget of a month: its amount in the billing account's currency (`currency` where the cloud asks for it), its `scope` cluster (what carries the cluster's label) or account (the whole project, account or subscription), percentages of it that are told when spent and when forecast, and the addresses they are told to. Left out: none. It tells, it doesn't stop."
  type = object({
    monthly_amount = number
    currency       = optional(string, "USD")
    scope          = optional(string, "cluster")
    thresholds     = optional(list(number), [50, 90, 100])
    forecast       = optional(list(number), [100])
    emails         = list(string)
  })
  default = null

  validation {
    condition     = try(var.budget.monthly_amount > 0, var.budget == null)
    error_message = "budget.monthly_amount must be more than 0."
  }

  validation {
    condition     = try(contains(["cluster", "account"], var.budget.scope), var.budget == null)
    error_message = "budget.scope must be cluster or account."
  }

  validation {
    condition     = try(alltrue([for percent in concat(var.budget.thresholds, var.budget.forecast) : percent >= 1 && percent <= 1000]), var.budget == null)
    error_message = "budget.thresholds and budget.forecast are percentages, 1 to 1000."
  }

  validation {
    condition     = try(length(var.budget.thresholds) + length(var.budget.forecast) <= 5, var.budget == null)
    error_message = "budget has room for five thresholds and forecasts together: a cloud takes no more."
  }

  validation {
    condition     = try(length(var.budget.emails) > 0 && alltrue([for email in var.budget.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", email))]), var.budget == null)
    error_message = "budget.emails must be one or more addresses, as in costs@example.org."
  }

  validation {
    condition     = var.budget == null || can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "budget.currency must be three capital letters, as in USD."
  }
}

variable "billing_export" {
  description = "Where the cloud's bill is exported to: `format` focus (FOCUS) or native (the cloud's own: BigQuery detailed export, CUR 2.0, actual and amortized cost), the dataset's, bucket's or storage account's name (left out: made from the cluster's), and its place where it is not the cluster's region (on Google Cloud: EU or US, by the region). Left out: no export is made."
  type = object({
    format   = optional(string, "native")
    name     = optional(string)
    location = optional(string)
  })
  default = null

  validation {
    condition     = try(contains(["native", "focus"], var.billing_export.format), var.billing_export == null)
    error_message = "billing_export.format must be native or focus."
  }
}

variable "collector" {
  description = "The identity that Hubledger reads bills with, and can do nothing else: the Kubernetes service account that may act as it, and the cloud's principals (on Google Cloud members as in group:…, on AWS ARNs, on Azure object ids) that may. Left out: none is made."
  type = object({
    namespace       = optional(string, "support")
    service_account = optional(string, "hubledger")
    principals      = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = try(can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.collector.namespace)) && can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.collector.service_account)), var.collector == null)
    error_message = "collector: namespace and service_account must be Kubernetes names."
  }
}

variable "gcp" {
  description = "What only Google Cloud has: the project's id and number (the number for a budget), the zone of a zonal control plane (left out: a regional one), and the billing account (for a budget)."
  type = object({
    project         = string
    project_number  = optional(string)
    zone            = optional(string)
    billing_account = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.gcp.project))
    error_message = "gcp.project must be a project's id, as in tidewater-hubs."
  }

  validation {
    condition     = var.gcp.project_number == null || can(regex("^[0-9]+$", var.gcp.project_number))
    error_message = "gcp.project_number must be digits; `gcloud projects describe PROJECT` tells it."
  }

  validation {
    condition     = var.gcp.zone == null || can(regex("^${var.region}-[a-z]$", var.gcp.zone))
    error_message = "gcp.zone must be a zone of region, as in us-central1-b."
  }

  validation {
    condition     = var.gcp.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.gcp.billing_account))
    error_message = "gcp.billing_account must be a billing account's id, as in 01C4E7-9A20FD-77B35E."
  }

  validation {
    condition     = var.budget == null || (var.gcp.billing_account != null && var.gcp.project_number != null)
    error_message = "a budget needs gcp.billing_account and gcp.project_number."
  }
}
