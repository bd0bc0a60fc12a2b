# A hub at its domain, with its home directories, profiles and labels; its secrets stay out of what a plan shows.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  name                 = "estuary"
  cluster_name         = "tidewater"
  community            = "coastal-modelling"
  domain               = "estuary.openhubs.example"
  home_storage         = { kind = "disk", hub = "estuary", size_gib = 500, driver = "pd.csi.storage.gke.io", volume_handle = "projects/p/zones/z/disks/d", fs_type = "xfs" }
  authenticator        = "github"
  authenticator_config = { GitHubOAuthenticator = { client_id = "id", client_secret = "topsecret" } }
  profiles = [
    { slug = "small", display_name = "Small", default = true, cpu_limit = 1, memory_limit_gib = 4 },
    { slug = "gpu", display_name = "GPU", gpus = 1 },
  ]
}

run "the_hub_answers_at_its_domain" {
  command = plan

  assert {
    condition     = output.url == "https://estuary.openhubs.example" && yamldecode(helm_release.hub.values[0]).ingress.hosts == ["estuary.openhubs.example"] && yamldecode(helm_release.hub.values[0]).ingress.annotations["cert-manager.io/cluster-issuer"] == "hubledger"
    error_message = "the hub must be at https://estuary.openhubs.example, with a certificate"
  }
  assert {
    condition     = can(regex("^[0-9]+[.][0-9]+[.][0-9]+$", helm_release.hub.version)) && helm_release.hub.chart == "jupyterhub"
    error_message = "the chart must be pinned"
  }
}

run "secrets_are_values_of_their_own" {
  command = plan

  assert {
    condition     = issensitive(helm_release.hub.values[1]) && !issensitive(helm_release.hub.values[0]) && !strcontains(helm_release.hub.values[0], "topsecret")
    error_message = "the authenticator's settings must be sensitive, and the others must not"
  }
  assert {
    condition     = nonsensitive(yamldecode(helm_release.hub.values[1]).hub.config.GitHubOAuthenticator.client_secret) == "topsecret"
    error_message = "the authenticator's settings must reach the chart"
  }
}

run "a_disk_is_served_with_a_quota_and_retained" {
  command = plan

  assert {
    condition     = kubernetes_persistent_volume_v1.disk[0].spec[0].persistent_volume_source[0].csi[0].volume_handle == "projects/p/zones/z/disks/d" && kubernetes_persistent_volume_v1.disk[0].spec[0].persistent_volume_reclaim_policy == "Retain"
    error_message = "the disk's volume must be the disk, and be retained"
  }
  assert {
    condition     = kubernetes_persistent_volume_v1.disk[0].spec[0].claim_ref[0].name == "home-nfs" && yamldecode(helm_release.home_nfs[0].values[0]).quotaEnforcer.config.QuotaManager.hard_quota == 10
    error_message = "the disk must be served by home-nfs, with a quota"
  }
  assert {
    condition     = kubernetes_persistent_volume_v1.home.metadata[0].labels == tomap({ "2i2c.org/cluster-name" = "tidewater", "2i2c.org/managed-by" = "hubledger", "2i2c.org/hub-name" = "estuary", "2i2c.org/community" = "coastal-modelling", "2i2c.org/volume-purpose" = "home-nfs" })
    error_message = "the volume is labelled ${jsonencode(kubernetes_persistent_volume_v1.home.metadata[0].labels)}"
  }
  assert {
    condition     = yamldecode(helm_release.hub.values[0]).singleuser.storage.static.subPath == "{username}"
    error_message = "a disk is one hub's, so directories are at its top"
  }
}

run "a_share_of_several_hubs_has_a_directory_for_each" {
  command = plan
  variables {
    home_storage = { kind = "share", size_gib = 1024, server = "10.0.0.2", path = "/homes" }
  }
  assert {
    condition     = kubernetes_persistent_volume_v1.home.spec[0].persistent_volume_source[0].nfs[0].server == "10.0.0.2" && length(helm_release.home_nfs) == 0
    error_message = "a share needs no server of ours"
  }
  assert {
    condition     = yamldecode(helm_release.hub.values[0]).singleuser.storage.static.subPath == "estuary/{username}"
    error_message = "directories are at ${yamldecode(helm_release.hub.values[0]).singleuser.storage.static.subPath}"
  }
  assert {
    condition     = kubernetes_deployment_v1.dirsize.spec[0].template[0].spec[0].container[0].volume_mount[0].sub_path == "estuary"
    error_message = "the hub's directories alone are its own to measure"
  }
}

run "profiles_ask_for_what_they_say" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.hub.values[0]).singleuser.profileList[0].kubespawner_override == { cpu_guarantee = 0.5, cpu_limit = 1, mem_guarantee = "2G", mem_limit = "4G", node_selector = { "hub.jupyter.org/node-purpose" = "user" } }
    error_message = "small is ${jsonencode(yamldecode(helm_release.hub.values[0]).singleuser.profileList[0])}"
  }
  assert {
    condition     = yamldecode(helm_release.hub.values[0]).singleuser.profileList[1].kubespawner_override.extra_resource_limits == { "nvidia.com/gpu" = "1" }
    error_message = "gpu is ${jsonencode(yamldecode(helm_release.hub.values[0]).singleuser.profileList[1])}"
  }
}

run "a_domain_with_a_path" {
  command = plan
  variables {
    domain = "https://estuary.openhubs.example/hub"
  }
  expect_failures = [var.domain]
}

run "a_hub_in_the_namespace_of_support" {
  command = plan
  variables {
    name = "support"
  }
  expect_failures = [var.name]
}

run "an_authenticator_that_lets_everyone_in" {
  command = plan
  variables {
    authenticator = "dummy"
  }
  expect_failures = [var.authenticator]
}

run "two_default_profiles_and_an_image_that_changes" {
  command = plan
  variables {
    image    = { name = "quay.io/jupyter/scipy-notebook", tag = "latest" }
    profiles = [{ slug = "a", display_name = "A", default = true }, { slug = "b", display_name = "B", default = true }]
  }
  expect_failures = [var.image, var.profiles]
}

run "a_disk_without_a_handle" {
  command = plan
  variables {
    home_storage = { kind = "disk", size_gib = 500 }
  }
  expect_failures = [kubernetes_persistent_volume_v1.disk]
}
