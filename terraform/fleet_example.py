"""The example fleet that `hubledger fleet init` writes: every key of ours, explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform.fleet_document import Fault
from terraform.fleet_files import FleetError

if TYPE_CHECKING:
    from pathlib import Path

_FLEET = """\
# What holds for the whole fleet. Every key here is optional; the values shown are the defaults.
# An editor with a YAML language server completes and explains the keys of this folder's files with the schemas that
# `hubledger fleet schema fleet|cluster|community` prints.

# How idle and shared cost is spread over the hubs of a cluster. A cluster may differ (see clusters/example).
policy:
  idle: proportional        # capacity nobody asked for: proportional | even | operator
  shared: proportional      # what serves all hubs: proportional | even | by-users | operator
  weights:                  # how a machine's price is parted where the bill doesn't say: per vCPU, GiB and GPU hour
    cpu: 0.031611
    memory: 0.004237
    gpu: 0.95

# Which tag keys of a bill say what; a list replaces the default, and the first key that a charge has wins.
# labels:
#   hub: ["2i2c:hub-name", hub-name]
#   cluster: [cluster-name, goog-k8s-cluster-name]
#   keep: [cost-centre]     # further tags to keep; all others are dropped, for privacy

# User names that are no people.
excluded_users: [deployment-service-check]

# The currency that reports show beside a bill's own. Rates come from rates.csv beside this file (columns
# month,from,to,rate,source), else from the bill, else from the ECB (`hubledger fleet rates fetch`).
# reporting_currency: EUR

# Who bills the communities: documents are numbered <series>-<year>-<nnnn> under this key for ever.
# issuer:
#   key: us
#   series: INV
#   organisation: {name: Example Operator, country: US, email: billing@example.org}
#   bank: {account: "000123456789"}

# Who may look at the dashboard from elsewhere ('docs/dashboard-access.md' has all of it). Without this, `hubledger dashboard`
# listens on this machine only. The client's secret comes from HUBLEDGER_OIDC_SECRET or --oidc-secret-file, never from here.
# dashboard:
#   url: https://hubs.example.org/costs        # what a browser calls it
#   sign_in: {issuer: https://login.example.org/realms/hubs, client_id: hubledger}
#   hours: 8                                   # then people sign in again
#   viewers:                                   # nobody else is let in
#     - {role: operator, claim: groups, value: hub-operators}
#     - {role: finance, email: accounts@example.org}
#     - {role: community, communities: example, email: [finance@example.org]}
"""

_CLUSTER = """\
# A Kubernetes cluster and its hubs. The folder has the cluster's name.
name: example
provider: gcp               # gcp | aws | azure | kubeconfig

# The section of the provider: gcp {project, cluster, zone}, aws {account_id, clusterName, region} or
# azure {subscription, resource_group, cluster}. The cluster's name there is the one that its charges carry.
gcp:
  project: example-project
  cluster: example-cluster
  zone: us-central1-b
  billing:
    paid_by_us: true

# Where the bills are: FOCUS files (a path from this folder, or a URL, with * for any part of a name)…
billing:
  source: focus
  path: bills/*.parquet
# … or Google Cloud's billing export; several sources are a list.
#   source: bigquery
#   project: example-billing
#   dataset: billing_export
#   billing_id: 01A2B3-C4D5E6-F70819
# … or AWS's Cost and Usage Report or FOCUS export in S3; without one, cost-explorer tells it by day and service.
#   source: aws
#   path: s3://example-bills/exports/example
# … or a cost export of Microsoft Cost Management in Blob storage, FOCUS or actual cost (amortized_path: its twin).
#   source: azure
#   path: abfss://exports@examplebills.dfs.core.windows.net/costs/example
# … or any vendor's CSV files, whose columns mappings/<name>.yaml explains ('fleet schema mapping' says how).
#   source: mapped
#   path: bills/*.csv
#   mapping: vendor

# Where usage is measured. Secrets are named by environment variable or file, never written here.
usage:
  source: prometheus
  url: https://prometheus.example.org
  username: hubledger
  password_env: EXAMPLE_PROMETHEUS_PASSWORD
# … or files of usage:
#   source: file
#   path: usage

# Where this cluster differs from the fleet's policy.
policy:
  shared: by-users

# Project, account or subscription ids that are this cluster's; by default the one of the provider's section.
# accounts: [example-project, example-data]

hubs:
  - name: staging           # the hub's Kubernetes namespace
    display_name: Example (staging)
    domain: staging.example.org
  - name: prod
    display_name: Example
    domain: hub.example.org
"""

_COMMUNITY = """\
# Who pays. The file has the community's name.
name: example
display_name: Example Community

# Its hubs, as cluster/hub. A hub is with one community at a time: where that changes, the dates say so
# ('from' is the first day, 'to' the day after the last one).
hubs:
  - example/prod
  - hub: example/staging
    from: 2026-01-01

# Project, account or subscription ids that are this community's alone.
# accounts: [example-community-project]

contacts:
  - finance@example.org

# What a month may cost: the dashboard holds the month's forecast against it, `hubledger infra apply` what it would add.
# cap: {amount: 2000, currency: USD}

# What the community pays, and who pays it ('docs/invoices.md' has all of it; fleet.yaml says under 'issuer' who bills).
# contract:
#   from: 2026-01-01
#   payer: {name: Example University, country: US, email: accounts@example.org}
#   currency: USD
#   tax: {category: O, reason: Not subject to VAT}     # S with a rate, Z, E, AE or O
#   fees:
#     membership: {amount: 6000, per: year}            # billed by the month
#     usage:                                           # by active users: 280 of them pay 1,000.00
#       tiers:
#         - {from: 1, to: 10, price: 10.00}
#         - {from: 11, to: 100, price: 5.00}
#         - {from: 101, to: 1000, price: 2.50}
#         - {from: 1001, to: 10000, price: 1.25}
#         - {from: 10001, price: 0}
#       cap: 14050.00
#   grants:
#     - {award: ABC-1, funder: Example Foundation, ceiling: 20000, from: 2026-01-01, to: 2027-01-01}
"""

FILES = {
    "fleet.yaml": _FLEET,
    "clusters/example/cluster.yaml": _CLUSTER,
    "communities/example.yaml": _COMMUNITY,
}


def write(folder: Path) -> list[Path]:
    """Write the example into `folder`, which must not have a fleet yet; returns the files.

    Raises FleetError, with nothing written, if something is in the way.
    """
    there = [name for name in ("fleet.yaml", "clusters", "communities") if (folder / name).exists()]
    if there:
        text = "is there already, and nothing is overwritten: name another folder"
        raise FleetError([Fault(folder / name, None, "", text) for name in there])
    made: list[Path] = []
    try:
        for name, text in FILES.items():
            file = folder / name
            for parent in reversed([parent for parent in file.parents if not parent.exists()]):
                parent.mkdir()
                made.append(parent)
            with file.open("x", encoding="utf-8") as stream:
                made.append(file)
                stream.write(text)
    except OSError as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        text = f"can't be written ({error.strerror}): name a folder that can"
        raise FleetError([Fault(folder, None, "", text)]) from error
    return [folder / name for name in FILES]
