"""Charges and usage become allocations: the chain of SQL steps in `sql/allocate`, run on DuckDB, and the proof that it conserves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics import fleet_tables
from analytics.engine import sql

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    import duckdb

    from terraform.fleet import Fleet

WIDEST = 5  # wider.sql's last level
STEPS_BEFORE_MEASURING = (
    "node_hours", "cluster_hours", "sightings", "machines", "spots", "readings", "directories",
    "clusters_named", "clues", "claims", "places", "buckets", "routes",
)  # fmt: skip
GAPS = {"node hour": "hour_gaps", "node": "gaps", "pool": "pool_gaps", "purpose": "pool_gaps", "home": "home_gaps"}
STEPS_AFTER_MEASURING = (
    "expected", "split", "settled", "direct", "pots",
    "used_values", "own_costs", "users", "policies", "pot_weights", "spread",
    "borne", "relations", "related", "coverages", "allocations", "charge_days",
)  # fmt: skip


class AllocationError(Exception):
    """Charges could not be allocated; nothing was written."""


class NotConserved(AllocationError):
    """The allocations do not add up to the charges: a defect of ours, never of the bill."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where allocations and charges differ, in the currency's units."""

    billing_period: str
    day: str
    issuer: str
    billing_account: str
    charge_category: str
    currency: str
    billed: str
    effective: str


def allocate(con: duckdb.DuckDBPyConnection, fleet: Fleet) -> None:
    """Create the table `allocations` (tables.ALLOCATIONS without types' nullability) on `con`, and leave the steps' tables beside it.

    `con` has views or tables `charges`, `usage`, `nodes` and `activity` in the lake's columns, with whatever periods are
    to be allocated. Billed and effective cost are allocated by the same shares.

    Raises NotConserved if the result does not add up to the charges exactly.
    """
    fleet_tables.register(con, fleet)
    _create(con, "kinds")
    con.execute(f"create or replace view kinded as {sql('allocate/kinded')}")
    for step in ("lines", "periods", "amounts"):
        _create(con, step)
    con.execute("drop table lines")
    for step in STEPS_BEFORE_MEASURING:
        _create(con, step)
    allocate_again(con)


def allocate_again(con: duckdb.DuckDBPyConnection, *, idle_changed: bool = True) -> None:
    """Allocate anew what `allocate` left on `con`, after its table `fleet_clusters` has got other policies.

    Where only policies of shared cost changed, the measuring holds. Raises NotConserved, as `allocate` does.
    """
    if idle_changed:
        _measure(con)
    for step in STEPS_AFTER_MEASURING:
        _create(con, step)
    differences = unconserved(con)
    if differences:
        first = differences[0]
        raise NotConserved(
            f"{len(differences)} sums differ from the bill, first {first.issuer} {first.billing_account} {first.billing_period} "
            f"{first.day} {first.charge_category}: {first.billed} {first.currency} billed, {first.effective} effective; "
            "nothing was written: please report this with the charges of that day"
        )


def unconserved(con: duckdb.DuckDBPyConnection) -> tuple[Difference, ...]:
    """Compare `allocations` with `charge_days` per account × period × day × currency × category; return what differs."""
    found: list[tuple[str, date, str, str, str, str, Decimal, Decimal]]
    found = con.execute(sql("allocate/conservation")).fetchall()
    return tuple(
        Difference(period, day.isoformat(), issuer, account, category, currency, f"{billed:f}", f"{effective:f}")
        for period, day, issuer, account, category, currency, billed, effective in found
    )


def _create(con: duckdb.DuckDBPyConnection, step: str, parameters: dict[str, object] | None = None) -> None:
    """Run the step and keep its rows as a table of its name."""
    con.execute(f"create or replace table {step} as {sql(f'allocate/{step}')}", parameters)


def _insert(con: duckdb.DuckDBPyConnection, table: str, step: str, parameters: dict[str, object] | None = None) -> None:
    con.execute(f"insert into {table} by name {sql(f'allocate/{step}')}", parameters)


def _measure(con: duckdb.DuckDBPyConnection) -> None:
    """Create `shares`, `gaps` and `unresolved`.

    A place and period is measured in itself first, then in ever wider scopes (wider.sql) until something was used there.
    """
    con.execute(sql("allocate/tables"))
    _create(con, "asked")
    con.execute("create or replace table asked_now as from asked")
    for level in range(WIDEST + 1):
        if level:
            con.execute(f"create or replace table asked_now as {sql('allocate/wider')}", {"level": level})
        _create(con, "hours")
        con.execute("truncate measured")
        for (scope,) in con.execute("select distinct scope from asked_now order by scope").fetchall():
            of_scope: dict[str, object] = {"scope": scope}
            if scope == "home":
                _create(con, "stored")
                _create(con, "home_sizes")
                _insert(con, "shares", "home_shares")
            else:
                _create(con, "placed", {"scope": "node" if scope == "node hour" else scope})
                if scope == "node hour":
                    _insert(con, "measured", "measured_hours")
                else:
                    _insert(con, "measured", "measured", of_scope)
            if level == 0:
                _insert(con, "gaps", GAPS[scope], of_scope if scope in ("pool", "purpose") else None)
        _create(con, "totals")
        if level == 0:
            _create(con, "overused")
        _insert(con, "shares", "shares")
        _create(con, "unresolved")
        if con.execute("select count(*) from unresolved").fetchone() == (0,):
            return
