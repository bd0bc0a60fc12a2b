"""Ingest of a FOCUS bill in Parquet beside only copying its columns, in one run: seconds, ratios, peak memory, as JSON.

python -m benchmarks.ingest [--rows 5000000] measures a bill with its money as DOUBLE and one with DECIMAL. `copy` is the
floor: DuckDB reads the same file and writes the same columns as they are, with its own settings.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from analytics import focus
from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import CHARGES, MONEY
from terraform.fleet import FocusBilling, Labels

SQL = Path(__file__).parent / "sql"
MEASURES = ("copy", "ingest")
KINDS = ("double", "decimal(38, 12)")
REPEATS = 3  # the best of them counts: the machine does other things too


def generate(bill: Path, rows: int, kind: str) -> None:
    """Write a bill of `rows` lines whose money is of type `kind`."""
    text = (SQL / "bill.sql").read_text()
    with connect(memory_limit="2GB") as con:
        described = con.execute(f"describe {text}", {"rows": rows}).fetchall()
        money = {field.name for field in CHARGES.schema if field.type == MONEY}
        typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, *_ in described if name in money)
        con.execute(f"copy (select * replace ({typed}) from ({text})) to '{bill}' (format parquet)", {"rows": rows})


def measure(bill: Path, what: str) -> dict[str, float]:
    """Run `what` (one of MEASURES) over the bill and return its seconds, processor seconds and peak memory in MiB."""
    with tempfile.TemporaryDirectory(prefix="hubledger-benchmark-") as name:
        began = time.perf_counter()
        if what == "copy":
            with connect() as con:
                con.execute(f"copy (from '{bill}') to '{name}/copy.parquet' (format parquet)")
        else:
            source = FocusBilling(str(bill))
            focus.ingest(
                source,
                labels=Labels(),
                lake=Lake(name),
                sources=[source.id],
                months=None,
                now=datetime(2026, 11, 20, tzinfo=UTC),
                talk=lambda _: None,
            )
        seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}


def run(rows: int, kind: str) -> dict[str, float | str]:
    """Generate a bill, then measure each thing in processes of its own, by turns."""
    told: dict[str, float | str] = {"money": kind, "rows": rows}
    with tempfile.TemporaryDirectory(prefix="hubledger-benchmark-") as name:
        bill = Path(name) / "bill.parquet"
        generate(bill, rows, kind)
        runs: dict[str, list[dict[str, float]]] = {what: [] for what in MEASURES}
        for _ in range(REPEATS):
            for what in MEASURES:
                command = [sys.executable, "-m", "benchmarks.ingest", "--measure", what, "--bill", str(bill)]
                runs[what].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    best = {what: min(one["seconds"] for one in runs[what]) for what in MEASURES}
    for what in MEASURES:
        told[f"{what}_seconds"] = round(best[what], 2)
        told[f"{what}_cpu_seconds"] = round(min(one["cpu_seconds"] for one in runs[what]), 2)
        told[f"{what}_peak_mib"] = round(max(one["peak_mib"] for one in runs[what]))
    told["rows_per_second"] = round(rows / best["ingest"])
    told["ratio_to_copy"] = round(best["ingest"] / best["copy"], 2)
    return told


def main() -> None:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--bill", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.bill, arguments.measure)))
        return
    sys.stdout.write(json.dumps([run(arguments.rows, kind) for kind in KINDS], indent=2) + "\n")


if __name__ == "__main__":
    main()
