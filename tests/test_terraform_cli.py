"""`hubledger fleet check | schema | init`, called as the command line calls them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from terraform.cli import ERRORS, fleet_app
from terraform.fleet_files import FleetError, load
from tests.fixtures_fleet import OURS, THEIRS, write

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(*arguments: str, **environment: str) -> Result:
    """The command's result; faults are raised as they are for whoever mounts the app."""
    result = CliRunner().invoke(fleet_app, arguments, env=environment or None)
    if isinstance(result.exception, ERRORS):
        raise result.exception
    return result


def validator(kind: str) -> Draft202012Validator:
    schema = json.loads(run("schema", kind).stdout)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def as_json(text: str) -> object:
    """What an editor's YAML server sees: dates are text."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def test_check_lists_what_was_loaded(our_fleet: Path) -> None:
    result = run("check", "--fleet", str(our_fleet))
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["cluster", "provider", "hubs", "accounts", "bills", "usage", "communities"]
    assert lines[1] == ["delta", "gcp", "2", "delta-project,", "delta-data", "focus,", "bigquery", "prometheus", "reef"]
    assert lines[2] == ["sigma", "aws", "1", "012345678901", "–", "file", "reef,", "tides"]
    assert result.stdout.splitlines()[3] == "2 clusters, 3 hubs, 2 communities; with no community: delta/staging"
    assert result.stderr == ""


def test_check_takes_the_folder_from_the_environment(our_fleet: Path) -> None:
    assert run("check", HUBLEDGER_FLEET=str(our_fleet)).exit_code == 0


def test_check_says_notices_beside_the_table(their_fleet: Path) -> None:
    result = run("check", "--fleet", str(their_fleet))
    assert result.stdout.splitlines()[-1] == "4 clusters, 4 hubs, 0 communities"
    assert "hubs[].binderhub_ui" in result.stderr


def test_check_hands_on_every_fault(our_fleet: Path) -> None:
    write(our_fleet, {"fleet.yaml": "a: 1\nb: 2\n"})
    with pytest.raises(FleetError) as caught:
        run("check", "--fleet", str(our_fleet))
    assert len(caught.value.faults) == len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("kind", ["cluster", "community", "fleet", "mapping"])
def test_a_schema_explains_every_key_of_ours(kind: str) -> None:
    schema = json.loads(run("schema", kind).stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    parts = [schema, *schema.get("$defs", {}).values()]
    strict = [part for part in parts if part.get("additionalProperties") is False]
    keys = [(name, key) for part in strict for name, key in part["properties"].items()]
    assert keys
    assert [
        name for name, key in keys if not (key.get("description") and (key.get("title") or "$ref" in str(key)))
    ] == []
    assert all(part["title"] and part["description"] for part in parts if part.get("type") == "object")


def their_files() -> Iterator[tuple[str, str]]:
    for name, text in THEIRS.items():
        if name.endswith("/cluster.yaml") and "templates" not in name:
            yield "cluster", text


def our_files() -> Iterator[tuple[str, str]]:
    for name, text in OURS.items():
        yield {"clusters": "cluster", "communities": "community"}.get(name.split("/")[0], "fleet"), text


@pytest.mark.parametrize(("kind", "text"), [*our_files(), *their_files()])
def test_the_schema_accepts_what_loads(kind: str, text: str) -> None:
    assert [error.message for error in validator(kind).iter_errors(as_json(text))] == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("cluster", "provider: gcp\n"),
        ("cluster", "name: a\nprovider: gpc\n"),
        ("cluster", "name: a\nprovider: gcp\nhubs: [{name: Prod Hub}]\n"),
        ("cluster", "name: a\nprovider: gcp\nusage: {source: prometheus, url: 'https://x', password: y}\n"),
        ("cluster", "name: a\nprovider: gcp\nbilling: {source: focus}\n"),
        ("cluster", "name: a\nprovider: gcp\npolicy: {weights: {cpu: -1}}\n"),
        ("community", "name: a\ncontract: {}\n"),
        ("community", "name: a\nhubs: [b]\n"),
        ("fleet", "polcy: {}\n"),
    ],
)
def test_the_schema_refuses_what_does_not_load(kind: str, text: str) -> None:
    assert list(validator(kind).iter_errors(as_json(text)))


def test_the_schema_is_the_cluster_s_unless_another_is_asked_for() -> None:
    assert run("schema").stdout == run("schema", "cluster").stdout


def test_an_unknown_kind_of_schema_is_wrong_use() -> None:
    assert run("schema", "hub").exit_code == 2


def test_what_init_writes_passes_check(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "fleet"
    result = run("init", str(folder))
    assert [Path(line) for line in result.stdout.splitlines()] == [
        folder / "fleet.yaml",
        folder / "clusters/example/cluster.yaml",
        folder / "communities/example.yaml",
    ]
    assert run("check", "--fleet", str(folder)).stdout.splitlines()[-1] == "1 cluster, 2 hubs, 1 community"
    assert load(folder).notices == ()
    assert load(folder).settings.policy == load(folder).settings.policy.__class__()


def test_what_init_comments_out_can_be_put_to_use(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    for name in ("fleet.yaml", "communities/example.yaml"):
        file = tmp_path / name
        file.write_text(re.sub(r"^# ( *(?:- )?[{\[a-z_]+(?::.*|\}))$", r"\1", file.read_text(), flags=re.M))
    fleet = load(tmp_path)
    assert fleet.settings.dashboard.sign_in is not None
    assert len(fleet.settings.issuers) == 1
    (community,) = fleet.communities
    assert (community.cap is not None, len(community.contracts)) == (True, 1)


@pytest.mark.parametrize("there", ["fleet.yaml", "clusters", "communities"])
def test_init_overwrites_nothing(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir()
    with pytest.raises(FleetError, match=f"{there}: is there already, and nothing is overwritten"):
        run("init", str(tmp_path))
    assert [path.name for path in tmp_path.rglob("*")] == [there]


def test_init_beside_other_files_leaves_them(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("ours")
    run("init", str(tmp_path))
    assert (tmp_path / "README.md").read_text() == "ours"


def test_init_that_can_t_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FleetError, match="can't be written"):
        run("init", str(tmp_path / "file" / "fleet"))
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]


def test_help_has_an_example() -> None:
    for command in ("check", "schema", "init"):
        assert f"hubledger fleet {command}" in run(command, "--help").stdout
