"""Fleets written to disk: one of ours, and one in the layout and format that 2i2c keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

OURS = {
    "fleet.yaml": """\
policy:
  idle: even
  shared: by-users
  weights:
    cpu: 0.0350
    memory: 0.005
    gpu: 1
labels:
  hub: [our-hub, hub-name]
  keep: [cost-centre]
excluded_users: [health-check]
""",
    "clusters/delta/cluster.yaml": """\
name: delta
provider: gcp
provider_url: https://cloud.example.org
gcp:
  project: delta-project
  cluster: delta-gke
  zone: europe-west4-b
  billing:
    paid_by_us: true
    bigquery:
      project: bills
      dataset: export
      billing_id: 01A2B3-C4D5E6-F70819
hubs:
  - name: staging
    display_name: Delta (staging)
    domain: staging.delta.example.org
  - name: prod
    display_name: Delta
    domain: delta.example.org
billing:
  - source: focus
    path: ../../bills/*.parquet
    name: delta-focus
  - source: bigquery
    project: bills
    dataset: export
    billing_id: 01A2B3-C4D5E6-F70819
    table: gcp_export
    location: EU
    maximum_bytes_billed: 1000000
usage:
  source: prometheus
  url: https://prometheus.delta.example.org/
  username: hubledger
  password_file: secrets/password
  ca_file: ca.pem
  insecure_skip_verify: false
  headers:
    X-Scope-OrgID: delta
  timeout_seconds: 30
policy:
  idle: operator
  weights:
    gpu: 0.50
accounts: [delta-project, delta-data]
""",
    "clusters/sigma/cluster.yaml": """\
name: sigma
provider: aws
aws:
  clusterName: sigma-eks
  account_id: 012345678901
  region: eu-central-1
hubs:
  - name: prod
usage:
  source: file
  path: usage
""",
    "communities/reef.yaml": """\
name: reef
display_name: Reef Survey
hubs:
  - delta/prod
  - hub: sigma/prod
    from: 2026-01-01
    to: 2026-07-01
accounts: [reef-project]
contacts: [finance@reef.example.org]
""",
    "communities/tides.yaml": """\
name: tides
hubs:
  - hub: sigma/prod
    from: 2026-07-01
""",
}

_SUPPORT = """\
support:
  helm_chart_values_files:
    - support.values.yaml
    - enc-support.secret.values.yaml
"""

THEIRS = {
    "northwind/cluster.yaml": f"""\
name: northwind
provider: gcp # https://console.example.org/kubernetes
gcp:
  key: enc-deployer-credentials.secret.json
  project: northwind-hubs
  cluster: northwind-cluster
  zone: us-central1
  billing:
    paid_by_us: true
    bigquery:
      project: shared-costs
      dataset: cloud_costs
      billing_id: 00AAAA-BBBBBB-012345
{_SUPPORT}hubs:
  - name: staging
    display_name: "Northwind (staging)"
    domain: staging.northwind.example.org
    helm_chart: daskhub
    auth0:
      enabled: false
    helm_chart_values_files: &values
      - common.values.yaml
      - enc-staging.secret.values.yaml
  - name: prod
    display_name: "Northwind"
    domain: northwind.example.org
    helm_chart: daskhub
    helm_chart_values_files: *values
""",
    "kestrel/cluster.yaml": f"""\
name: kestrel
provider: aws # https://111122223333.signin.example.org/console
provider_url: https://111122223333.signin.example.org/console
account: "111122223333"
aws:
  key: enc-deployer-credentials.secret.json
  clusterType: eks
  clusterName: kestrelhub
  region: us-west-2
  billing:
    paid_by_us: false
    active_cost_tags: true
{_SUPPORT}hubs:
  - name: staging
    domain: staging.kestrel.example.org
    helm_chart: basehub
    domain_override_file: enc-staging.domain-override.secret.yaml
    uptime_check:
      expected_status: "401"
    helm_chart_values_files:
      - common.values.yaml
""",
    "osprey/cluster.yaml": f"""\
name: osprey
provider: azure
tenancy: dedicated
azure:
  key: enc-deployer-credentials.secret.json
  resource_group: 2i2c-osprey-cluster
  cluster: hub-cluster
  subscription: 3F2504E0-4F89-11D3-9A0C-0305E82C3301
{_SUPPORT}hubs: []
  # Uncomment the lines below once the support infrastructure was deployed
  # - name: <hub_name>
""",
    "utopia/cluster.yaml": f"""\
name: utopia
provider: kubeconfig # azure based, needs an account of its own
account: UTOPIAid
metadata:
  affiliation: university
kubeconfig:
  file: enc-deployer-credentials.secret.yaml
{_SUPPORT}hubs:
  - name: r-prod
    display_name: "Utopia (R)"
    domain: r.utopia.example.org
    helm_chart: "basehub"
    legacy_daskhub: true
    binderhub_ui: false
    helm_chart_values_files: []
""",
    "northwind/enc-deployer-credentials.secret.json": "\x00 not for reading",
    "northwind/common.values.yaml": "jupyterhub: {}\n",
    "templates/gcp/cluster.yaml": "name: {{ cluster_name }}\n",
    "templates/cluster.yaml": "name: {{ cluster_name }}\nprovider: {% raw %}\n",
    "retired/README.md": "Nothing here any more.\n",
    "schema.yaml": "- not: ours\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files below `folder`; returns it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def our_fleet(tmp_path: Path) -> Path:
    return write(tmp_path / "fleet", OURS)


@pytest.fixture
def their_fleet(tmp_path: Path) -> Path:
    return write(tmp_path / "config" / "clusters", THEIRS)
