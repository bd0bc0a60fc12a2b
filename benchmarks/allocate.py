"""Allocation's cost beside the cost of only scanning and grouping the same charges, in one run.

python -m benchmarks.allocate [--rows 10000000] prints rows, seconds, the ratio and peak memory as JSON, for the rows asked and a tenth of them.
The fleet: 10 clusters, 1,000 nodes, 150 hubs, one month of hours; every node-hour is billed as several charges.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analytics.allocate import allocate
from analytics.engine import connect, sql
from analytics.tables import ACTIVITY, CHARGES, NODES, USAGE_TABLE
from terraform.fleet import Cluster, Fleet, Hub, Policy, Provider, Settings

CLUSTERS, NODES_OF_ONE, HUBS_OF_ONE, HOURS = 10, 100, 15, 744
TABLES = (CHARGES, USAGE_TABLE, NODES, ACTIVITY)


def fleet() -> Fleet:
    """Return ten clusters of fifteen hubs."""
    clusters = tuple(
        Cluster(
            name=f"c{c}",
            provider=Provider.GCP,
            provider_url=None,
            aliases=(f"c{c}",),
            sub_accounts=(f"project-{c}",),
            billing_accounts=(),
            region=None,
            paid_by_us=True,
            billing=(),
            usage=None,
            policy=Policy(),
            hubs=tuple(Hub(f"c{c}", f"hub-{c}-{h}", f"Hub {h}", "") for h in range(HUBS_OF_ONE)),
            path=Path("fleet"),
        )
        for c in range(CLUSTERS)
    )
    return Fleet(Path("fleet"), Settings(), clusters, ())


def generate(folder: Path, rows: int) -> None:
    """Write charges, usage, nodes and activity as Parquet: `rows` charges, hourly, of machines."""
    with connect(memory_limit="3GB") as con:
        for table in TABLES:
            con.register("empty", table.schema.empty_table())
            con.execute(f"create table {table.name} as from empty")
        con.execute(f"create view cells as select n, h from range({CLUSTERS * NODES_OF_ONE}) t(n), range({HOURS}) u(h)")
        start = "timestamptz '2026-10-01 00:00:00+00'"
        con.execute(
            f"""create view some_charges as by_name_charges""".replace(
                "by_name_charges",
                f"""
            select 'Google Cloud' as InvoiceIssuerName, 'Google Cloud' as ServiceProviderName, '0000-1111' as BillingAccountId,
                '2026-10' as x_BillingPeriod, {start} as BillingPeriodStart, {start} + interval '31 days' as BillingPeriodEnd,
                'USD' as BillingCurrency, 'project-' || (n // {NODES_OF_ONE}) as SubAccountId, 'Usage' as ChargeCategory,
                'Compute' as ServiceCategory, 'Compute Engine' as ServiceName, 'SKU-' || (i % 7) as SkuId,
                {start} + to_hours(h) as ChargePeriodStart, {start} + to_hours(h + 1) as ChargePeriodEnd,
                cast((hash(i) % 100000) / 1e6 as decimal(38, 12)) as BilledCost,
                cast((hash(i) % 100000) / 1e6 as decimal(38, 12)) as EffectiveCost,
                cast(0 as decimal(38, 12)) as ListCost, cast(0 as decimal(38, 12)) as ContractedCost,
                'c' || (n // {NODES_OF_ONE}) as x_Cluster, 'gke-node-' || n as x_Node, 'user' as x_Purpose,
                'pool-' || (n % 4) as x_Pool, 'compute' as x_Component, if((i // {HOURS * CLUSTERS * NODES_OF_ONE}) % 2 = 0, 'cpu', 'memory') as x_Part,
                'focus:bench' as x_Source, 'd' as x_DeliveryId
            from (select i, (i // {HOURS}) % {CLUSTERS * NODES_OF_ONE} as n, i % {HOURS} as h from range({rows}) t(i)) as numbered""",
            )
        )
        _write(con, "charges", "some_charges", folder)
        con.execute(
            f"""create view some_nodes as select {start} + to_hours(h) as hour, 'c' || (n // {NODES_OF_ONE}) as cluster, 'gke-node-' || n as node,
            'gce://p/z/gke-node-' || n as provider_id, 'pool-' || (n % 4) as pool, 'user' as purpose,
            8 as cpu_core_hours, 64 as memory_gib_hours, 0 as gpu_hours, strftime({start} + to_hours(h), '%Y-%m-%d') as day from cells"""
        )
        _write(con, "nodes", "some_nodes", folder)
        con.execute(
            f"""create view some_usage as select {start} + to_hours(h) as hour, 'c' || (n // {NODES_OF_ONE}) as cluster, 'gke-node-' || n as node,
            'pool-' || (n % 4) as pool, 'user' as purpose,
            if(k = 0, null, 'hub-' || (n // {NODES_OF_ONE}) || '-' || ((hash(n) + k) % {HUBS_OF_ONE})) as hub,
            cast((hash(n * 31 + h * 7 + k) % 2500) / 1e3 as decimal(18, 6)) as cpu_core_hours,
            cast((hash(n * 17 + h * 3 + k) % 20000) / 1e3 as decimal(18, 6)) as memory_gib_hours,
            0 as gpu_hours, 0 as storage_gib_hours, strftime({start} + to_hours(h), '%Y-%m-%d') as day
            from cells, range(3) t(k)"""
        )
        _write(con, "usage", "some_usage", folder)
        con.execute("create view some_activity as from activity")
        _write(con, "activity", "some_activity", folder)


def _write(con: object, table: str, view: str, folder: Path) -> None:
    con.execute(f"create or replace table typed as select * from {table} limit 0")  # type: ignore[attr-defined]
    con.execute(  # type: ignore[attr-defined]
        f"copy (select * from (from typed union all by name from {view})) to '{folder / table}.parquet' (format parquet)"
    )


def measure(folder: Path, what: str) -> dict[str, float]:
    """Run `what` ('group' or 'allocate') over the files and return its seconds and peak memory in MiB."""
    with connect() as con:
        for table in TABLES:
            con.execute(f"create view {table.name} as from read_parquet('{folder / table.name}.parquet')")
        began = time.perf_counter()
        if what == "group":
            con.execute(f"create table lines as {sql('allocate/lines')}")
        else:
            allocate(con, fleet())
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def run(rows: int) -> dict[str, float]:
    """Generate `rows` charges, then group and allocate them in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="hubledger-benchmark-") as name:
        generate(Path(name), rows)
        results = {
            what: json.loads(
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.allocate", "--measure", what, "--folder", name],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for what in ("group", "allocate")
        }
    return {
        "rows": rows,
        "group_seconds": round(results["group"]["seconds"], 2),
        "allocate_seconds": round(results["allocate"]["seconds"], 2),
        "ratio": round(results["allocate"]["seconds"] / results["group"]["seconds"], 2),
        "group_peak_mib": round(results["group"]["peak_mib"]),
        "allocate_peak_mib": round(results["allocate"]["peak_mib"]),
    }


def main() -> None:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--measure", choices=("group", "allocate"))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.folder, arguments.measure)))
        return
    small, large = run(arguments.rows // 10), run(arguments.rows)
    growth = round(large["allocate_seconds"] / small["allocate_seconds"], 2)
    sys.stdout.write(json.dumps({"small": small, "large": large, "growth": growth}, indent=2) + "\n")


if __name__ == "__main__":
    main()
