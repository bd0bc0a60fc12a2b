"""What `hubledger infra` takes beside the bare binary: per command, and for a whole fleet planned at once, as JSON.

python -m benchmarks.terraform [--clusters 30] [--pairs 7] works with the tests' provider and toy cloud, a cluster being a disk.
Bare and wrapped runs take turns, and the smallest of each counts: what else the machine does is no overhead. "Bare" is what a
command stands for: `plan -out` for a plan; `state pull`, `apply` and `state pull` for an apply. The fleet's
bare plans run one after the other; their sum by the processors is what a perfect schedule would take. Where nothing changes
they are `plan -out` alone, else its `show -json` too, without which nobody sees what would change.
Seconds are the clock's, on a machine that does nothing else; beside them is what the processors worked.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from terraform.binary import find
from tests.fixtures_infra import DISK, Infra, environment_of
from tests.fixtures_terraform import make_mirror
from tests.provider.client import ADDRESS
from tests.provider.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Took = tuple[float, float]  # by the clock, and what the processors worked


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-terraform-") as name, Cloud() as cloud:
        folder = Path(name)
        infra = Infra(folder, _environment(folder, cloud))
        found = {
            "overhead": dict(_commands(infra, arguments.pairs)),
            "fleet": _fleet(infra, arguments.clusters),
        }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def _environment(folder: Path, cloud: Cloud) -> dict[str, str]:
    """The environment of the tests' fixtures, without pytest."""
    for part in ("mirror", "home", "cache"):
        (folder / part).mkdir()
    mirror = make_mirror(folder / "mirror")
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment_of(
        folder,
        {
            **inherited,
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),  # an installation has it, and nobody's tree is written to
            "HOME": str(folder / "home"),
            "TF_CLI_CONFIG_FILE": str(mirror.cli_config),
            "TF_PLUGIN_CACHE_DIR": str(folder / "cache"),
            "CHECKPOINT_DISABLE": "1",
            ADDRESS: cloud.address,
        },
    )


def _commands(infra: Infra, pairs: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each command with the seconds that it takes more than the bare binary."""
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    work = infra.work("one")
    plan = infra.folder / "bare.tfplan"
    bare: dict[str, list[list[str]]] = {
        "plan": [["plan", "-json", "-input=false", f"-out={plan}"]],  # nothing changes: it need not be shown
        "drift": [["plan", "-json", "-input=false", "-refresh-only", f"-out={plan}"]],
        "outputs": [["output", "-json"]],
        "unlock": [["untaint", "-allow-missing", "terraform_data.nothing"]],
    }
    for command, words in bare.items():
        alone, wrapped = [], []
        for _ in range(pairs):
            alone.append(_run([_terraform(each) for each in words], cwd=work, infra=infra))
            wrapped.append(_run([_hubledger(command, "one")], infra=infra))
        yield command, _more(wrapped, alone)
    yield "apply", _apply(infra, work, plan, pairs)


def _apply(infra: Infra, work: Path, plan: Path, pairs: int) -> dict[str, float]:
    """What an apply takes more: each applies a plan of its own, which changes a disk's size."""
    alone, wrapped = [], []
    for number in range(pairs):
        infra.cluster("one", DISK, size=200 + 2 * number)
        infra.run("plan", "one")
        wrapped.append(_run([_hubledger("apply", "one")], infra=infra))
        infra.cluster("one", DISK, size=201 + 2 * number)
        infra.run("render", "one")
        _run([_terraform(["plan", "-input=false", f"-out={plan}"])], cwd=work, infra=infra)
        words = [["state", "pull"], ["apply", "-json", "-input=false", str(plan)], ["state", "pull"]]
        alone.append(_run([_terraform(each) for each in words], cwd=work, infra=infra))
    return _more(wrapped, alone)


def _more(wrapped: Sequence[Took], alone: Sequence[Took]) -> dict[str, float]:
    clock, worked = (min(column) for column in zip(*wrapped, strict=True))
    clock_alone, worked_alone = (min(column) for column in zip(*alone, strict=True))
    return {"seconds": round(clock - clock_alone, 3), "processor_seconds": round(worked - worked_alone, 3)}


def _fleet(infra: Infra, clusters: int) -> dict[str, dict[str, float]]:
    """Plan a fleet at once, and each of its clusters alone with the bare binary: as it is, and with something to change."""
    shutil.rmtree(infra.fleet)
    names = [f"cluster-{number:02}" for number in range(clusters)]
    for name in names:
        infra.cluster(name, DISK, disk=name)
    infra.run("plan", "--all", "--parallel", "4")
    plan = ["plan", "-json", "-input=false", "-out=bare.tfplan"]
    changing = _compare(infra, names, [plan, ["show", "-json", "bare.tfplan"]])
    infra.run("apply", "--all", "--parallel", "4")
    return {"nothing_changes": _compare(infra, names, [plan]), "all_change": changing}


def _compare(infra: Infra, names: Sequence[str], words: Sequence[list[str]]) -> dict[str, float]:
    bare = [_run([_terraform(each) for each in words], cwd=infra.work(name), infra=infra) for name in names]
    alone, worked_alone = (sum(column) for column in zip(*bare, strict=True))
    wrapped, worked = _run([_hubledger("plan", "--all", "--parallel", "4")], infra=infra)
    processors = os.cpu_count() or 1
    return {
        "clusters": len(names),
        "processors": processors,
        "bare_sum_seconds": round(alone, 2),
        "all_seconds": round(wrapped, 2),
        "ratio": round(wrapped / (alone / processors), 3),
        "processor_ratio": round(worked / worked_alone, 3),
    }


def _terraform(words: Sequence[str]) -> list[str]:
    return [*find(os.environ).words, *words]


def _hubledger(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("hubledger")), "infra", *words]


def _run(commands: Sequence[list[str]], *, infra: Infra, cwd: Path | None = None) -> Took:
    """Run commands after each other; return how long they took, and what the processors worked for them."""
    environment = infra.environment | ({"TF_DATA_DIR": str(cwd / ".terraform")} if cwd else {})
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for words in commands:
        subprocess.run(words, cwd=cwd, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, worked


if __name__ == "__main__":
    main()
