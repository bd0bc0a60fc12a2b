# Home directories. A disk is served to the hub by NFS from within the cluster, with a quota for each directory; a share is the
# cloud's. Both come as the claim `home`. Volumes are retained: what is in them is not Kubernetes' to delete.

locals {
  disk    = var.home_storage.kind == "disk" ? [var.home_storage] : []
  size    = "${var.home_storage.size_gib}Gi"
  server  = var.home_storage.kind == "disk" ? one(kubernetes_service_v1.home[*].spec[0].cluster_ip) : var.home_storage.server
  path    = var.home_storage.kind == "disk" ? "/" : var.home_storage.path
  subpath = var.home_storage.hub == null ? "/${var.name}" : "" # several hubs share a share, each in a directory of its own
}

resource "kubernetes_persistent_volume_v1" "disk" {
  count = length(local.disk)

  metadata {
    name   = "${var.name}-home-disk"
    labels = local.labels["home"]
  }

  spec {
    capacity                         = { storage = local.size }
    access_modes                     = ["ReadWriteOnce"]
    persistent_volume_reclaim_policy = "Retain"
    storage_class_name               = ""
    mount_options                    = ["rw", "relatime", "nouuid", "attr2", "inode64", "logbufs=8", "logbsize=32k", "pquota"]

    persistent_volume_source {
      csi {
        driver        = local.disk[0].driver
        volume_handle = local.disk[0].volume_handle
        fs_type       = local.disk[0].fs_type
      }
    }

    claim_ref {
      name      = "home-nfs"
      namespace = local.namespace
    }
  }

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = var.home_storage.driver != null && var.home_storage.volume_handle != null
      error_message = "home_storage of kind disk must say driver and volume_handle."
    }
  }
}

resource "helm_release" "home_nfs" {
  count = length(local.disk)

  name       = "home-nfs"
  namespace  = local.namespace
  repository = var.charts.home_nfs.repository
  chart      = "jupyterhub-home-nfs"
  version    = var.charts.home_nfs.version
  atomic     = true

  values = [yamlencode({
    fullnameOverride = "" # its claim is then called home-nfs, which the volume above waits for
    persistentVolume = { size = local.size }
    nodeSelector     = { "hub.jupyter.org/node-purpose" = "core" }
    quotaEnforcer    = { config = { QuotaManager = { paths = ["/export"], hard_quota = var.home_quota_gib } } }
  })]

  depends_on = [kubernetes_persistent_volume_v1.disk]
}

# Nodes mount by address: they don't know the names within the cluster.
resource "kubernetes_service_v1" "home" {
  count = length(local.disk)

  metadata {
    name      = "home-server"
    namespace = local.namespace
    labels    = local.labels["home"]
  }

  spec {
    type     = "ClusterIP"
    selector = { app = "nfs-server" }

    dynamic "port" {
      for_each = { nfs = 2049, mountd = 20048, rpcbind = 111 }
      content {
        name        = port.key
        port        = port.value
        target_port = port.value
      }
    }
  }
}

resource "kubernetes_persistent_volume_v1" "home" {
  metadata {
    name   = "${var.name}-home"
    labels = local.labels["home"]
  }

  spec {
    capacity                         = { storage = local.size }
    access_modes                     = ["ReadWriteMany"]
    persistent_volume_reclaim_policy = "Retain"
    storage_class_name               = ""
    mount_options                    = var.home_storage.kind == "disk" ? ["soft", "noatime", "vers=4.2"] : ["soft", "noatime"]

    persistent_volume_source {
      nfs {
        server = local.server
        path   = local.path
      }
    }

    claim_ref {
      name      = "home"
      namespace = local.namespace
    }
  }

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = var.home_storage.kind == "disk" || (var.home_storage.server != null && var.home_storage.path != null)
      error_message = "home_storage of kind share must say server and path."
    }
  }
}

resource "kubernetes_persistent_volume_claim_v1" "home" {
  metadata {
    name      = "home"
    namespace = local.namespace
    labels    = local.labels["home"]
  }

  spec {
    access_modes       = ["ReadWriteMany"]
    storage_class_name = ""
    volume_name        = kubernetes_persistent_volume_v1.home.metadata[0].name

    resources {
      requests = { storage = local.size }
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [helm_release.home_nfs]
}

# How much home directories hold, slowly and read-only: Hubledger asks for the hub's sum alone.
resource "kubernetes_deployment_v1" "dirsize" {
  #checkov:skip=CKV_K8S_14:the version is pinned, in charts.dirsize_exporter
  #checkov:skip=CKV_K8S_15:a pinned version does not change, so a node that has it need not ask
  #checkov:skip=CKV_K8S_43:the version is pinned, in charts.dirsize_exporter, which may hold a digest
  metadata {
    name      = "dirsize-exporter"
    namespace = local.namespace
    labels    = local.labels["hub"]
  }

  spec {
    replicas = 1

    selector {
      match_labels = { app = "dirsize-exporter" }
    }

    template {
      metadata {
        labels      = { app = "dirsize-exporter" }
        annotations = { "prometheus.io/scrape" = "true", "prometheus.io/port" = "8000" }
      }

      spec {
        automount_service_account_token = false
        node_selector                   = { "hub.jupyter.org/node-purpose" = "core" }

        container {
          name  = "dirsize-exporter"
          image = var.charts.dirsize_exporter
          # The folder, file operations a second at most, minutes between two walks.
          args = ["dirsize-exporter", "/homes", "250", "120", "--port=8000"]

          port {
            name           = "metrics"
            container_port = 8000
          }

          readiness_probe {
            tcp_socket {
              port = "metrics"
            }
          }

          liveness_probe {
            tcp_socket {
              port = "metrics"
            }
            period_seconds    = 60
            failure_threshold = 10
          }

          resources {
            requests = { cpu = "10m", memory = "128Mi" }
            limits   = { cpu = "50m", memory = "512Mi" }
          }

          security_context {
            run_as_user                = 1000
            run_as_group               = 0
            allow_privilege_escalation = false
            read_only_root_filesystem  = true
            capabilities {
              drop = ["ALL"]
            }
          }

          volume_mount {
            name       = "homes"
            mount_path = "/homes"
            sub_path   = trimprefix(local.subpath, "/")
            read_only  = true
          }
        }

        volume {
          name = "homes"
          persistent_volume_claim {
            claim_name = kubernetes_persistent_volume_claim_v1.home.metadata[0].name
            read_only  = true
          }
        }
      }
    }
  }
}
