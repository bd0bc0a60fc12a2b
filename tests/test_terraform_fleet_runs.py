"""Many clusters: a few at a time, in their order, and after a crash on from where it stopped; drift, outputs, receipts."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures_infra import DISK, gone, until
from tests.provider.cloud import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_infra import Infra
    from tests.provider.cloud import Cloud

FAILING = """
resource "terraform_data" "one" {
  provisioner "local-exec" { command = "exit 3" }
}
"""


def journal(infra: Infra) -> list[tuple[str, str]]:
    """Return the steps of the journal, each with its cluster."""
    lines = (infra.folder / "infra" / "journal.jsonl").read_text().splitlines()
    return [(line["step"], line["cluster"]) for line in map(json.loads, lines)]


def test_clusters_are_applied_in_the_order_they_depend_on_each_other(infra: Infra) -> None:
    infra.cluster("a", word="x", after=["c"])
    infra.cluster("b", FAILING)
    infra.cluster("c", word="x", seconds=1)
    infra.cluster("d", word="x", after=["b"])
    infra.cluster("e", word="x")
    planned = infra.run("plan", "--all", "--parallel", "3").stdout
    assert [line.split(":")[0] for line in planned.splitlines() if line[:1].isalpha()] == ["a", "b", "c", "d", "e"]
    infra.cluster("f", word="x")
    applied = infra.run("apply", "--all", "--parallel", "4", expect=1)
    assert [line.split(":")[0] for line in applied.stdout.splitlines()] == ["a", "c", "e"]
    assert "d: left out, for it comes after b, which failed" in applied.stderr
    assert "f: no saved plan, left out" in applied.stderr
    steps = journal(infra)
    assert steps.index(("applied", "c")) < steps.index(("started", "a"))
    assert ("failed", "b") in steps
    assert ("started", "d") not in steps
    assert steps[0][0] == "begin"
    assert steps[-1][0] == "end"
    again = infra.run("apply", "--all")
    assert [line.split(":")[0] for line in again.stdout.splitlines()] == ["d"], (
        "the plan of what was left out is still there"
    )


def test_after_a_crash_an_apply_of_all_goes_on_and_repeats_nothing(infra: Infra) -> None:
    for name in ("a", "b", "c"):
        infra.cluster(name, word="x", seconds=1, after={"b": ["a"], "c": ["b"]}.get(name, ()))
    infra.run("plan", "--all")
    command = infra.start("apply", "--all")
    until(lambda: "Provisioning with" in infra.output("b", "apply"))
    command.kill()
    command.communicate(timeout=30)
    gone(infra.terraform("b"))
    resumed = infra.run("apply", "--all")
    assert "a: applied before, not repeated" in resumed.stderr
    assert "b: an apply of" in resumed.stderr, "Terraform came to its end without Python"
    assert [line.split(":")[0] for line in resumed.stdout.splitlines()] == ["b", "c"]
    assert [len(infra.receipts(name)) for name in ("a", "b", "c")] == [1, 1, 1]
    assert [step for step, _ in journal(infra)].count("begin") == 1
    assert journal(infra)[-1][0] == "end"


def test_a_signal_stops_a_fleet_run_between_clusters(infra: Infra) -> None:
    for name in ("a", "b"):
        infra.cluster(name, word="x", seconds=1, after={"b": ["a"]}.get(name, ()))
    infra.run("plan", "--all")
    command = infra.start("apply", "--all")
    until(lambda: "Provisioning with" in infra.output("a", "apply"))
    command.terminate()
    _, told = command.communicate(timeout=30)
    assert command.returncode == 1
    assert "a: apply may finish what it has begun" in told
    assert infra.receipts("b") == []
    assert infra.run("apply", "--all").stdout.startswith("b: applied")


def test_clusters_that_go_in_a_circle_are_refused(infra: Infra) -> None:
    infra.cluster("a", word="x", after=["b"])
    infra.cluster("b", word="x", after=["a"])
    told = infra.run("plan", "--all", expect=1).stderr
    assert "infrastructure.after: goes round in a circle" in told
    infra.cluster("b", word="x", after=["aa"])
    assert "there is no cluster 'aa': did you mean 'a'?" in infra.run("plan", "--all", expect=1).stderr


def test_drift_is_found_and_exits_with_3(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    assert infra.run("drift", "one").stdout == "one: as Terraform left it\n"
    toy_cloud.only("google_compute_disk")["size"] = 500
    told = infra.run("drift", "one", expect=3).stdout
    assert "size: 100 → 500" in told
    (found,) = json.loads(infra.run("drift", "--all", "--format", "json", expect=3).stdout)
    assert found["drifted"] is True
    assert found["resources"][0]["differences"] == [{"path": "size", "before": "100", "after": "500"}]
    assert infra.state("one")["serial"] == 1, "to look changes nothing"
    toy_cloud.fault(Fault("read", "google_compute_disk", status=403, times=None, message="permission denied"))
    assert "lack a permission" in infra.run("drift", "one", expect=1).stderr


def test_drift_is_told_by_what_terraform_says_and_not_by_its_exit_code(
    cloudy_infra: Infra, toy_cloud: Cloud, terraform_binary: Path
) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    called, code = infra.folder / "called", infra.folder / "code"
    program = infra.folder / "terraform-of-another-mind"
    program.write_text(
        f'#!/bin/sh\necho "$1" >> {called}\n{terraform_binary} "$@" || test $? = 2 || exit 1\n'
        f'if test "$1" = plan; then exit "$(cat {code})"; fi\n'
    )
    program.chmod(0o755)
    code.write_text("2")  # as Terraform may end though nothing drifted
    assert infra.run("drift", "one", HUBLEDGER_TERRAFORM=str(program)).stdout == "one: as Terraform left it\n"
    assert "show" not in called.read_text().split(), "there is nothing to look at"
    toy_cloud.only("google_compute_disk")["size"] = 500
    code.write_text("0")  # as OpenTofu ends though something did
    assert "size: 100 → 500" in infra.run("drift", "one", expect=3, HUBLEDGER_TERRAFORM=str(program)).stdout


def test_outputs_have_types_and_keep_secrets(infra: Infra) -> None:
    infra.cluster("one", word="high", secrets={"token": {"env": "TOKEN"}})
    secret: dict[str, Any] = {"TOKEN": "a-word-nobody-may-see"}
    infra.run("plan", "one", **secret)
    infra.run("apply", "one", **secret)
    shown = infra.run("outputs", "one", "--format", "json", **secret).stdout
    assert json.loads(shown) == [
        {"name": "token", "type": "string", "sensitive": True, "value": "(sensitive)"},
        {"name": "word", "type": "string", "sensitive": False, "value": "high"},
    ]
    assert infra.run("outputs", "one", "word", **secret).stdout == "high\n"
    assert "say --reveal" in infra.run("outputs", "one", "token", expect=1, **secret).stderr
    assert infra.run("outputs", "one", "token", "--reveal", **secret).stdout == "a-word-nobody-may-see\n"
    assert "there are token, word" in infra.run("outputs", "one", "words", expect=1, **secret).stderr
    kept = [
        file
        for file in infra.folder.rglob("*")
        if file.is_file() and "tfstate" not in file.name and b"a-word-nobody-may-see" in file.read_bytes()
    ]
    assert kept == []
    assert (infra.work("one") / "terraform.tfstate").stat().st_mode & 0o077 == 0


def test_who_only_looks_needs_no_secrets(infra: Infra) -> None:
    infra.cluster("one", word="high", secrets={"token": {"env": "TOKEN"}})
    secret: dict[str, Any] = {"TOKEN": "a-word-nobody-may-see"}
    infra.run("plan", "one", **secret)
    infra.run("apply", "one", **secret)
    assert infra.run("outputs", "one", "word").stdout == "high\n"
    assert infra.run("unlock", "one").stdout == "one: not locked\n"
    assert "nothing changed" in infra.run("render", "one").stderr
    told = infra.run("doctor", "one", expect=1).stdout
    assert "the environment variable TOKEN is not set" in told
    assert "state reachable in local, serial" in told


@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_receipts_say_who_applied_what_and_when(infra: Infra, form: str) -> None:
    infra.cluster("one", word="high")
    infra.run("plan", "one")
    infra.run("apply", "one", GITHUB_ACTOR="octavia")
    told = infra.run("receipts", "one", "--format", form).stdout
    if form == "table":
        assert "applied" in told
        assert "octavia" in told
        return
    (receipt,) = json.loads(told) if form == "json" else list(csv.DictReader(io.StringIO(told)))
    assert (receipt["by"], receipt["outcome"], int(receipt["added"])) == ("octavia", "applied", 2)
    assert int(receipt["serial_after"]) == infra.state("one")["serial"]
    assert receipt["began_at"] <= receipt["ended_at"]


def test_two_clusters_share_a_plugin_cache(cloudy_infra: Infra) -> None:
    infra = cloudy_infra
    for name in ("a", "b", "c"):
        infra.cluster(name, DISK)
    environment = {name: value for name, value in infra.environment.items() if name != "TF_PLUGIN_CACHE_DIR"}
    infra.environment = environment
    planned = infra.run("plan", "--all", "--parallel", "3")
    assert planned.stdout.count("1 to create") == 3
    (cached,) = (infra.folder / "infra" / ".plugins").glob(
        "*/hashicorp/google/*/*"
    )  # a link, as the mirror is unpacked
    for name in ("a", "b", "c"):
        (found,) = (infra.work(name) / ".terraform" / "providers").glob("*/hashicorp/google/*/*")
        assert found.resolve() == cached.resolve()
