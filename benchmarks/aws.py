"""Ingest of a Cost and Usage Report 2.0, as Parquet and as gzipped CSV: rows a second and peak memory, as JSON.

python -m benchmarks.aws [--rows 20000000] makes a report in files of a million rows, takes them apart and delivers them into a
lake. The way from S3 is left out: it is the network's. Seconds are the clock's, beside what the processors worked, and as a ratio
to what DuckDB takes in the same run to copy the files to Parquet as they are.
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

from analytics import aws_lines
from analytics.charges import deliver
from analytics.engine import connect
from analytics.lake import Lake
from terraform.fleet import Labels

SQL = Path(__file__).parent / "sql"
KINDS = {
    "parquet": "map {'user_2i2c_hub_name': ['prod', 'staging', 'demo'][1 + n % 3], 'aws_eks_cluster_name': 'reef'}",
    "csv.gz": """'{"user_2i2c_hub_name":"' || ['prod', 'staging', 'demo'][1 + n % 3] || '","aws_eks_cluster_name":"reef"}'""",
}
FILE_ROWS = 1_000_000


def generate(folder: Path, rows: int, kind: str) -> None:
    """Write a report of `rows` lines."""
    text = (SQL / "cur.sql").read_text().replace("{tags}", KINDS[kind])
    form = "format parquet, compression snappy" if kind == "parquet" else "format csv, header, compression gzip"
    with connect(memory_limit="2GB") as con:
        for number, first in enumerate(range(0, rows, FILE_ROWS)):
            last = min(rows, first + FILE_ROWS)
            lines = text.replace("{first}", str(first)).replace("{last}", str(last))
            con.execute(f"copy ({lines}) to '{folder}/{number}.{kind}' ({form})")


def copy(folder: Path, kind: str) -> float:
    """Copy the files to Parquet, every column as it stands, and return the seconds."""
    read = "read_parquet" if kind == "parquet" else "read_csv"
    options = "" if kind == "parquet" else ", all_varchar = true, header = true"
    began = time.perf_counter()
    with connect(threads=2) as con:
        for path in sorted(folder.glob(f"*.{kind}")):
            target = folder / "copy.of"
            con.execute(f"copy (from {read}('{path}'{options})) to '{target}' (format parquet, compression lz4_raw)")
            target.unlink()
    return time.perf_counter() - began


def measure(folder: Path) -> dict[str, float]:
    """Ingest the report; return its rows, seconds, processor seconds and peak memory in MiB. Its files go."""
    labels = Labels()
    began = time.perf_counter()
    with connect(threads=2) as con:
        aws_lines.start(con)
        files = [
            aws_lines.stage(con, path, path.name, labels, talk=lambda _: None) for path in sorted(folder.glob("*.*"))
        ]
        staged = time.perf_counter() - began
        aws_lines.create_view(con, files, labels)
        aws_lines.check(con, "aws:benchmark", talk=lambda _: None)
        made = deliver(
            con,
            Lake(str(folder / "lake")),
            view="focus",
            kinds=aws_lines.FOCUS_KINDS,
            source="aws:benchmark",
            object="benchmark",
            version="1",
            labels=labels,
            sources=["aws:benchmark"],
            now=datetime(2026, 11, 20, tzinfo=UTC),
        )
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "charges": sum(each.rows for each in made),
        "seconds": round(seconds, 2),
        "staging_seconds": round(staged, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def run(rows: int, kind: str) -> dict[str, float | str]:
    """Generate a report, then measure its ingest in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="hubledger-benchmark-") as name:
        generate(Path(name), rows, kind)
        size = sum(path.stat().st_size for path in Path(name).glob("*.*"))
        copied = copy(Path(name), kind)
        command = [sys.executable, "-m", "benchmarks.aws", "--measure", name]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {
        "kind": kind,
        "rows": rows,
        "mib": round(size / 2**20),
        **told,
        "rows_per_second": round(rows / told["seconds"]),
        "rows_per_cpu_second": round(rows / told["cpu_seconds"]),
        "ratio_to_copy": round(told["seconds"] / copied, 2),
    }


def main() -> None:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.measure)))
        return
    told = [run(arguments.rows, kind) for kind in arguments.kind or KINDS]
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
