# The way in: Traefik behind the cloud's load balancer, and certificates by cert-manager.

locals {
  ingress_class = "traefik"
  issuer        = "hubledger"
}

resource "helm_release" "cert_manager" {
  name       = "cert-manager"
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = var.charts.cert_manager.repository
  chart      = "cert-manager"
  version    = var.charts.cert_manager.version
  atomic     = true

  values = [yamlencode({
    crds         = { enabled = true, keep = true }
    nodeSelector = local.core_nodes
    webhook      = { nodeSelector = local.core_nodes }
    cainjector   = { nodeSelector = local.core_nodes }
  })]
}

resource "helm_release" "traefik" {
  name       = "traefik"
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = var.charts.traefik.repository
  chart      = "traefik"
  version    = var.charts.traefik.version
  atomic     = true

  values = [yamlencode({
    deployment = {
      replicas = var.ingress.replicas
      # JupyterHub's network policies let in what carries this label.
      podLabels = { "hub.jupyter.org/network-access-proxy-http" = "true" }
    }
    ingressClass = { enabled = true, isDefaultClass = true, name = local.ingress_class }
    nodeSelector = local.core_nodes
    service = {
      annotations = var.ingress.annotations
      spec        = merge({ type = "LoadBalancer" }, var.ingress.address == null ? {} : { loadBalancerIP = var.ingress.address })
    }
    ports = {
      web = {
        allowACMEByPass = true
        http            = { redirections = { entryPoint = { to = "websecure", scheme = "https", permanent = true } } }
      }
    }
    # Its kind is cert-manager's, so it can only be made once that is there.
    extraObjects = [{
      apiVersion = "cert-manager.io/v1"
      kind       = "ClusterIssuer"
      metadata   = { name = local.issuer }
      spec = {
        acme = {
          email               = var.certificates.email
          server              = var.certificates.server
          privateKeySecretRef = { name = "${local.issuer}-account" }
          solvers             = [{ http01 = { ingress = { ingressClassName = local.ingress_class } } }]
        }
      }
    }]
  })]

  depends_on = [helm_release.cert_manager]
}
