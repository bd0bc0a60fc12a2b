"""Whoever is signalled, and whenever: the state holds what was made, nothing stays locked that isn't said, nothing is lost."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.fixtures_infra import DISK, gone, until
from tests.provider.cloud import Fault

if TYPE_CHECKING:
    import subprocess

    import psutil

    from tests.fixtures_infra import Infra
    from tests.provider.cloud import Cloud

INT, TERM, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGKILL
TARGETS = ("terraform", "python", "both")
DISK_TYPE = "google_compute_disk"


def strike(infra: Infra, command: subprocess.Popen[str], target: str, number: signal.Signals) -> psutil.Process:
    """Send a signal to Terraform, to Python or to both; return the process of Terraform."""
    terraform = infra.terraform("one")
    if target in ("python", "both"):
        command.send_signal(number)
    if target in ("terraform", "both"):
        terraform.send_signal(number)
    return terraform


def resources(infra: Infra) -> list[str]:
    return [resource["name"] for resource in infra.state("one")["resources"]]


def applying(infra: Infra) -> subprocess.Popen[str]:
    """Start an apply whose two resources take two seconds each, and wait until the first is being made."""
    infra.cluster("one", word="high", seconds=2)
    infra.run("plan", "one")
    command = infra.start("apply", "one")
    until(lambda: "Provisioning with" in infra.output("one", "apply"))
    return command


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("number", [INT, TERM])
def test_an_apply_that_is_told_to_stop_saves_its_state_and_releases_its_lock(
    infra: Infra, target: str, number: signal.Signals
) -> None:
    command = applying(infra)
    strike(infra, command, target, number)
    stdout, stderr = command.communicate(timeout=60)
    assert command.returncode == 1, stdout + stderr
    assert "was interrupted, and stopped in good order" in stderr
    assert "Two interrupts received" not in infra.output("one", "apply")
    assert resources(infra) == ["first"], "the second is not begun"
    (receipt,) = infra.receipts("one")
    assert (receipt["outcome"], receipt["serial_after"]) == ("interrupted", infra.state("one")["serial"])
    assert not (infra.work("one") / ".terraform.tfstate.lock.info").exists()
    assert "no saved plan" in infra.run("apply", "one", expect=1).stderr, "what is left is to be looked at anew"


def test_a_second_signal_only_says_what_is_going_on(infra: Infra) -> None:
    command = applying(infra)
    terraform = infra.terraform("one")
    terraform.suspend()  # it hears nothing until it goes on, as one that waits for a slow cloud
    heard: list[str] = []
    for _ in range(3):
        command.send_signal(INT)
        assert command.stderr is not None
        heard.append(command.stderr.readline())
    terraform.resume()
    command.communicate(timeout=60)
    assert "may finish what it has begun" in heard[0]
    assert all("SIGINT again: already stopping, it is not sent twice" in line for line in heard[1:])
    assert f"one: apply (process {terraform.pid})" in heard[2]
    assert "Two interrupts received" not in infra.output("one", "apply")
    assert infra.receipts("one")[0]["outcome"] == "interrupted"


@pytest.mark.parametrize("target", ["python", "both"])
def test_a_killed_python_loses_no_state(infra: Infra, target: str) -> None:
    command = applying(infra)
    terraform = infra.terraform("one")
    command.kill()
    command.communicate(timeout=60)
    told = infra.run("plan", "one", expect=1).stderr
    assert "goes on by itself" in told
    assert str(terraform.pid) in told
    if target == "both":
        terraform.kill()
    gone(terraform)
    again = infra.run("plan", "one")
    assert "its receipt is written now" in again.stderr
    (receipt,) = infra.receipts("one")
    if target == "python":
        assert (receipt["outcome"], receipt["added"]) == ("applied", 2)
        assert resources(infra) == ["first", "second"]
        assert "no changes" in again.stdout
    else:
        assert receipt["outcome"] == "lost"
        assert "to create" in again.stdout


def test_a_killed_terraform_is_said_to_be(infra: Infra) -> None:
    command = applying(infra)
    until(lambda: "second: Creating" in infra.output("one", "apply"))
    strike(infra, command, "terraform", KILL)
    _, stderr = command.communicate(timeout=60)
    assert command.returncode == 1
    assert "killed by signal 9" in stderr
    assert "infra unlock one" in stderr
    assert infra.receipts("one")[0]["outcome"] == "failed"
    assert resources(infra) == ["first"], "Terraform saves as it goes"
    assert "1 to create" in infra.run("plan", "one").stdout


@pytest.mark.parametrize(
    ("number", "target"), [*((number, target) for number in (INT, KILL) for target in TARGETS), (TERM, "python")]
)
def test_a_plan_that_is_stopped_changes_nothing_and_leaves_no_plan(
    cloudy_infra: Infra, toy_cloud: Cloud, number: signal.Signals, target: str
) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    toy_cloud.fault(Fault("configure", seconds=2, times=None))
    command = infra.start("plan", "one")
    toy_cloud.wait_for("configure")
    terraform = strike(infra, command, target, number)
    toy_cloud.heal()
    stdout, stderr = command.communicate(timeout=60)
    gone(terraform)
    if number is KILL and target != "terraform":
        assert command.returncode == -KILL
    else:
        assert command.returncode == 1, stdout + stderr
        assert ("killed by signal 9" if number is KILL else "interrupted") in stderr
    assert not (infra.work("one") / ".hubledger" / "plan.json").exists()
    assert infra.state("one")["serial"] == 0
    assert toy_cloud.objects[DISK_TYPE] == {}
    assert "1 to create" in infra.run("plan", "one").stdout, "nothing is in the way of the next"
