# A Dask gateway, which signs its users in by the hub. Workers run on nodes of purpose dask.

resource "helm_release" "dask" {
  count = var.dask ? 1 : 0

  name       = "dask-gateway"
  namespace  = local.namespace
  repository = var.charts.dask_gateway.repository
  chart      = "dask-gateway"
  version    = var.charts.dask_gateway.version
  atomic     = true

  values = [yamlencode({
    gateway = {
      prefix       = "/services/dask-gateway"
      nodeSelector = { "k8s.dask.org/node-purpose" = "core" }
      # The hub's chart makes the token, and keeps it in its secret.
      auth = { type = "jupyterhub", jupyterhub = { apiTokenFromSecretName = "hub", apiTokenFromSecretKey = "hub.services.dask-gateway.apiToken" } }
      backend = {
        scheduler = {
          extraPodConfig = {
            serviceAccountName = kubernetes_service_account_v1.user.metadata[0].name
            nodeSelector       = { "k8s.dask.org/node-purpose" = "scheduler" }
            tolerations        = local.tolerations
          }
        }
        worker = {
          extraPodConfig = {
            serviceAccountName = kubernetes_service_account_v1.user.metadata[0].name
            nodeSelector       = { "k8s.dask.org/node-purpose" = "worker" }
            tolerations = [
              { key = "k8s.dask.org_dedicated", operator = "Equal", value = "worker", effect = "NoSchedule" },
              { key = "kubernetes.azure.com/scalesetpriority", operator = "Equal", value = "spot", effect = "NoSchedule" },
            ]
          }
        }
      }
    }
    controller = { nodeSelector = { "k8s.dask.org/node-purpose" = "core" } }
    traefik    = { nodeSelector = { "k8s.dask.org/node-purpose" = "core" }, service = { type = "ClusterIP" } }
  })]

  depends_on = [helm_release.hub]
}
