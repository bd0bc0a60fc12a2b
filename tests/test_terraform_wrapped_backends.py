"""`hubledger infra` with its state in each backend: planned, applied, locked by another, and asked for its serial."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures_backends import BACKENDS
from tests.fixtures_infra import SLOW, until

if TYPE_CHECKING:
    from tests.fixtures_backends import Backend
    from tests.fixtures_infra import Infra

TOKEN = "a-word-nobody-may-see"


def section(backend: Backend) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the key `infrastructure.backend` for a backend, and the environment it needs."""
    settings, environment = dict(backend.settings), dict(backend.environment)
    match backend.kind:
        case "pg":
            return {"pg": {"conn_str_env": "STATE_DATABASE"}}, {"STATE_DATABASE": str(settings["conn_str"])}
        case "s3":
            endpoint = settings["endpoints"]["s3"]  # type: ignore[index]
            return {
                "s3": {"bucket": settings["bucket"], "region": settings["region"], "endpoint": endpoint}
            }, environment
        case "gcs":
            return {"gcs": {"bucket": settings["bucket"]}}, environment
        case "azurerm":
            names = {"resource_group": "resource_group_name", "storage_account": "storage_account_name"}
            given = {ours: settings[theirs] for ours, theirs in {**names, "container": "container_name"}.items()}
            return {"azurerm": given}, environment
    return {"local": {"path": settings["path"]}}, environment


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_a_cluster_has_its_state_in(backend: Backend, infra: Infra) -> None:
    kind, environment = section(backend)
    infra.environment |= environment | {"TOKEN": TOKEN}
    infra.cluster("one", SLOW, backend=kind, word="high", seconds=2, secrets={"token": {"env": "TOKEN"}})
    assert "2 to create" in infra.run("plan", "one").stdout
    command = infra.start("apply", "one")
    until(lambda: "Provisioning with" in infra.output("one", "apply"))
    elsewhere: dict[str, Any] = {"HUBLEDGER_INFRA": str(infra.folder / "elsewhere")}
    told = infra.run("unlock", "one").stdout
    assert told.startswith("one: locked by ")
    assert told.endswith(", terraform apply of this work folder, which lives\n")
    if backend.kind == "pg":  # an advisory lock, which tells nothing of its holder
        assert "locked by somebody since a time that isn't told for something" in told
        assert "a process on some machine" in infra.run("unlock", "one", **elsewhere).stdout
        assert "can't be removed otherwise" in infra.run("unlock", "one", "--id", "x", expect=1, **elsewhere).stderr
    else:
        assert "for Apply, at " in told
    if backend.kind == "local":
        (infra.folder / "elsewhere" / "one").mkdir(parents=True)
    refused = infra.run("plan", "one", expect=1, **elsewhere).stderr
    assert "Error acquiring the state lock" in refused
    stdout, stderr = command.communicate(timeout=60)
    assert command.returncode == 0, stderr
    assert stdout.startswith("one: applied: 2 added")
    (receipt,) = infra.receipts("one")
    assert receipt["serial_after"] > receipt["serial_before"]
    assert "no changes" in infra.run("plan", "one", **elsewhere).stdout, "whoever has the backend has the state"
    assert infra.run("unlock", "one").stdout == "one: not locked\n"
    health = json.loads(infra.run("doctor", "one", "--format", "json").stdout)
    assert f"state reachable in {backend.kind}, serial {receipt['serial_after']}" in [each["text"] for each in health]
    hidden = (TOKEN, environment.get("STATE_DATABASE", TOKEN), environment.get("ARM_ACCESS_KEY", TOKEN))
    kept = [
        file
        for file in infra.folder.rglob("*")
        if file.is_file() and "tfstate" not in file.name and any(each.encode() in file.read_bytes() for each in hidden)
    ]
    assert kept == []
