variable "cloud" {
  description = "The cloud the cluster is in: gcp, aws or azure. It decides how new volumes are labelled, and whether GPUs need a device plugin."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["gcp", "aws", "azure"], var.cloud)
    error_message = "cloud must be gcp, aws or azure."
  }
}

variable "cluster_name" {
  description = "The cluster's name: the cost label `cluster-name` of the volumes that pods ask for, and a label of every measurement."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.cluster_name))
    error_message = "cluster_name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "community" {
  description = "The community that pays for the whole cluster. Left out when communities share it."
  type        = string
  default     = null

  validation {
    condition     = var.community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.community))
    error_message = "community must be 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "labels" {
  description = "How cost labels are written, as in the cluster's module."
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

variable "namespace" {
  description = "The Kubernetes namespace of all this. The cloud's autoscaler role and the collector's identity name it too."
  type        = string
  default     = "support"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be lower-case letters, digits and hyphens."
  }
}

variable "certificates" {
  description = "Certificates of the hubs' domains: the address that the certificate authority writes to, and its ACME directory."
  type = object({
    email  = string
    server = optional(string, "https://acme-v02.api.letsencrypt.org/directory")
  })
  nullable = false

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", var.certificates.email))
    error_message = "certificates.email must be an address, as in operators@example.org."
  }

  validation {
    condition     = startswith(var.certificates.server, "https://")
    error_message = "certificates.server must be an ACME directory, as in https://ca.example.org/directory."
  }
}

variable "ingress" {
  description = "The load balancer in front of the hubs: its address where one is reserved, annotations of its service, and how many pods serve."
  type = object({
    address     = optional(string)
    annotations = optional(map(string), {})
    replicas    = optional(number, 2)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.ingress.replicas >= 1
    error_message = "ingress.replicas must be 1 or more."
  }
}

variable "prometheus" {
  description = "Prometheus: the days it keeps measurements and its disk. Hubledger can go back only as far as Prometheus can."
  type = object({
    retention_days = optional(number, 400)
    size_gib       = optional(number, 100)
    memory_gib     = optional(number, 4)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.prometheus.retention_days >= 35 && var.prometheus.size_gib >= 10 && var.prometheus.memory_gib >= 1
    error_message = "prometheus: retention_days must be 35 or more (a month, and time to bill it), size_gib 10 or more, memory_gib 1 or more."
  }
}

variable "cluster_autoscaler" {
  description = "How to run the cluster autoscaler, as the aws module's output of that name. Left out: the cloud runs its own."
  type = object({
    namespace       = string
    service_account = string
    annotations     = map(string)
    region          = string
    cluster_name    = string
  })
  default = null

  validation {
    condition     = try(length(var.cluster_autoscaler.annotations) > 0, var.cluster_autoscaler == null)
    error_message = "cluster_autoscaler.annotations must name the role it acts as."
  }
}

variable "collector" {
  description = "The identity that Hubledger reads bills with, as the cluster module's output of that name. Left out: no service account is made."
  type = object({
    namespace       = string
    service_account = string
    principal       = optional(string)
    annotations     = map(string)
    pod_labels      = optional(map(string), {})
  })
  default = null

  validation {
    condition     = try(length(var.collector.annotations) > 0, var.collector == null)
    error_message = "collector.annotations must name the identity it acts as."
  }
}

variable "gpus" {
  description = "Whether a node pool has GPUs: AWS and Azure then need a device plugin, which Google Cloud brings along."
  type        = bool
  default     = false
  nullable    = false
}

variable "charts" {
  description = "Helm charts, where they are and which version. A registry of one's own may take their place."
  type = object({
    cert_manager       = optional(object({ repository = string, version = string }), { repository = "https://charts.jetstack.io", version = "v1.21.2" })
    traefik            = optional(object({ repository = string, version = string }), { repository = "https://traefik.github.io/charts", version = "41.5.0" })
    prometheus         = optional(object({ repository = string, version = string }), { repository = "https://prometheus-community.github.io/helm-charts", version = "29.45.2" })
    cluster_autoscaler = optional(object({ repository = string, version = string }), { repository = "https://kubernetes.github.io/autoscaler", version = "9.56.0" })
    gpu_device_plugin  = optional(object({ repository = string, version = string }), { repository = "https://nvidia.github.io/k8s-device-plugin", version = "0.19.2" })
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for chart in values(var.charts) : can(regex("^v?[0-9]+[.][0-9]+[.][0-9]+", chart.version))])
    error_message = "charts: version must be one version, as in 1.2.3: a range would change from day to day."
  }
}
