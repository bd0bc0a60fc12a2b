# What is measured, what a new volume carries, who makes certificates; and that nobody outside sees Prometheus.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  cloud        = "aws"
  cluster_name = "northlight"
  certificates = { email = "operators@openhubs.example" }
}

run "prometheus_measures_what_hubledger_asks" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.prometheus.values[0])["kube-state-metrics"].metricAnnotationsAllowList == ["pods=[hub.jupyter.org/username]"] && strcontains(yamldecode(helm_release.prometheus.values[0])["kube-state-metrics"].metricLabelsAllowlist[0], "hub.jupyter.org/node-purpose")
    error_message = "kube-state-metrics must tell of users' servers and nodes' purposes"
  }
  assert {
    condition     = !yamldecode(helm_release.prometheus.values[0]).server.ingress.enabled && yamldecode(helm_release.prometheus.values[0]).server.service.type == "ClusterIP" && yamldecode(helm_release.prometheus.values[0]).server.retention == "400d"
    error_message = "Prometheus must be reached from within the cluster alone, and keep 400 days"
  }
  assert {
    condition     = contains([for toleration in yamldecode(helm_release.prometheus.values[0])["prometheus-node-exporter"].tolerations : toleration.key], "k8s.dask.org_dedicated")
    error_message = "node-exporter must run on nodes of every purpose"
  }
}

run "new_volumes_are_tagged_on_aws" {
  command = plan

  assert {
    condition     = kubernetes_storage_class_v1.this.parameters == tomap({ type = "gp3", encrypted = "true", tagSpecification_1 = "2i2c:cluster-name=northlight", tagSpecification_2 = "2i2c:managed-by=hubledger" })
    error_message = "volumes are made with ${jsonencode(kubernetes_storage_class_v1.this.parameters)}"
  }
}

run "new_volumes_are_labelled_on_google_cloud" {
  command = plan
  variables {
    cloud = "gcp"
    gpus  = true
  }
  assert {
    condition     = kubernetes_storage_class_v1.this.parameters["labels"] == "cluster-name=northlight,managed-by=hubledger"
    error_message = "volumes are made with ${jsonencode(kubernetes_storage_class_v1.this.parameters)}"
  }
  assert {
    condition     = length(helm_release.gpu_device_plugin) == 0 && length(helm_release.cluster_autoscaler) == 0
    error_message = "Google Cloud brings its own device plugin and autoscaler"
  }
}

run "the_autoscaler_acts_as_the_cloud_s_role" {
  command = plan
  variables {
    cluster_autoscaler = { namespace = "support", service_account = "cluster-autoscaler", annotations = { "eks.amazonaws.com/role-arn" = "arn:aws:iam::481516230042:role/a" }, region = "us-west-2", cluster_name = "northlight" }
  }
  assert {
    condition     = yamldecode(helm_release.cluster_autoscaler[0].values[0]).rbac.serviceAccount.annotations["eks.amazonaws.com/role-arn"] == "arn:aws:iam::481516230042:role/a"
    error_message = "the autoscaler must act as the role"
  }
}

run "charts_are_pinned" {
  command = plan

  assert {
    condition     = alltrue([for chart in [helm_release.cert_manager, helm_release.traefik, helm_release.prometheus] : can(regex("^v?[0-9]+[.][0-9]+[.][0-9]+$", chart.version))])
    error_message = "a chart has no version"
  }
}

run "measurements_that_are_gone_before_the_bill_is_there" {
  command = plan
  variables {
    prometheus = { retention_days = 7 }
  }
  expect_failures = [var.prometheus]
}

run "certificates_that_nobody_is_told_of" {
  command = plan
  variables {
    certificates = { email = "operators" }
  }
  expect_failures = [var.certificates]
}
