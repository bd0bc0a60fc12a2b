"""A state moves with a changed backend, or stays behind, as is said; without a word nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fixtures_infra import Infra


def test_a_state_moves_to_another_backend_only_when_told_to(infra: Infra) -> None:
    infra.cluster("one", word="high")
    infra.run("plan", "one")
    infra.run("apply", "one")
    elsewhere = infra.folder / "states" / "one.tfstate"
    infra.cluster("one", backend={"local": {"path": str(elsewhere)}}, word="high")
    refused = infra.run("plan", "one", expect=1).stderr
    assert "hubledger infra init one --migrate-state" in refused
    assert "or undo the change of infrastructure.backend" in refused
    assert not elsewhere.exists()

    infra.run("init", "one", "--migrate-state")
    assert "no changes" in infra.run("plan", "one").stdout
    assert elsewhere.exists()

    infra.cluster("one", backend={"local": {"path": str(elsewhere.with_name("new.tfstate"))}}, word="high")
    refused = infra.run("init", "one", "--reconfigure", expect=1).stderr
    assert "has a state of its own (terraform.tfstate)" in refused, (
        "Terraform leaves the file of the first backend there"
    )
    (infra.work("one") / "terraform.tfstate").unlink()
    infra.run("init", "one", "--reconfigure")
    assert "2 to create" in infra.run("plan", "one").stdout, "the old state was left where it is"
    infra.run("init", "one", "--upgrade")
    assert "there is no saved plan" in infra.run("apply", "one", expect=1).stderr, "it was made with other providers"
