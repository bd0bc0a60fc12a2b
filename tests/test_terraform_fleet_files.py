"""The fleet's files: what they come to, and that every fault is found with its line and a remedy."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terraform.fleet import (
    BigQueryBilling,
    FileUsage,
    FocusBilling,
    Hub,
    IdlePolicy,
    Labels,
    Membership,
    PrometheusUsage,
    Provider,
    Settings,
    SharedPolicy,
    Weights,
)
from terraform.fleet_files import FleetError, load
from tests.fixtures_fleet import OURS, THEIRS, write

CLUSTER = "clusters/delta/cluster.yaml"


def faults(folder: Path) -> list[str]:
    """What load says of the folder, with paths from the folder."""
    with pytest.raises(FleetError) as caught:
        load(folder)
    return [line.replace(f"{folder}{os.sep}", "") for line in str(caught.value).splitlines()]


def faults_with(folder: Path, file: str, old: str, new: str) -> list[str]:
    """The faults of our fleet after a replacement in one file."""
    assert old in OURS[file]
    write(folder, {file: OURS[file].replace(old, new, 1)})
    return faults(folder)


def test_a_fleet_is_what_its_files_say(our_fleet: Path) -> None:
    fleet = load(our_fleet)
    assert fleet.path == our_fleet
    assert fleet.notices == ()
    assert fleet.settings.policy.idle is IdlePolicy.EVEN
    assert fleet.settings.labels == Labels(hub=("our-hub", "hub-name"), keep=("cost-centre",))
    assert fleet.settings.excluded_users == ("health-check",)
    delta, sigma = fleet.clusters
    assert (delta.name, delta.provider, delta.provider_url) == ("delta", Provider.GCP, "https://cloud.example.org")
    assert delta.aliases == ("delta", "delta-gke")
    assert delta.sub_accounts == ("delta-project", "delta-data")
    assert delta.billing_accounts == ("01A2B3-C4D5E6-F70819",)
    assert (delta.region, delta.paid_by_us) == ("europe-west4", True)
    assert delta.hubs == (
        Hub("delta", "staging", "Delta (staging)", "staging.delta.example.org"),
        Hub("delta", "prod", "Delta", "delta.example.org"),
    )
    assert (sigma.sub_accounts, sigma.region, sigma.paid_by_us) == (("012345678901",), "eu-central-1", None)
    assert sigma.hubs == (Hub("sigma", "prod", "prod", ""),)
    assert fleet.hubs == delta.hubs + sigma.hubs


def test_paths_are_resolved_from_the_file_that_says_them(our_fleet: Path) -> None:
    delta, sigma = load(our_fleet).clusters
    assert delta.billing == (
        FocusBilling(str(our_fleet / "bills" / "*.parquet"), "delta-focus"),
        BigQueryBilling("bills", "export", "01A2B3-C4D5E6-F70819", "gcp_export", "EU", 1_000_000),
    )
    assert delta.usage == PrometheusUsage(
        url="https://prometheus.delta.example.org",
        username="hubledger",
        password_file=str(our_fleet / "clusters/delta/secrets/password"),
        ca_file=str(our_fleet / "clusters/delta/ca.pem"),
        headers=(("X-Scope-OrgID", "delta"),),
        timeout_seconds=30.0,
    )
    assert sigma.usage == FileUsage(str(our_fleet / "clusters/sigma/usage"))


@pytest.mark.parametrize(
    "url", ["s3://bills/focus/*.parquet", "https://bills.example.org/a.csv", "file:///bills/a.csv"]
)
def test_a_url_of_bills_stays_as_it_is(our_fleet: Path, url: str) -> None:
    write(our_fleet, {CLUSTER: OURS[CLUSTER].replace("../../bills/*.parquet", url)})
    assert load(our_fleet).clusters[0].billing[0] == FocusBilling(url, "delta-focus")


def test_a_fleet_named_by_a_relative_path_has_absolute_sources(our_fleet: Path) -> None:
    relative = Path(os.path.relpath(our_fleet))
    assert load(relative).clusters[0].billing == load(our_fleet).clusters[0].billing


def test_a_cluster_s_policy_starts_from_the_fleet_s(our_fleet: Path) -> None:
    delta, sigma = load(our_fleet).clusters
    assert delta.policy.idle is IdlePolicy.OPERATOR
    assert delta.policy.shared is SharedPolicy.BY_USERS
    assert delta.policy.weights == Weights(Decimal("0.0350"), Decimal("0.005"), Decimal("0.50"))
    assert str(delta.policy.weights.cpu) == "0.0350"
    assert sigma.policy == load(our_fleet).settings.policy


def test_communities_have_hubs_for_half_open_dates(our_fleet: Path) -> None:
    reef, tides = load(our_fleet).communities
    assert (reef.name, reef.display_name, tides.display_name) == ("reef", "Reef Survey", "tides")
    assert reef.hubs == (
        Membership("delta", "prod"),
        Membership("sigma", "prod", date(2026, 1, 1), date(2026, 7, 1)),
    )
    assert tides.hubs == (Membership("sigma", "prod", date(2026, 7, 1), None),)
    assert (reef.accounts, reef.contacts) == (("reef-project",), ("finance@reef.example.org",))


def test_a_folder_of_2i2c_s_files_loads_unchanged(their_fleet: Path) -> None:
    fleet = load(their_fleet)
    assert [cluster.name for cluster in fleet.clusters] == ["kestrel", "northwind", "osprey", "utopia"]
    assert [len(cluster.hubs) for cluster in fleet.clusters] == [1, 2, 0, 1]
    assert fleet.settings == Settings()
    assert fleet.communities == ()
    kestrel, northwind, osprey, utopia = fleet.clusters
    assert northwind.billing == (BigQueryBilling("shared-costs", "cloud_costs", "00AAAA-BBBBBB-012345"),)
    assert (northwind.usage, northwind.region, northwind.aliases) == (
        None,
        "us-central1",
        ("northwind", "northwind-cluster"),
    )
    assert (kestrel.sub_accounts, kestrel.paid_by_us, kestrel.billing) == (("111122223333",), False, ())
    assert osprey.sub_accounts == (
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "/subscriptions/3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    )
    assert (utopia.provider, utopia.sub_accounts, utopia.aliases) == (Provider.KUBECONFIG, (), ("utopia",))


def test_the_parent_of_their_clusters_is_the_same_fleet(their_fleet: Path) -> None:
    assert load(their_fleet.parent).clusters == load(their_fleet).clusters


def test_the_clusters_folder_of_our_fleet_is_the_whole_fleet(our_fleet: Path) -> None:
    assert load(our_fleet / "clusters").communities == load(our_fleet).communities
    assert load(our_fleet / "clusters").settings == load(our_fleet).settings


def test_unknown_keys_of_their_format_are_one_notice(their_fleet: Path) -> None:
    changed = (
        THEIRS["kestrel/cluster.yaml"]
        .replace("  region:", "  regoin: x\n  region:")
        .replace("name: stag", "new: 1\n    name: stag")
    )
    write(their_fleet, {"kestrel/cluster.yaml": changed})
    unknown = [notice for notice in load(their_fleet).notices if "doesn't know" in notice.text]
    assert [notice.path for notice in unknown] == [their_fleet]
    assert f"hubs[].binderhub_ui at {their_fleet}/utopia/cluster.yaml:18" in unknown[0].text
    assert f"aws.regoin at {their_fleet}/kestrel/cluster.yaml:9" in unknown[0].text
    assert "helm_chart" not in unknown[0].text


def test_a_likely_misspelling_in_their_part_is_named_in_the_notice(their_fleet: Path) -> None:
    changed = THEIRS["northwind/cluster.yaml"].replace("display_name: ", "displayname: ")
    write(their_fleet, {"northwind/cluster.yaml": changed})
    text = "; ".join(notice.text for notice in load(their_fleet).notices)
    assert "hubs[].displayname (did you mean 'display_name'?)" in text
    assert "cluster.yaml:20 and 1 more" in text


def test_a_templates_folder_is_not_read_and_said(their_fleet: Path) -> None:
    said = [notice for notice in load(their_fleet).notices if notice.path.parent.name == "templates"]
    assert len(said) == 1


def test_no_secret_file_is_opened(their_fleet: Path) -> None:
    secret = their_fleet / "northwind" / "enc-deployer-credentials.secret.json"
    os.utime(secret, (1, 1))
    (their_fleet / "communities").mkdir()
    os.mkfifo(their_fleet / "communities" / "enc-reef.secret.yaml")  # opening it would never return
    os.mkfifo(their_fleet / "northwind" / "enc-pipe.secret.yaml")
    assert len(load(their_fleet).clusters) == 4


def test_every_fault_of_every_file_is_found_in_one_run(our_fleet: Path) -> None:
    write(
        our_fleet,
        {
            "fleet.yaml": "polcy: {}\nexcluded_users: {a: 1}\n",
            CLUSTER: """\
name: gamma
provider: gpc
gcp:
  project: p
  cluser: q
  billing: {paid_by_us: maybe}
hubs:
  - name: Prod Hub
  - name: true
  - name: a
  - name: a
usage:
  source: prometheus
  url: http://me:hunter2@host
  password: hunter2
  password_env: A
  bearer_token_env: B
  timeout_seconds: soon
  headers: {Authorization: hunter2}
policy:
  idl: even
  shared: by-user
  weights: {cpu: -1, memory: x, gpu: true}
billing:
  - source: focs
  - sorce: focus
  - source: bigquery
    project: p
    dataset: d.e
  - text
""",
            "communities/reef.yaml": """\
name: coral
hubs: [delta/b, {hub: delta/a, from: 2026-02-01, to: 2026-01-01}, {hub: q, frm: 1}]
contrct: {}
""",
            "communities/tides.yaml": "hubs: [nowhere/x]\n",
        },
    )
    said = faults(our_fleet)
    assert all("hunter2" not in line for line in said)
    starts = [
        f"{CLUSTER}:1: name: 'gamma' is not the folder's name, 'delta'",
        f"{CLUSTER}:2: provider: 'gpc' is none of gcp, aws, azure, kubeconfig: did you mean 'gcp'?",
        f"{CLUSTER}:5: gcp.cluser: is not known: did you mean 'cluster'?",
        f"{CLUSTER}:6: gcp.billing.paid_by_us: 'maybe' is not true or false",
        f"{CLUSTER}:8: hubs[0].name: 'Prod Hub' is not a Kubernetes namespace: use lower-case letters, digits and '-'",
        f"{CLUSTER}:9: hubs[1].name: true is not text: put it in quotes",
        f"{CLUSTER}:11: hubs[3].name: 'a' is there twice (first on line 10)",
        f"{CLUSTER}:14: usage.url: this value is not the address of a Prometheus",
        f"{CLUSTER}:15: usage.password: is not known: a secret is never written here: use password_env or password_file",
        f"{CLUSTER}:16: usage.password_env: there is no username",
        f"{CLUSTER}:17: usage.bearer_token_env: password_env is given too",
        f"{CLUSTER}:18: usage.timeout_seconds: 'soon' is not a number",
        f"{CLUSTER}:19: usage.headers: Authorization is a secret",
        f"{CLUSTER}:21: policy.idl: is not known: did you mean 'idle'?",
        f"{CLUSTER}:22: policy.shared: 'by-user' is none of proportional, even, by-users, operator",
        f"{CLUSTER}:23: policy.weights.cpu: '-1' is out of range: give at least 0",
        f"{CLUSTER}:23: policy.weights.gpu: true is not a number",
        f"{CLUSTER}:23: policy.weights.memory: 'x' is not a number",
        f"{CLUSTER}:25: billing[0].source: 'focs' is none of aws, azure, bigquery, cost-explorer, focus, mapped: did you mean 'focus'?",
        f"{CLUSTER}:26: billing[1].sorce: is not known: did you mean 'source'?",
        f"{CLUSTER}:27: billing[2].billing_id: is missing: add it",
        f"{CLUSTER}:29: billing[2].dataset: 'd.e' is not a name in BigQuery",
        f"{CLUSTER}:30: billing[3]: 'text' is not a mapping",
        "communities/reef.yaml:1: name: 'coral' is not the file's name, 'reef'",
        "communities/reef.yaml:2: hubs[0]: 'delta/b' is no hub of the fleet: did you mean 'delta/a'?",
        "communities/reef.yaml:2: hubs[1].to: 2026-01-01 is not after from 2026-02-01",
        "communities/reef.yaml:2: hubs[2].frm: is not known: did you mean 'from'?",
        "communities/reef.yaml:2: hubs[2].hub: 'q' is not a hub: write it as cluster/hub",
        "communities/reef.yaml:3: contrct: is not known: did you mean 'contract'?",
        "communities/tides.yaml:1: hubs[0]: 'nowhere/x' is no hub of the fleet: no cluster 'nowhere'",
        "communities/tides.yaml:1: name: is missing: add it",
        "fleet.yaml:1: polcy: is not known: did you mean 'policy'?",
        "fleet.yaml:2: excluded_users: a mapping is not text",
    ]
    missing = [start for start in starts if not any(line.startswith(start) for line in said)]
    assert missing == []
    assert len(said) == len(starts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": is empty"),
        (b"# nothing yet\n", ": is empty"),
        (b"name: delta\nprovider: [\nhubs: x\n", ":3: is not YAML here"),
        (b"name: delta\nhubs:\n\t- name: a\n", ":3: is not YAML here: found character '\\t'"),
        (b"name: delta\nprovider: gcp\nname: delta\n", ":3: name: is there twice (first on line 1)"),
        (b"name: delta\nprovider: gcp\nx: {a: 1, a: 2}\n", ":3: a: is there twice"),
        (b"name: delta\nprovider: gcp\nx: caf\xe9\n", ":3: is not UTF-8"),
        ("name: delta\n".encode("utf-16"), ":1: is not UTF-8"),
        (b"name: delta\nprovider: gcp\x00\n", ":2: has a control character"),
        (b"name: delta\n---\nname: delta\n", ":2: is not YAML here: found another document"),
        (b"- name: delta\n", ":1: a list is not a mapping"),
        (b"delta\n", ":1: 'delta' is not a mapping"),
        (b"name: delta\nprovider: gcp\nhubs: staging\n", ":3: hubs: 'staging' is not a list"),
        (b"name: delta\nprovider: gcp\nhubs: [staging]\n", ":3: hubs[0]: 'staging' is not a mapping"),
        (b"name: delta\nprovider: gcp\nhubs: [{name: }]\n", ":3: hubs[0].name: is empty"),
        (b"name: delta\nprovider: gcp\n? [a]\n: b\n", ":3: a key must be plain text"),
        (b"name: delta\nprovider: gcp\nhubs: &a [*a]\n", ":3: refers to itself"),
        (b"name: delta\nprovider: *gcp\n", ":2: is not YAML here: found undefined alias"),
        (b"name: delta\nprovider: gcp\ngcp: " + b"[" * 5000, ": is nested too deep"),
        (
            b"name: delta\nprovider: gcp\nusage:\n  url: http://x\n",
            ":3: usage.source: is missing: add it (one of file, prometheus)",
        ),
        (
            b"name: delta\nprovider: gcp\npolicy:\n  weights: {cpu: 0, memory: 0.0, gpu: 0}\n",
            ":4: policy.weights: all weights are zero",
        ),
        (b"name: delta\nprovider: gcp\npolicy:\n  weights: {cpu: .nan}\n", ":4: policy.weights.cpu: "),
        (b"name: delta\nprovider: gcp\nusages: {}\n", ":3: usages: is not known: did you mean 'usage'?"),
        (b"nmae: delta\nprovider: gcp\n", ":1: nmae: is not known: did you mean 'name'?"),
        (b"name: ../etc\nprovider: gcp\n", ":1: name: '../etc' is not a name"),
    ],
)
def test_a_broken_file_is_told_by_line(our_fleet: Path, content: bytes, said: str) -> None:
    (our_fleet / CLUSTER).write_bytes(content)
    assert [line for line in faults(our_fleet) if line.startswith(f"{CLUSTER}{said}")]


def test_a_file_that_could_not_be_read_makes_no_hub_unknown(our_fleet: Path) -> None:
    (our_fleet / CLUSTER).write_text("name: [\n")
    assert len(faults(our_fleet)) == 1


def test_an_unreadable_file_is_a_fault(our_fleet: Path) -> None:
    (our_fleet / CLUSTER).unlink()
    (our_fleet / CLUSTER).mkdir()
    assert faults(our_fleet)[0].startswith(f"{CLUSTER}: can't be read (Is a directory)")


def test_a_dangling_link_is_a_fault(our_fleet: Path) -> None:
    (our_fleet / CLUSTER).unlink()
    (our_fleet / CLUSTER).symlink_to("elsewhere.yaml")
    assert faults(our_fleet)[0].startswith(f"{CLUSTER}: can't be read (No such file")


def test_an_empty_fleet_yaml_means_the_defaults(our_fleet: Path) -> None:
    (our_fleet / "fleet.yaml").write_text("# later\n")
    assert load(our_fleet).settings == Settings()


def test_a_missing_folder_says_how_to_name_one(tmp_path: Path) -> None:
    assert "is not there: name the fleet's folder with --fleet" in faults(tmp_path / "nowhere")[0]


def test_a_file_instead_of_a_folder_is_told(our_fleet: Path) -> None:
    assert "is a file, not the fleet's folder" in faults(our_fleet / "fleet.yaml")[0]


def test_a_folder_without_clusters_is_a_fault(tmp_path: Path) -> None:
    assert "no clusters: expected" in faults(tmp_path)[0]


def test_files_with_the_wrong_ending_are_told(our_fleet: Path) -> None:
    (our_fleet / "clusters/sigma/cluster.yaml").rename(our_fleet / "clusters/sigma/cluster.yml")
    (our_fleet / "communities/tides.yaml").rename(our_fleet / "communities/tides.yml")
    said = faults(our_fleet)
    assert "clusters/sigma/cluster.yml: is not read under this name: call it cluster.yaml" in said
    assert "communities/tides.yml: is not read under this name: call it tides.yaml" in said


def test_a_hub_of_two_communities_at_once_names_both(our_fleet: Path) -> None:
    said = faults_with(our_fleet, "communities/tides.yaml", "2026-07-01", "2026-06-30")
    assert said == [
        "communities/tides.yaml:3: hubs[0].hub: 'sigma/prod' is with community 'reef' too from 2026-06-30 to 2026-07-01"
        " (communities/reef.yaml:5): give one of them 'from' or 'to'"
    ]


def test_a_hub_twice_in_one_community_is_a_fault(our_fleet: Path) -> None:
    said = faults_with(our_fleet, "communities/reef.yaml", "  - delta/prod\n", "  - delta/prod\n  - delta/prod\n")
    assert said[0].startswith("communities/reef.yaml:5: hubs[1]: 'delta/prod' is with this community too at all times")


def test_a_hub_may_leave_and_come_back(our_fleet: Path) -> None:
    changed = OURS["communities/tides.yaml"] + "    to: 2026-08-01\n"
    back = OURS["communities/reef.yaml"].replace("accounts", "  - {hub: sigma/prod, from: 2026-08-01}\naccounts")
    write(our_fleet, {"communities/tides.yaml": changed, "communities/reef.yaml": back})
    assert len(load(our_fleet).communities[0].hubs) == 3


def test_an_account_of_two_communities_is_a_fault(our_fleet: Path) -> None:
    write(our_fleet, {"communities/tides.yaml": OURS["communities/tides.yaml"] + "accounts: reef-project\n"})
    assert faults(our_fleet)[0].startswith("communities/tides.yaml:5: accounts: 'reef-project' is an account of ")


def test_two_clusters_of_one_name_in_one_account_are_a_fault(our_fleet: Path) -> None:
    other = OURS["clusters/sigma/cluster.yaml"].replace("name: sigma", "name: tau")
    write(our_fleet, {"clusters/tau/cluster.yaml": other})
    said = faults(our_fleet)
    assert len(said) == 1
    assert said[0].startswith("clusters/tau/cluster.yaml:4: aws.clusterName: 'sigma-eks' is a name of ")
    assert said[0].endswith("in the same account 012345678901: one must change")


def test_two_clusters_of_one_name_in_unknown_accounts_are_a_notice(our_fleet: Path) -> None:
    sigma = OURS["clusters/sigma/cluster.yaml"].replace("  account_id: 012345678901\n", "")
    write(
        our_fleet,
        {"clusters/sigma/cluster.yaml": sigma, "clusters/tau/cluster.yaml": sigma.replace("name: sigma", "name: tau")},
    )
    assert ["give both 'accounts'" in notice.text for notice in load(our_fleet).notices] == [True]


def test_one_source_described_in_two_ways_is_a_fault(our_fleet: Path) -> None:
    sigma = OURS["clusters/sigma/cluster.yaml"] + "billing: {source: focus, path: x.csv, name: delta-focus}\n"
    write(our_fleet, {"clusters/sigma/cluster.yaml": sigma})
    assert faults(our_fleet)[0].startswith(
        "clusters/sigma/cluster.yaml:12: billing: focus:delta-focus is described otherwise"
    )


def test_weights_that_are_zero_together_with_the_fleet_s_are_a_fault(our_fleet: Path) -> None:
    general = OURS["fleet.yaml"].replace("cpu: 0.0350", "cpu: 0").replace("memory: 0.005", "memory: 0.0")
    write(our_fleet, {"fleet.yaml": general, CLUSTER: OURS[CLUSTER].replace("gpu: 0.50", "gpu: 0")})
    assert faults(our_fleet)[0].startswith(
        f"{CLUSTER}:44: policy.weights: all weights are zero, with those of the fleet"
    )


def test_anchors_and_merge_keys_are_understood(our_fleet: Path) -> None:
    merged = "name: delta\nprovider: gcp\nx: &hub {domain: a.example.org}\nhubs:\n  - <<: *hub\n    name: prod\n"
    write(our_fleet, {CLUSTER: merged})
    assert load(our_fleet).clusters[0].hubs == (Hub("delta", "prod", "prod", "a.example.org"),)


def test_a_fleet_of_thirty_clusters_with_142_hubs_loads(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    head, hub = THEIRS["northwind/cluster.yaml"].split("  - name: staging\n")
    body = hub.split("  - name: prod\n")[0].replace(" &values", "")
    for number in range(30):
        hubs = "".join(f"  - name: hub-{i}\n{body}" for i in range(5 if number < 22 else 4))
        files[f"c{number}/cluster.yaml"] = head.replace("northwind", f"c{number}") + hubs
    write(tmp_path, files)
    assert len(load(tmp_path).hubs) == 142
