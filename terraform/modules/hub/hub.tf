# JupyterHub itself. The authenticator's settings are values of their own, so that a plan shows the others.

locals {
  tolerations = [
    { key = "hub.jupyter.org_dedicated", operator = "Equal", value = "user", effect = "NoSchedule" },
  ]
  dask_services  = var.dask ? ["dask-gateway"] : []
  gpu_toleration = { key = "nvidia.com/gpu", operator = "Exists", effect = "NoSchedule" }

  profiles = [
    for profile in var.profiles : {
      slug         = profile.slug
      display_name = profile.display_name
      description  = profile.description
      default      = profile.default
      kubespawner_override = { for name, value in {
        cpu_guarantee         = profile.cpu_guarantee
        cpu_limit             = profile.cpu_limit
        mem_guarantee         = "${profile.memory_guarantee_gib}G"
        mem_limit             = profile.memory_limit_gib == null ? null : "${profile.memory_limit_gib}G"
        image                 = profile.image
        node_selector         = merge({ "hub.jupyter.org/node-purpose" = "user" }, profile.node_selector)
        extra_resource_limits = profile.gpus == 0 ? null : { "nvidia.com/gpu" = tostring(profile.gpus) }
        tolerations           = profile.gpus == 0 ? null : concat(local.tolerations, [local.gpu_toleration])
      } : name => value if value != null }
    }
  ]

  values = {
    fullnameOverride = ""

    ingress = {
      enabled          = true
      ingressClassName = var.ingress.class
      hosts            = [var.domain]
      annotations      = { "cert-manager.io/cluster-issuer" = var.ingress.issuer }
      tls              = [{ hosts = [var.domain], secretName = "https-auto-tls" }]
    }

    proxy = {
      https   = { enabled = false } # the ingress speaks it
      service = { type = "ClusterIP" }
      chp     = { networkPolicy = { interNamespaceAccessLabels = "accept" } }
    }

    hub = {
      networkPolicy = { interNamespaceAccessLabels = "accept" }
      labels        = local.labels["hub"]
      db            = { pvc = merge({ storage = "1Gi" }, var.storage_class == null ? {} : { storageClassName = var.storage_class }) }
      config = {
        JupyterHub = {
          authenticator_class     = var.authenticator
          authenticate_prometheus = false # the network policy lets Prometheus alone in, and it counts users only
        }
        KubeSpawner = { working_dir = "/home/jovyan" }
      }
      services  = { for name in local.dask_services : name => { display = false, url = "http://traefik-${name}" } }
      loadRoles = { for name in local.dask_services : "user" => { scopes = ["self", "access:services!service=${name}"] } }
    }

    scheduling = {
      userScheduler   = { enabled = true }
      userPlaceholder = { enabled = false }
      corePods        = { nodeAffinity = { matchNodePurpose = "require" } }
      userPods        = { nodeAffinity = { matchNodePurpose = "require" } }
    }

    prePuller = { hook = { enabled = false }, continuous = { enabled = false } }
    cull      = { enabled = true, timeout = var.idle_minutes * 60, every = 300, maxAge = 604800 }

    singleuser = {
      serviceAccountName = kubernetes_service_account_v1.user.metadata[0].name
      extraLabels        = merge(local.labels["hub"], var.identity.pod_labels, { "hub.jupyter.org/network-access-hub" = "true" })
      image              = { name = var.image.name, tag = var.image.tag }
      storage = {
        type   = "static"
        static = { pvcName = kubernetes_persistent_volume_claim_v1.home.metadata[0].name, subPath = trimprefix("${local.subpath}/{username}", "/") }
      }
      cpu           = { guarantee = 0.5 }
      memory        = { guarantee = "2G" }
      profileList   = local.profiles
      cloudMetadata = { blockWithIptables = false } # the network policy below, and the nodes' metadata service, do
      networkPolicy = { enabled = true, egressAllowRules = { cloudMetadataServer = false, privateIPs = false }, egress = [
        for name in local.dask_services : { to = [{ podSelector = { matchLabels = { "app.kubernetes.io/name" = name } } }] }
      ] }
      extraEnv = merge(
        { for purpose, url in var.buckets : "${upper(purpose)}_BUCKET" => "${url}/$(JUPYTERHUB_USER)" },
        var.dask ? {
          DASK_GATEWAY__ADDRESS                 = "https://${var.domain}/services/dask-gateway"
          DASK_GATEWAY__PROXY_ADDRESS           = "gateway://traefik-dask-gateway:80"
          DASK_GATEWAY__AUTH__TYPE              = "jupyterhub"
          DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE = "{JUPYTER_IMAGE_SPEC}"
        } : {},
      )
    }

    custom = { displayName = coalesce(var.display_name, var.name) }
  }
}

resource "helm_release" "hub" {
  name       = "jupyterhub"
  namespace  = local.namespace
  repository = var.charts.jupyterhub.repository
  chart      = "jupyterhub"
  version    = var.charts.jupyterhub.version
  atomic     = true
  timeout    = 900

  values = concat(
    [yamlencode(local.values)],
    var.values,
    [yamlencode({ hub = { config = var.authenticator_config } })],
  )
}
