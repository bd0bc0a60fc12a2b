"""Allocation beside only scanning and grouping the same charges, in one run: seconds, ratios, peak memory, as JSON.

python -m benchmarks.allocate [--rows 10000000] measures that many charges and a tenth of them, of ten clusters with a
thousand nodes and 150 hubs, a month by the hour. `group` is the floor: grouping by all that allocation tells apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import pyarrow as pa

from analytics.allocate import allocate
from analytics.engine import connect
from analytics.tables import ACTIVITY, CHARGES, NODES, USAGE_TABLE
from terraform.fleet import Cluster, Fleet, Hub, Policy, Provider, Settings

SQL = Path(__file__).parent / "sql"
TABLES = (CHARGES, USAGE_TABLE, NODES, ACTIVITY)
MEASURES = ("group_node_hours", "group", "allocate")
REPEATS = 3  # the best of them counts: the machine does other things too


def fleet() -> Fleet:
    """Return ten clusters of fifteen hubs."""
    return Fleet(Path("fleet"), Settings(), tuple(_cluster(f"c{number}", number) for number in range(10)), ())


def _cluster(name: str, number: int) -> Cluster:
    return Cluster(
        name=name,
        provider=Provider.GCP,
        provider_url=None,
        aliases=(name,),
        sub_accounts=(f"project-{number}",),
        billing_accounts=(),
        region=None,
        paid_by_us=True,
        billing=(),
        usage=None,
        policy=Policy(),
        hubs=tuple(Hub(name, f"hub-{number}-{hub}", f"Hub {hub}", "") for hub in range(15)),
        path=Path("fleet"),
    )


def generate(folder: Path, rows: int) -> None:
    """Write charges, usage, nodes and activity as Parquet files in the lake's columns."""
    with connect(memory_limit="3GB") as con:
        for table in TABLES:
            con.register("empty", table.schema.empty_table())
            con.execute("create or replace table typed as from empty")
            source = SQL / f"{table.name}.sql"
            select = f"union all by name ({source.read_text()})" if source.exists() else ""
            con.execute(
                f"copy (from typed {select}) to '{folder / table.name}.parquet' (format parquet)",
                {"rows": rows} if table is CHARGES else None,
            )


def measure(folder: Path, what: str) -> dict[str, float]:
    """Run `what` (one of MEASURES) over the files and return its seconds and peak memory in MiB."""
    with connect() as con:
        for table in TABLES:
            con.execute(f"create view {table.name} as from read_parquet('{folder / table.name}.parquet')")
        pa.array([what])  # Arrow imports pandas at its first array, once a process: no part of an allocation
        began = time.perf_counter()
        if what == "allocate":
            allocate(con, fleet())
        else:
            con.execute(f"create table grouped as {(SQL / what).with_suffix('.sql').read_text()}")
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def run(rows: int) -> dict[str, float]:
    """Generate `rows` charges, then measure things in turns, in processes of their own; the smallest of each counts."""
    told: dict[str, float] = {"rows": rows}
    with tempfile.TemporaryDirectory(prefix="hubledger-benchmark-") as name:
        generate(Path(name), rows)
        command = [sys.executable, "-m", "benchmarks.allocate", "--folder", name, "--measure"]
        runs: dict[str, list[dict[str, float]]] = {what: [] for what in MEASURES}
        for _, what in product(range(REPEATS), MEASURES):
            done = subprocess.run([*command, what], check=True, capture_output=True)
            runs[what].append(json.loads(done.stdout))
        for what, found in runs.items():
            told[f"{what}_seconds"] = round(min(one["seconds"] for one in found), 2)
            told[f"{what}_peak_mib"] = round(max(one["peak_mib"] for one in found))
    for floor in MEASURES[:-1]:
        told[f"ratio_to_{floor}"] = round(told["allocate_seconds"] / told[f"{floor}_seconds"], 2)
    return told


def main() -> None:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.folder, arguments.measure)))
        return
    small, large = run(arguments.rows // 10), run(arguments.rows)
    growth = round(large["allocate_seconds"] / small["allocate_seconds"], 2)
    sys.stdout.write(json.dumps({"small": small, "large": large, "growth": growth}, indent=2) + "\n")


if __name__ == "__main__":
    main()
