variable "name" {
  description = "The hub's name, which is its Kubernetes namespace."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.name)) && !contains(["support", "kube-system", "default"], var.name)
    error_message = "name must be a Kubernetes namespace of the hub's own: lower-case letters, digits and hyphens, and not support, kube-system or default."
  }
}

variable "cluster_name" {
  description = "The cluster's name: the label `cluster-name`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.cluster_name))
    error_message = "cluster_name must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "community" {
  description = "The community that pays for the hub: the label `community`."
  type        = string
  default     = null

  validation {
    condition     = var.community == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.community))
    error_message = "community must be 1 to 63 lower-case letters, digits and hyphens."
  }
}

variable "domain" {
  description = "Where the hub answers, at https://<domain>. Its DNS record must lead to the cluster's load balancer."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,}$", var.domain))
    error_message = "domain must be a domain's name without https:// or path, as in estuary.openhubs.example."
  }
}

variable "display_name" {
  description = "What people call the hub. Left out: its name."
  type        = string
  default     = null

  validation {
    condition     = var.display_name == null || length(trimspace(coalesce(var.display_name, " "))) > 0
    error_message = "display_name must not be blank."
  }
}

variable "ingress" {
  description = "The ingress class and who makes certificates, as the support module's outputs ingress_class and cluster_issuer."
  type = object({
    class  = optional(string, "traefik")
    issuer = optional(string, "hubledger")
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.ingress.class) > 0 && length(var.ingress.issuer) > 0
    error_message = "ingress: class and issuer must not be empty."
  }
}

variable "storage_class" {
  description = "The storage class of the hub's own database, as the support module's output of that name. Left out: the cluster's default."
  type        = string
  default     = null

  validation {
    condition     = var.storage_class == null || can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.storage_class))
    error_message = "storage_class must be the name of a storage class."
  }
}

variable "home_storage" {
  description = "The hub's home storage, one of the cluster module's output home_storage: a disk (which this module serves by NFS) or a share."
  type = object({
    kind          = string
    size_gib      = number
    hub           = optional(string)
    server        = optional(string)
    path          = optional(string)
    driver        = optional(string)
    volume_handle = optional(string)
    fs_type       = optional(string)
    zone          = optional(string)
  })
  nullable = false

  validation {
    condition     = contains(["disk", "share"], var.home_storage.kind)
    error_message = "home_storage.kind must be disk or share."
  }
}

variable "home_quota_gib" {
  description = "GiB that each home directory may hold. It is enforced where home directories are on a disk."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.home_quota_gib > 0
    error_message = "home_quota_gib must be more than 0."
  }
}

variable "identity" {
  description = "The hub's identity in the cloud, one of the cluster module's output hub_identities. Left out: users have none."
  type = object({
    namespace       = optional(string)
    service_account = optional(string, "user-sa")
    principal       = optional(string)
    annotations     = optional(map(string), {})
    pod_labels      = optional(map(string), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.identity.service_account))
    error_message = "identity.service_account must be a Kubernetes name."
  }
}

variable "authenticator" {
  description = "JupyterHub's authenticator class, as in github, google, cilogon, auth0, generic-oauth, azuread. There is no default: who may sign in is a decision."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9._-]*$", var.authenticator)) && !contains(["dummy", "null"], var.authenticator)
    error_message = "authenticator must be the name of an authenticator class; dummy and null let everyone in, and are refused."
  }
}

variable "authenticator_config" {
  description = "Settings of JupyterHub's classes by class and name, as in {GitHubOAuthenticator = {client_id = …, client_secret = …, allowed_organizations = […]}}: secret, and never shown in a plan."
  type        = any
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(keys(var.authenticator_config)) && alltrue([for settings in try(values(var.authenticator_config), []) : can(keys(settings))])
    error_message = "authenticator_config must be settings by class, as in {GitHubOAuthenticator = {client_id = \"…\"}}."
  }
}

variable "image" {
  description = "The image of users' servers where a profile names no other."
  type = object({
    name = string
    tag  = string
  })
  default  = { name = "quay.io/jupyter/scipy-notebook", tag = "2026-09-29" }
  nullable = false

  validation {
    condition     = var.image.tag != "latest"
    error_message = "image.tag must not be latest: a server would change from day to day."
  }
}

variable "profiles" {
  description = "What people may choose from when they start a server: its CPUs and memory (guaranteed, which is what is charged, and at most), GPUs, image, and the labels of the nodes it runs on. Empty: one server, of the first guarantee's defaults."
  type = list(object({
    slug                 = string
    display_name         = string
    description          = optional(string, "")
    default              = optional(bool, false)
    image                = optional(string)
    cpu_guarantee        = optional(number, 0.5)
    cpu_limit            = optional(number)
    memory_guarantee_gib = optional(number, 2)
    memory_limit_gib     = optional(number)
    gpus                 = optional(number, 0)
    node_selector        = optional(map(string), {})
  }))
  default  = []
  nullable = false

  validation {
    condition     = length(distinct([for profile in var.profiles : profile.slug])) == length(var.profiles)
    error_message = "profiles: two have the same slug."
  }

  validation {
    condition     = length([for profile in var.profiles : profile if profile.default]) <= 1
    error_message = "profiles: only one can be the default."
  }

  validation {
    condition     = alltrue([for profile in var.profiles : profile.cpu_guarantee > 0 && coalesce(profile.cpu_limit, profile.cpu_guarantee) >= profile.cpu_guarantee && profile.memory_guarantee_gib > 0 && coalesce(profile.memory_limit_gib, profile.memory_guarantee_gib) >= profile.memory_guarantee_gib && profile.gpus >= 0])
    error_message = "profiles: guarantees must be more than 0, and limits not less than guarantees."
  }
}

variable "buckets" {
  description = "Buckets of the hub by what they are for, scratch or persistent, as URLs of the cluster module's output buckets: users find theirs in SCRATCH_BUCKET and PERSISTENT_BUCKET."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for purpose in keys(var.buckets) : contains(["scratch", "persistent"], purpose)])
    error_message = "buckets must be by scratch or persistent."
  }
}

variable "dask" {
  description = "Whether the hub has a Dask gateway, for clusters of workers on nodes of purpose dask."
  type        = bool
  default     = false
  nullable    = false
}

variable "idle_minutes" {
  description = "Minutes after which a server that nobody uses is stopped: an idle server is paid for like any other."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.idle_minutes >= 5
    error_message = "idle_minutes must be 5 or more."
  }
}

variable "values" {
  description = "Further values of the zero-to-jupyterhub chart, as YAML texts; they win over what this module sets."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for text in var.values : can(yamldecode(text))])
    error_message = "values must be YAML."
  }
}

variable "charts" {
  description = "Helm charts and the exporter's image, where they are and which version. A registry of one's own may take their place."
  type = object({
    jupyterhub       = optional(object({ repository = string, version = string }), { repository = "https://hub.jupyter.org/helm-chart", version = "4.3.3" })
    home_nfs         = optional(object({ repository = string, version = string }), { repository = "oci://ghcr.io/2i2c-org/jupyterhub-home-nfs", version = "1.2.0" })
    dask_gateway     = optional(object({ repository = string, version = string }), { repository = "https://helm.dask.org", version = "2026.3.0" })
    dirsize_exporter = optional(string, "quay.io/yuvipanda/prometheus-dirsize-exporter:v3.0")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for chart in [var.charts.jupyterhub, var.charts.home_nfs, var.charts.dask_gateway] : can(regex("^v?[0-9]+[.][0-9]+[.][0-9]+", chart.version))]) && !endswith(var.charts.dirsize_exporter, ":latest")
    error_message = "charts: version must be one version, as in 1.2.3: a range would change from day to day."
  }
}
