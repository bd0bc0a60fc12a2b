"""What a bill says of its charges: each distinct description (account, service, SKU …; resource, tags) worked out once.

A bill of millions of rows has some thousands of descriptions. They are joined to the rows by a hash of their columns.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.engine import identifier, literal, sql
from analytics.faults import ChargesError
from analytics.source import USER_NAME
from analytics.tables import CHARGES, FOCUS_COLUMNS, MONEY

if TYPE_CHECKING:
    import duckdb

    from terraform.fleet import Labels

COMPONENTS = Path(__file__).parent / "components.csv"


RESOURCE = (
    "AllocatedMethodDetails",
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceProviderName",
    "Tags",
)
ROW = (
    *(field.name for field in CHARGES.schema if field.type == MONEY),
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "InvoiceDetailId",
)
KIND = (
    *(name for name in FOCUS_COLUMNS if name not in {*RESOURCE, *ROW} - {"ResourceType", "ServiceProviderName"}),
    "x_BillingPeriod",
)
ENUM_BYTES = 2_000_000  # each row group holds its dictionary: beyond this, text is smaller
ENUM_VALUES = 60_000


@dataclass(frozen=True, slots=True)
class Kinds:
    """A view that has the columns of KIND once per kind, and `key`, which says of a row of the bill which it is of."""

    view: str
    key: tuple[str, ...]


def describe(con: duckdb.DuckDBPyConnection, kinds: Kinds | None = None) -> None:
    """Make `ingest_kinds` and `ingest_resources` of the view `ingest_bill`, under hashes that no two of them share.

    Where `kinds` tells the kinds, nothing of them is read from the rows but the key.
    """
    key = key_of(kinds)
    made = query("kinds", key=key, told=f"join {kinds.view} using ({key})" if kinds else "")
    for salt in range(8):
        con.execute(f"set variable ingest_salt = {salt}")
        con.execute(made)
        con.execute(query("resources"))
        shared = con.execute(
            "select (select count(*) - count(distinct kind) from ingest_kinds)"
            " + (select count(*) - count(distinct resource) from ingest_resources)"
        ).fetchall()
        if shared == [(0,)]:
            return
    raise ChargesError("eight times in a row two descriptions had one hash, which chance can't do: report it")


def key_of(kinds: Kinds | None) -> str:
    """Return the columns that say of a row of the bill which kind it is of: all that describe it, unless there is a key."""
    return ", ".join(kinds.key if kinds else KIND)


def label(con: duckdb.DuckDBPyConnection, labels: Labels) -> None:
    """Make `ingest_tags` of the tags and `ingest_resource_descriptions` of the resources."""
    con.execute("create temp table ingest_labels (field text, rank integer, key text)")
    # Dask's own label says little where JupyterHub's is there too: a user node carries both.
    keys = {"purpose": (*labels.purpose, "k8s.dask.org/node-purpose")}
    for field in ("hub", "cluster", "namespace", "purpose", "volume_purpose", "pool", "keep"):
        for rank, key in enumerate(keys.get(field, getattr(labels, field))):
            con.execute("insert into ingest_labels values (?, ?, ?)", [field, rank, key])
    con.execute(query("tags"))
    con.execute(query("purposes"))
    con.execute(query("nodes"))


def component(con: duckdb.DuckDBPyConnection) -> None:
    """Make `ingest_component_descriptions`: every kind of charge's component, by the first rule of components.csv that fits."""
    con.execute("create temp table ingest_rules (number integer, component text, part text, storage boolean)")
    with COMPONENTS.open(newline="", encoding="utf-8") as file:
        rules = [
            {"category": "^tax$", "component": "tax"},
            {"category": "^credit$", "component": "credit"},
            *csv.DictReader(file),
            {"component": "other"},
        ]
    tests = []
    for number, rule in enumerate(rules):
        part, storage = rule.get("part") or None, rule.get("storage") == "yes"
        con.execute("insert into ingest_rules values (?, ?, ?, ?)", [number, rule["component"], part, storage])
        test = " and ".join(
            f"regexp_matches({column}, {literal('(?im)' + rule[column])})"
            for column in ("category", "provider", "service", "sku", "purpose")
            if rule.get(column)
        )
        tests.append(f"when {test or 'true'} then {number}")
    con.execute(query("components", rules="\n".join(tests)))


def enumerate_texts(con: duckdb.DuckDBPyConnection, table: str, target: str) -> dict[str, str]:
    """Copy `table` to `target` with its text columns as ENUM, which DuckDB writes to Parquet ten times faster.

    Returns the SQL of those columns that are the same in every row, as there is no need to join for them.
    """
    columns = []
    same = {}
    for name, kind, *_ in con.execute(f"describe {table}").fetchall():
        column, cast = identifier(name), ""
        if kind == "VARCHAR":
            values, size, one = con.execute(
                f"select count(*), coalesce(sum(strlen({column})), 0), min({column}) from (select distinct {column} from {table})"
            ).fetchall()[0]
            if values <= ENUM_VALUES and size <= ENUM_BYTES:
                enum = f"ingest_type_{target}_{name}"
                con.execute(
                    f"create type {enum} as enum (select distinct {column} from {table} where {column} is not null)"
                )
                cast = f"::{enum}"
                if values == 1:
                    same[name] = f"cast({'null' if one is None else literal(one)} as {enum})"
        columns.append(f"{column}{cast} as {column}")
    con.execute(f"create temp table {target} as select {', '.join(columns)} from {table}")
    return same


def query(name: str, **parts: str) -> str:
    """Return an ingest query with the column lists that it is written for."""
    text = sql(f"ingest/{name}")
    parts = {
        "kind": ", ".join(KIND),
        "resource": ", ".join(RESOURCE),
        "row": ", ".join(ROW),
        "salt": "getvariable('ingest_salt')",
        "user_name": literal(USER_NAME),
        **parts,
    }
    for part, value in parts.items():
        text = text.replace("{" + part + "}", value)
    return text
