"""Plans and applies of Hubledger's own modules on the toy cloud: what people read, what is refused, what is applied."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import ALLOCATIONS
from examples.demo import MONTHS
from tests.environments import REPOSITORY
from tests.fixtures_infra import DISK
from tests.provider.cloud import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo
    from tests.fixtures_golden import Golden
    from tests.fixtures_infra import Infra
    from tests.provider.cloud import Cloud

AUTHENTICATOR = {"GitHubOAuthenticator": {"client_id": "Iv1.0000000000000000", "client_secret": "sekretsekretsekret"}}
SECTION: dict[str, Any] = {
    "node_pools": {
        "core": {"purpose": "core", "machine_type": "n2-highmem-2", "min": 1, "max": 3},
        "user": {"purpose": "user", "machine_type": "n2-highmem-4", "max": 20},
    },
    "home_storage": {"home": {"size_gib": 500, "hub": "estuary"}},
    "buckets": {"scratch": {"hub": "estuary", "expire_days": 7}},
}
GCP = {
    "provider": "gcp",
    "gcp": {"project": "tidewater-hubs", "cluster": "tidewater", "zone": "us-central1-b"},
    "hubs": [
        {"name": "estuary", "domain": "estuary.openhubs.example"},
        {"name": "staging", "domain": "s.openhubs.example"},
    ],
}


def tidewater(infra: Infra, **changes: Any) -> None:
    """Write the cluster tidewater, and the community that pays for its hub."""
    infra.cluster("tidewater", None, section={**SECTION, **changes}, extra=GCP)
    communities = infra.fleet / "communities"
    communities.mkdir(exist_ok=True)
    (communities / "coastal-modelling.yaml").write_text(
        "name: coastal-modelling\nhubs: [tidewater/estuary]\ncap: {amount: 2000, currency: USD}\n"
    )


def steady(summary: str) -> str:
    """Return a summary without what differs from run to run."""
    summary = re.sub(r"Plan `[0-9a-f]{12}`", "Plan `…`", summary)
    summary = re.sub(
        r"state serial [0-9]+", "state serial …", summary
    )  # it counts writes, which come together at times
    return re.sub(r"Terraform [0-9.]+", "Terraform …", summary)


def test_a_cluster_of_the_fleet_becomes_a_cluster_with_hubs(
    cloudy_infra: Infra, toy_cloud: Cloud, golden: Golden
) -> None:
    infra = cloudy_infra
    hub = {"authenticator": "github", "authenticator_config": {"env": "HUB_AUTH"}, "buckets": {"scratch": "scratch"}}
    tidewater(infra, support={"certificates": {"email": "ops@openhubs.example"}}, hubs={"estuary": hub})
    secret: dict[str, Any] = {"HUB_AUTH": json.dumps(AUTHENTICATOR)}
    planned = infra.run("plan", "tidewater", **secret)
    golden("infra_plan_create.txt", steady(planned.stdout))
    golden("infra_plan_create.md", steady(infra.run("plan", "tidewater", "--markdown", **secret).stdout))
    applied = infra.run("apply", "tidewater", **secret)
    assert "tidewater: applied" in applied.stdout
    assert toy_cloud.only("google_container_cluster")["name"] == "tidewater"
    shown = infra.run("outputs", "tidewater", "--format", "json", **secret)
    outputs = {output["name"]: output for output in json.loads(shown.stdout)}
    assert outputs["hub_urls"]["value"] == {"estuary": "https://estuary.openhubs.example"}
    assert outputs["hub_urls"]["type"] == "object({estuary = string})"
    assert "no changes" in infra.run("plan", "tidewater", **secret).stdout
    everything = b"".join(
        file.read_bytes()
        for file in infra.work("tidewater").rglob("*")
        if file.is_file() and "tfstate" not in file.name
    )
    for text in (everything.decode("utf-8", "replace"), planned.stdout, planned.stderr, applied.stdout, applied.stderr):
        assert "sekretsekretsekret" not in text


def test_changes_are_shown_with_what_was_and_what_would_be(cloudy_infra: Infra, golden: Golden) -> None:
    """A pool has larger machines and more of them, another pool goes, a bucket's objects stay longer."""
    infra = cloudy_infra
    user = {"purpose": "user", "machine_type": "n2-highmem-4", "max": 20}
    core = SECTION["node_pools"]["core"]
    tidewater(infra, node_pools={"core": core, "user": user, "spare": {**user, "max": 2}})
    infra.run("plan", "tidewater")
    infra.run("apply", "tidewater")
    larger = {**user, "machine_type": "n2-highmem-8", "max": 30}
    buckets = {"scratch": {"hub": "estuary", "expire_days": 30}}
    tidewater(infra, node_pools={"core": core, "user": larger}, buckets=buckets)
    golden("infra_plan_change.txt", steady(infra.run("plan", "tidewater", "--exit-code", expect=3).stdout))
    golden("infra_plan_change.md", steady(infra.run("plan", "tidewater", "--markdown").stdout))


def test_a_plan_shows_what_it_costs_and_apply_holds_it_against_the_cap(
    cloudy_infra: Infra, demo: Demo, golden: Golden, tmp_path: Path
) -> None:
    """The pools are those of the example fleet's bills; a larger pool takes a community beyond its cap."""
    infra = cloudy_infra
    lake = Lake(str(shutil.copytree(demo.folder / "lake", tmp_path / "lake")))
    month = f"{datetime.now(UTC):%Y-%m}"
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": MONTHS[-1]})
        lake.replace(
            ALLOCATIONS,
            con,
            f"select * replace ('{month}' as billing_period) from allocations",
            scope=[{"billing_period": month}],
        )
    pools = {
        "core-b": {"purpose": "core", "machine_type": "n2-highmem-4", "min": 2, "max": 3},
        "nb-medium": {"purpose": "user", "machine_type": "n2-highmem-8", "max": 20},
        "nb-large": {"purpose": "user", "machine_type": "n2-highmem-16", "max": 20},
    }
    tidewater(infra, node_pools=pools)
    there: dict[str, Any] = {"HUBLEDGER_LAKE": str(tmp_path / "lake")}
    infra.run("plan", "tidewater", **there)
    infra.run("apply", "tidewater", "--over-budget", "a first cluster has to be somewhere", **there)
    larger = {**pools["nb-medium"], "machine_type": "n2-highmem-16"}
    tidewater(infra, node_pools={**pools, "nb-medium": larger, "gpu": {**larger, "machine_type": "n1-standard-8"}})
    golden("infra_plan_cost.txt", steady(infra.run("plan", "tidewater", **there).stdout))
    golden("infra_plan_cost.md", steady(infra.run("plan", "tidewater", "--markdown", **there).stdout))
    refused = infra.run("apply", "tidewater", expect=1, **there).stderr
    assert f"coastal-modelling may cost 2,000.00 USD a month: {month} is at 1,994.81 so far, and this adds 3" in refused
    assert 'say why with --over-budget "reason"' in refused
    infra.run("apply", "tidewater", "--over-budget", "a course begins", **there)
    receipt = infra.receipts("tidewater")[-1]
    assert (receipt["reason"], receipt["currency"]) == ("a course begins", "USD")
    assert Decimal(receipt["delta"]) > 0


def test_a_plan_that_would_make_something_without_cost_labels_is_refused(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK, labels={"cluster-name": "one"})
    refused = infra.run("plan", "one", expect=1).stderr
    assert (
        "one: module.cluster.google_compute_disk.homes would cost money without the labels hub-name or volume-purpose, managed-by"
        in refused
    )
    assert "no saved plan" in infra.run("apply", "one", expect=1).stderr
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    infra.cluster("one", DISK, labels={})
    assert "would cost money" in infra.run("plan", "one", expect=1).stderr
    assert toy_cloud.only("google_compute_disk")["labels"]["hub-name"] == "estuary"


def test_data_is_destroyed_only_with_the_clusters_name(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    infra.cluster("one", DISK, disk="other")  # another name is another disk
    planned = infra.run("plan", "one").stdout
    assert "DESTROYS DATA" in planned
    assert "name: homes → other  (forces replacement)" in planned
    for typed in ((), ("--confirm", "two")):
        assert "nothing is done without the cluster's name" in infra.run("apply", "one", *typed, expect=1).stderr
        assert toy_cloud.only("google_compute_disk")["name"] == "homes"
    infra.run("apply", "one", "--confirm", "one")
    assert toy_cloud.only("google_compute_disk")["name"] == "other"


def test_destroying_a_cluster_needs_its_name(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    assert "1 to destroy" in infra.run("destroy", "one", expect=1).stdout
    assert toy_cloud.only("google_compute_disk")
    infra.run("destroy", "one", "--confirm", "one")
    assert toy_cloud.objects["google_compute_disk"] == {}
    assert [receipt["destroyed"] for receipt in infra.receipts("one")] == [0, 1]


def test_data_of_hubledgers_modules_stays_even_when_the_name_is_typed(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    tidewater(infra)
    infra.run("plan", "tidewater")
    infra.run("apply", "tidewater")
    refused = infra.run("destroy", "tidewater", "--confirm", "tidewater", expect=1).stderr
    assert "it holds data, and its module refuses to destroy it" in refused
    assert toy_cloud.only("google_compute_disk")


def test_a_plan_is_stale_when_something_moved(cloudy_infra: Infra, toy_cloud: Cloud, tmp_path: Path) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    infra.cluster("one", DISK, size=200)
    infra.run("plan", "one")
    shutil.copytree(infra.folder, tmp_path / "kept", symlinks=True, ignore=shutil.ignore_patterns("kept"))

    def refused(said: str) -> None:
        told = infra.run("apply", "one", expect=1).stderr
        assert said in told
        assert "infra plan one" in told
        assert len(infra.receipts("one")) == 1
        assert toy_cloud.only("google_compute_disk")["size"] == 100
        for folder in ("fleet", "infra"):
            shutil.rmtree(infra.folder / folder)
            shutil.copytree(tmp_path / "kept" / folder, infra.folder / folder, symlinks=True)

    infra.cluster("one", DISK, size=300)
    refused("the variables changed")
    infra.cluster("one", DISK + "\n# a word\n", size=200)
    refused("the configuration changed")
    lock = infra.work("one") / ".terraform.lock.hcl"
    lock.write_text(lock.read_text() + "# a word\n")
    refused(".terraform.lock.hcl changed")
    state = infra.work("one") / "terraform.tfstate"
    state.write_text(state.read_text().replace('"serial": 1', '"serial": 7'))
    refused("the state went from serial 1 to 7")
    plan = infra.work("one") / ".hubledger" / "plan.tfplan"
    plan.write_bytes(plan.read_bytes() + b"x")
    refused("is not the plan that was recorded")
    infra.run("apply", "one")
    assert toy_cloud.only("google_compute_disk")["size"] == 200


def test_of_two_applies_at_once_one_is_told_who_works(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    toy_cloud.fault(Fault("create", "google_compute_disk", hang=True))
    first = infra.start("apply", "one")
    toy_cloud.wait_for("create", "google_compute_disk")
    refused = infra.run("apply", "one", expect=1).stderr
    assert f"one: process {first.pid} (since " in refused
    toy_cloud.release()
    assert first.communicate(timeout=60)[0].startswith("one: applied")
    assert [receipt["outcome"] for receipt in infra.receipts("one")] == ["applied"]


def test_a_lake_that_cannot_be_read_keeps_nobody_from_planning(cloudy_infra: Infra) -> None:
    cloudy_infra.cluster("one", DISK)
    log = cloudy_infra.folder / "lake" / "charges" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("no commit")
    planned = cloudy_infra.run("plan", "one", HUBLEDGER_LAKE=str(cloudy_infra.folder / "lake"))
    assert "past bills can't be read" in planned.stderr
    assert "costs of changes have no basis meanwhile" in planned.stderr
    assert "there are no past bills" in planned.stdout


def test_a_command_does_not_wait_for_what_it_does_not_need() -> None:
    """Overhead over the bare binary is to stay below 0.3 s: the fleet's models and the lake take longer to import."""
    code = (
        "import sys, hubledger; hubledger.mounted('infra');"
        " print({'terraform.fleet_schema', 'analytics', 'psutil', 'rich.progress', 'ruamel'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout == "set()\n"
