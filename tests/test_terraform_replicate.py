"""What a community leaves with: it works with Terraform alone, holds no secret, and its costs add up."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import ALLOCATIONS
from tests.environments import REPOSITORY
from tests.test_terraform_plan import AUTHENTICATOR, SECTION, tidewater

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo
    from tests.fixtures_infra import Infra
    from tests.fixtures_terraform import Terraform

HUB = {"authenticator": "github", "authenticator_config": {"env": "HUB_AUTH"}}
SECRET = "sekretsekretsekret"


def replicate(
    infra: Infra, community: str, to: Path, *, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `hubledger replicate`."""
    done = subprocess.run(
        [sys.executable, "-m", "hubledger", "replicate", community, "--to", str(to)],
        cwd=REPOSITORY,
        env={**infra.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def test_a_community_with_a_cluster_of_its_own_takes_it_as_it_is(
    cloudy_infra: Infra, terraform: Terraform, demo: Demo, tmp_path: Path
) -> None:
    infra = cloudy_infra
    tidewater(infra, support={"certificates": {"email": "ops@openhubs.example"}}, hubs={"estuary": HUB})
    communities = infra.fleet / "communities"
    (communities / "coastal-modelling.yaml").write_text(
        "name: coastal-modelling\nhubs: [tidewater/estuary, tidewater/staging]\n"
    )
    there: dict[str, Any] = {"HUB_AUTH": json.dumps(AUTHENTICATOR), "HUBLEDGER_LAKE": str(demo.folder / "lake")}
    infra.run("plan", "tidewater", **there)
    infra.run("apply", "tidewater", **there)
    to = tmp_path / "leaving"
    replicate(infra, "coastal-modelling", to, **there)
    everything = [file for file in to.rglob("*") if file.is_file()]
    assert [file for file in everything if SECRET.encode() in file.read_bytes()] == []
    away = shutil.move(to, tmp_path / "away")  # nothing in it knows where it was, nor of the work folder
    shutil.rmtree(infra.folder / "infra")
    alone = terraform.at(
        tmp_path / "away" / "clusters" / "tidewater", TF_VAR_authenticator_config_estuary=there["HUB_AUTH"]
    )
    alone.run("init", "-input=false")
    alone.run("plan", "-input=false", "-out=away.tfplan")
    changed = {
        change["address"]
        for change in alone.show("away.tfplan")["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
    assert changed <= {"module.hub_estuary.helm_release.hub"}, "only what held a secret is set again"
    page = (tmp_path / "away" / "README.md").read_text()
    assert "`authenticator_config_estuary`" in page
    assert "your cluster as it is, with its state" in page
    assert away
    lake = Lake(str(demo.folder / "lake"))
    costs = tmp_path / "away" / "costs"
    with connect() as con:
        lake.attach(con, ALLOCATIONS)
        borne = con.execute("select sum(billed_cost) from allocations where community = 'coastal-modelling'").fetchone()
        taken = con.execute(f"select sum(billed_cost) from '{costs}/costs.parquet'").fetchone()
        hubs = con.execute(f"select distinct cluster, hub from '{costs}/usage.csv' order by all").fetchall()
    assert taken == borne != (Decimal(0),)
    assert hubs == [("tidewater", "estuary"), ("tidewater", "staging")]


def test_a_community_on_a_shared_cluster_takes_its_own_hubs_alone(cloudy_infra: Infra, tmp_path: Path) -> None:
    infra = cloudy_infra
    storage = {"home": {"size_gib": 500, "hub": "estuary"}, "other": {"size_gib": 100, "hub": "staging"}}
    buckets = {"scratch": {"hub": "estuary", "readers": ["staging"]}, "theirs": {"hub": "staging"}}
    tidewater(infra, home_storage=storage, buckets=buckets)
    to = tmp_path / "leaving"
    told = replicate(infra, "coastal-modelling", to, HUBLEDGER_LAKE=str(tmp_path / "nowhere"))
    assert "no costs in" in told.stderr
    folder = to / "clusters" / "tidewater"
    module = json.loads((folder / "main.tf.json").read_text())["module"]["cluster"]
    assert list(module["hubs"]) == ["estuary"]
    assert list(module["home_storage"]) == ["home"]
    assert module["buckets"] == {"scratch": {"hub": "estuary"}}
    assert set(module["node_pools"]) == set(SECTION["node_pools"])
    assert not list(to.rglob("*.tfstate"))
    page = (to / "README.md").read_text()
    assert "The cluster was shared with others" in page
    assert "staging" not in page


def test_what_cannot_be_replicated_is_told(cloudy_infra: Infra, tmp_path: Path) -> None:
    tidewater(cloudy_infra)
    told = replicate(cloudy_infra, "coast", tmp_path / "a", expect=1).stderr
    assert "there is no community 'coast'" in told
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "is not empty" in replicate(cloudy_infra, "coastal-modelling", tmp_path / "full", expect=1).stderr
    (cloudy_infra.fleet / "communities" / "coastal-modelling.yaml").write_text(
        "name: coastal-modelling\nhubs: [{hub: tidewater/estuary, to: 2020-01-01}]\n"
    )
    assert "has no hub today" in replicate(cloudy_infra, "coastal-modelling", tmp_path / "b", expect=1).stderr
