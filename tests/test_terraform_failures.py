"""What goes wrong in the cloud, on the disk, in a provider or in the fleet's files: the message names cluster, field and remedy."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fixtures_infra import DISK, SLOW, until
from tests.provider.cloud import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fixtures_infra import Infra
    from tests.fixtures_s3 import Bucket
    from tests.provider.cloud import Cloud

DISK_TYPE = "google_compute_disk"


@pytest.fixture
def one(cloudy_infra: Infra) -> Infra:
    """Return a fleet with the cluster `one`, a disk on the toy cloud."""
    cloudy_infra.cluster("one", DISK)
    return cloudy_infra


def applied(infra: Infra) -> None:
    infra.run("plan", "one")
    infra.run("apply", "one")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault("create", DISK_TYPE, status=403, message="permission denied"),
            "the credentials in use lack a permission",
        ),
        (Fault("create", DISK_TYPE, status=429, times=None), "the cloud wants fewer requests: wait"),
        (
            Fault("create", DISK_TYPE, status=500, times=None, message="backend error"),
            "the other side or the way to it failed",
        ),
        (Fault("create", DISK_TYPE, crash=True), "the provider crashed"),
    ],
    ids=["403", "429", "500", "crash"],
)
def test_an_apply_that_fails_is_told_with_its_cause_and_never_tried_again(
    one: Infra, toy_cloud: Cloud, fault: Fault, said: str
) -> None:
    one.run("plan", "one")
    toy_cloud.fault(fault)
    told = one.run("apply", "one", expect=1).stderr
    assert said in told
    assert "hubledger: one: " in told or "cluster.yaml:" in told
    assert "plan anew to see what is left" in told
    (receipt,) = one.receipts("one")
    assert receipt["outcome"] == "failed"
    assert sum(call.action == "create" for call in toy_cloud.calls) == 1
    toy_cloud.heal()
    applied(one)
    assert toy_cloud.only(DISK_TYPE)["name"] == "homes"


def test_a_plan_is_tried_again_when_the_cloud_stumbles(one: Infra, toy_cloud: Cloud) -> None:
    applied(one)
    toy_cloud.fault(Fault("read", DISK_TYPE, times=2, status=503, message="backend error"))
    planned = one.run("plan", "one")
    assert "no changes" in planned.stdout
    assert planned.stderr.count("plan is tried again in ") == 2


def test_a_plan_is_not_tried_again_for_what_stays(one: Infra, toy_cloud: Cloud) -> None:
    applied(one)
    toy_cloud.fault(Fault("read", DISK_TYPE, times=None, status=403, message="permission denied"))
    told = one.run("plan", "one", expect=1).stderr
    assert "lack a permission" in told
    assert "tried again" not in told


def test_a_cloud_that_hangs_ends_a_plan_in_time(one: Infra, toy_cloud: Cloud) -> None:
    applied(one)
    toy_cloud.fault(Fault("read", DISK_TYPE, hang=True, times=None))
    told = one.run("plan", "one", "--timeout", "0.03", expect=1, HUBLEDGER_GRACE_SECONDS="1").stderr
    assert "plan took longer than" in told
    assert "infra unlock one" in told
    toy_cloud.heal()
    assert "no changes" in one.run("plan", "one").stdout


def test_an_apply_that_outlasts_its_time_is_left_running_and_settled_later(one: Infra, toy_cloud: Cloud) -> None:
    one.run("plan", "one")
    toy_cloud.fault(Fault("create", DISK_TYPE, hang=True))
    told = one.run("apply", "one", "--timeout", "0.08", expect=1, HUBLEDGER_GRACE_SECONDS="1").stderr
    assert "it is left running, for it may have more to save" in told
    assert one.receipts("one") == []
    terraform = one.terraform("one")
    assert "goes on by itself" in one.run("plan", "one", expect=1).stderr
    toy_cloud.heal()
    until(lambda: not terraform.is_running() or terraform.status() == "zombie")
    assert "no changes" in one.run("plan", "one").stdout, "what it made is in the state"
    assert one.receipts("one")[0]["added"] == 1


def test_a_lock_held_by_another_says_whose_it_is_and_can_be_removed_when_its_process_is_gone(
    one: Infra, toy_cloud: Cloud, bucket: Bucket
) -> None:
    one.environment |= bucket.environment
    one.cluster(
        "one", DISK, backend={"s3": {"bucket": bucket.name, "region": "us-east-1", "endpoint": bucket.endpoint}}
    )
    one.run("plan", "one")
    toy_cloud.fault(Fault("create", DISK_TYPE, hang=True))
    command = one.start("apply", "one")
    toy_cloud.wait_for("create", DISK_TYPE)
    other = one.folder / "elsewhere"  # somebody with a work folder of their own
    refused = one.run("plan", "one", expect=1, HUBLEDGER_INFRA=str(other)).stderr
    assert "Error acquiring the state lock" in refused
    assert "`hubledger infra unlock one` says who" in refused
    terraform = one.terraform("one")
    told = one.run("unlock", "one").stdout
    assert f"for Apply, at {bucket.name}/hubledger/one/terraform.tfstate: process {terraform.pid}" in told
    assert "which lives" in told
    command.kill()
    terraform.kill()
    command.communicate(timeout=30)
    toy_cloud.heal()
    left = one.run("unlock", "one")
    assert "which is gone" in left.stdout
    identity = left.stderr.split("--id ")[1].strip()
    assert "not 0000" in one.run("unlock", "one", "--id", "0000", expect=1).stderr
    assert "unlocked" in one.run("unlock", "one", "--id", identity).stdout
    assert "not locked" in one.run("unlock", "one").stdout
    assert "its receipt is written now" in one.run("plan", "one").stderr


@pytest.fixture
def full_disk(one: Infra) -> Iterator[Path]:
    """Make the work folder of `one` a small disk of its own."""
    folder = one.work("one")
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    """Leave no room in a folder's disk."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            pass


def test_a_full_disk_during_a_plan_changes_nothing(one: Infra, full_disk: Path) -> None:
    one.run("render", "one")
    fill(full_disk)
    told = one.run("plan", "one", expect=1).stderr
    assert "No space left on device" in told or "no space left on device" in told
    (full_disk / "filler").unlink()
    assert "1 to create" in one.run("plan", "one").stdout


def test_a_full_disk_during_an_apply_loses_nothing_that_was_made(one: Infra, toy_cloud: Cloud, full_disk: Path) -> None:
    one.run("plan", "one")
    toy_cloud.fault(Fault("create", DISK_TYPE, hang=True))
    command = one.start("apply", "one")
    toy_cloud.wait_for("create", DISK_TYPE)
    fill(full_disk)
    toy_cloud.release()
    _, told = command.communicate(timeout=60)
    assert command.returncode == 1
    assert "there was no room to write down how the apply ended" in told
    assert "o space left on device" in told
    assert toy_cloud.only(DISK_TYPE)
    assert one.state("one")["resources"] == [], "Terraform could save it nowhere, and printed it"
    (full_disk / "filler").unlink()
    told = one.run("plan", "one", expect=1).stderr
    assert "its receipt is written now" in told
    assert "infra push-state one" in told, "nothing else may be done before it is put back"
    one.run("push-state", "one")
    assert "no changes" in one.run("plan", "one").stdout
    (receipt,) = one.receipts("one")
    assert (receipt["outcome"], receipt["added"]) == ("failed", 1)


def remove(bucket: Bucket) -> None:
    """Take a bucket away with all that is in it."""
    names = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    there = boto3.resource("s3", endpoint_url=bucket.endpoint, **names).Bucket(bucket.name)
    there.objects.all().delete()
    there.delete()


def test_a_state_that_its_place_refuses_is_kept_and_put_back(one: Infra, toy_cloud: Cloud, bucket: Bucket) -> None:
    one.environment |= bucket.environment
    one.cluster(
        "one", DISK, backend={"s3": {"bucket": bucket.name, "region": "us-east-1", "endpoint": bucket.endpoint}}
    )
    one.run("plan", "one")
    toy_cloud.fault(Fault("create", DISK_TYPE, hang=True))
    command = one.start("apply", "one", AWS_MAX_ATTEMPTS="1")
    toy_cloud.wait_for("create", DISK_TYPE)
    remove(bucket)
    toy_cloud.release()
    _, told = command.communicate(timeout=120)
    assert command.returncode == 1
    assert "errored.tfstate: Terraform could not save the state and put it here" in told
    assert "infra push-state one" in told
    assert one.receipts("one")[0]["outcome"] == "failed"
    refused = one.run("plan", "one", expect=1).stderr
    assert "until then nothing else is done" in refused
    bucket.create()
    assert "the state is saved, serial" in one.run("push-state", "one").stdout
    assert "no changes" in one.run("plan", "one").stdout


BAD_INPUT = [
    ("a wrong variable", {"size": "many"}, {}, ": infrastructure.variables.size: ", "change what it names"),
    ("an unknown variable", {"colour": "red"}, {}, ": infrastructure.variables.colour: ", "change what it names"),
    (
        "a missing secret",
        {},
        {"secrets": {"token": {"env": "NO_SUCH_VARIABLE"}}},
        "NO_SUCH_VARIABLE is not set",
        "set it",
    ),
    ("a module that is none", {}, {"section": {"module": "nowhere"}}, "infrastructure.module: ", "name the folder"),
]


@pytest.mark.parametrize(
    ("variables", "more", "said", "remedy"), [case[1:] for case in BAD_INPUT], ids=[c[0] for c in BAD_INPUT]
)
def test_bad_input_is_told_with_its_place(
    one: Infra, variables: dict[str, Any], more: dict[str, Any], said: str, remedy: str
) -> None:
    file = one.cluster("one", None if "section" in more else DISK, **more, **({} if "section" in more else variables))
    told = one.run("plan", "one", expect=1).stderr
    assert said in told
    assert remedy in told
    assert "one" in told
    if said.startswith(":"):
        assert f"{file}:" in told


def test_a_cluster_whose_name_has_a_slash_is_refused(infra: Infra) -> None:
    file = infra.cluster("one", SLOW)
    file.write_text(file.read_text().replace('"name": "one"', '"name": "one/two"'))
    told = infra.run("plan", "one", expect=1).stderr
    assert "name: 'one/two' is not a name" in told
    infra.cluster("one", SLOW)
    assert "there is no cluster '../one'" in infra.run("plan", "../one", expect=1).stderr
    assert "did you mean 'one'?" in infra.run("plan", "on", expect=1).stderr


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ({"gcs": {"bucket": "state-of-one"}}, "sign in to the cloud"),
        (
            {"pg": {"conn_str_env": "NO_SUCH_DATABASE"}},
            "infrastructure.backend.pg.conn_str_env: the environment variable",
        ),
        ({"local": {"path": "/proc/no/such/place"}}, "hubledger: one: "),
    ],
    ids=["no credentials", "no address", "no place"],
)
def test_a_backend_that_refuses_is_told_with_a_remedy(infra: Infra, backend: dict[str, Any], said: str) -> None:
    infra.cluster("one", SLOW, word="high", backend=backend)
    told = infra.run(
        "plan", "one", expect=1, HOME=str(infra.folder), GOOGLE_APPLICATION_CREDENTIALS="/no/such/file"
    ).stderr
    assert said in told
    assert len(told.splitlines()[0].split(": ")) > 2


def test_an_unknown_machine_type_is_told_before_and_after_terraform_knows(
    cloudy_infra: Infra, toy_cloud: Cloud
) -> None:
    infra = cloudy_infra
    pools = {"core": {"purpose": "core", "machine_type": "r5.large", "min": 1, "max": 2}}
    gcp = {"provider": "gcp", "gcp": {"project": "tidewater-hubs", "cluster": "tidewater", "zone": "us-central1-b"}}
    file = infra.cluster("tidewater", None, section={"node_pools": pools}, extra=gcp)
    told = infra.run("plan", "tidewater", expect=1).stderr
    assert (
        "infrastructure.node_pools.core.machine_type: 'r5.large' is no machine type of gcp: write it as in n2-highmem-4"
        in told
    )
    pools["core"]["machine_type"] = "n9-highmem-2"
    infra.cluster("tidewater", None, section={"node_pools": pools}, extra=gcp)
    infra.run("plan", "tidewater")
    toy_cloud.fault(
        Fault(
            "create",
            "google_container_node_pool",
            status=400,
            message="Machine type n9-highmem-2 does not exist in zone",
        )
    )
    told = infra.run("apply", "tidewater", expect=1).stderr
    line = json.loads(json.dumps(file.read_text())).splitlines().index('      "core": {') + 1
    assert f"{file}:{line}: infrastructure.node_pools.core: " in told
    assert "choose a machine type that the cloud has in that place" in told


def test_there_may_be_no_terraform(infra: Infra, tmp_path: Path) -> None:
    infra.cluster("one", SLOW, word="high")
    told = infra.run("plan", "one", expect=1, HUBLEDGER_TERRAFORM="terafrom").stderr
    assert "HUBLEDGER_TERRAFORM=terafrom: there is no such program" in told
    program = tmp_path / "terraform"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    assert "can't be started" in infra.run("plan", "one", expect=1, HUBLEDGER_TERRAFORM=str(program)).stderr
    shutil.rmtree(infra.work("one"))
