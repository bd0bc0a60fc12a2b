"""Charges: brings the FOCUS rows of a bill into the lake, described by labels and components, each delivery in place of the last.

Everything said of a charge (cluster, hub, node, component …) follows from its description, and a bill of millions of rows
has some thousands of descriptions. So they are found, described once each, and joined to the rows by a hash of their columns.
"""

from __future__ import annotations

import csv
import hashlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.engine import sql
from analytics.source import SourceError
from analytics.tables import CHARGES, DELIVERIES, FOCUS_COLUMNS, MONEY, TEXT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from analytics.lake import Lake
    from terraform.fleet import Labels

COMPONENTS = Path(__file__).parent / "components.csv"
CURRENCIES = Path(__file__).parent / "currencies.csv"

# A pod is jupyter-<user>, its claim claim-<user>, each with --<server> when the server has a name (KubeSpawner).
USER_NAME = r"""(^|[/:\s"'=,])(jupyter|claim)-[^/:\s"'=,]+"""

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
REQUIRED = tuple(field.name for field in CHARGES.schema if not field.nullable and field.name in {*KIND, *ROW})
ENUM_BYTES = 200_000  # a dictionary is written once per row group: beyond this, DuckDB's own dictionaries are better


class ChargesError(SourceError):
    """A bill that can't be brought in as it is; nothing of it was written."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one source said of one billing account, billing period and currency; a row of `deliveries`."""

    delivery_id: str
    source: str
    issuer: str
    billing_account: str
    billing_period: str
    object: str
    version: str
    rows: int
    billed_cost: Decimal
    currency: str
    final: bool
    seen_at: datetime


def deliver(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    *,
    view: str,
    source: str,
    object: str,  # noqa: A002
    version: str,
    labels: Labels,
    sources: Collection[str],
    months: Collection[str] | None = None,
    now: datetime,
) -> tuple[Delivery, ...]:
    """Bring the FOCUS rows of `view` into `charges` in place of what `source` delivered for their months before.

    `view` has every column of FOCUS_COLUMNS, `x_BillingPeriod` and `x_Final`, and, if messages are to name them, `x_File`
    and `x_Row`. Months that `view` has no rows of stay as they are. A partition of a source that is not in `sources` any more
    goes when the same account and month come from this one. `months` leaves rows of other months out.

    Raises ChargesError for rows that can't be, and where another of `sources` bills the same sub-account too.
    """
    where = "" if months is None else f"where x_BillingPeriod in ({', '.join(map(_literal, sorted(months)))})"
    with _tables(con):
        con.execute(f"create temp view ingest_bill as select * from {_identifier(view)} {where}")
        _describe(con)
        _check(con, object, now)
        deliveries = _deliveries(con, source=source, object=object, version=version, now=now)
        if not deliveries:
            return ()
        _label(con, object, labels)
        _component(con)
        con.execute(_query("descriptions"))
        _enumerate(con, "ingest_kind_descriptions", "ingest_kind_values")
        _enumerate(con, "ingest_resource_values", "ingest_resource_enums")
        stale = _stale(con, lake, source, sources, deliveries)
        months_found = sorted({delivery.billing_period for delivery in deliveries})
        lake.replace(
            CHARGES,
            con,
            _query("charges", columns=_columns(source)),
            scope=[{"x_Source": source, "x_BillingPeriod": month} for month in months_found] + stale,
            metadata={"source": source, "object": object, "version": version},
            rows=_rows_by_partition(source, deliveries),
        )
        _record(con, lake, deliveries, stale)
        return deliveries


def is_delivered(
    con: duckdb.DuckDBPyConnection, lake: Lake, *, source: str, version: str, months: Collection[str] | None = None
) -> bool:
    """Return whether the lake holds `version` of `source` already: of every month asked for, or of all it has.

    A delivery counts only if its rows are there: a crash may have come between the two, or another ingest.
    """
    lake.attach(con, DELIVERIES, view="ingest_delivered", where={"source": source})
    delivered = con.execute("select delivery_id, billing_period, version from ingest_delivered").fetchall()
    wanted = {month for _, month, said in delivered if said == version}
    lake.attach(con, CHARGES, view="ingest_delivered", where={"x_Source": source})
    there = {row[0] for row in con.execute("select distinct x_DeliveryId from ingest_delivered").fetchall()}
    con.execute("drop view ingest_delivered")
    return bool(wanted) and wanted.issuperset(months or ()) and there == {delivery for delivery, _, _ in delivered}


@contextmanager
def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Leave nothing of this module on `con`."""
    try:
        yield
    finally:
        con.execute("drop view if exists ingest_bill")
        for query, kind in (
            ("select table_name from duckdb_tables() where temporary and starts_with(table_name, 'ingest_')", "table"),
            ("select type_name from duckdb_types() where starts_with(type_name, 'ingest_type_')", "type"),
        ):
            for (name,) in con.execute(query).fetchall():
                con.execute(f"drop {kind} if exists {_identifier(name)}")


def _describe(con: duckdb.DuckDBPyConnection) -> None:
    """Find the distinct descriptions, under a hash of their columns that no two of them share."""
    nulls = ", ".join(f"count({name})" for name in REQUIRED if name in ROW)
    for salt in range(8):
        con.execute(_query("kinds", salt=str(salt), counts=nulls))
        con.execute(_query("resources", salt=str(salt)))
        shared = con.execute(
            "select (select count(*) - count(distinct kind) from ingest_kinds)"
            " + (select count(*) - count(distinct resource) from ingest_resources)"
        ).fetchall()
        con.execute(f"set variable ingest_salt = {salt}")
        if shared == [(0,)]:
            return
    raise ChargesError("eight times in a row two descriptions had one hash: this can't be by chance; report it")


def _check(con: duckdb.DuckDBPyConnection, object: str, now: datetime) -> None:  # noqa: A002
    """Raise ChargesError for what no bill can say. The few kinds tell whether; the rows are searched only then."""
    limit = _literal((now + timedelta(days=1)).isoformat())
    known = ", ".join(_literal(row["currency"]) for row in _csv(CURRENCIES))
    unknown = f"BillingCurrency not in ({known})"
    no_month = "not regexp_matches(x_BillingPeriod, '^[0-9]{4}-(0[1-9]|1[0-2])$')"
    texts = {field.name for field in CHARGES.schema if field.type == TEXT}
    problems: list[tuple[str, str, str]] = [
        (f"{name} is missing", f"{test} is null", f"{test} is null" if name in KIND else "nulls > 0")
        for name in REQUIRED
        for test in [f"nullif({name}, '')" if name in texts else name]
    ]
    problems += [
        ("BillingCurrency is not a known currency", unknown, unknown),
        ("x_BillingPeriod is not a month", no_month, no_month),
        (
            "ChargePeriodEnd is before ChargePeriodStart",
            "ChargePeriodEnd < ChargePeriodStart",
            "shortest < interval '0' second",
        ),
        (
            f"a bill from the future, beyond {limit}",
            f"greatest(ChargePeriodStart, BillingPeriodStart) > {limit}::timestamptz",
            f"greatest(newest, BillingPeriodStart) > {limit}::timestamptz",
        ),
    ]
    doubts = con.execute(
        f"select {', '.join(f'bool_or({doubt})' for _, _, doubt in problems)} from ingest_kinds"
    ).fetchall()
    for (text, condition, _), doubt in zip(problems, doubts[0], strict=True):
        if doubt:
            _complain(con, object, text, condition)
    for name in ("Tags", "AllocatedTags"):
        bad = f"not json_valid({name}) or json_type({name}) <> 'OBJECT'"
        if con.execute(f"select count(*) from ingest_resources where {bad}").fetchall() != [(0,)]:
            _complain(con, object, f"{name} is not a JSON object", bad)


def _complain(con: duckdb.DuckDBPyConnection, object: str, text: str, condition: str) -> None:  # noqa: A002
    columns = {row[0] for row in con.execute("describe ingest_bill").fetchall()}
    place = (
        "x_File || ', row ' || x_Row" if "x_Row" in columns else "concat_ws(' ', ServiceName, SkuId, ChargePeriodStart)"
    )
    order = "x_File, x_Row" if "x_Row" in columns else "ChargePeriodStart, ServiceName"
    count, places = con.execute(
        f"select count(*), list({place} order by {order})[:3] from ingest_bill where {condition}"
    ).fetchall()[0]
    if count:
        raise ChargesError(
            f"{object}: {text} in {count} row{'s'[: count != 1]}, first {'; '.join(places)}; nothing was written:"
            " have the export corrected, or choose other months with --month"
        )


def _deliveries(
    con: duckdb.DuckDBPyConnection,
    *,
    source: str,
    object: str,  # noqa: A002
    version: str,
    now: datetime,
) -> tuple[Delivery, ...]:
    con.execute("create temp table ingest_deliveries (issuer text, account text, month text, currency text, id text)")
    deliveries = []
    for issuer, account, month, currency, rows, billed, final in con.execute(sql("ingest/deliveries")).fetchall():
        text = "\0".join((source, issuer, account, month, currency, version))
        identity = hashlib.sha256(text.encode()).hexdigest()[:24]
        con.execute(
            "insert into ingest_deliveries values (?, ?, ?, ?, ?)", [issuer, account, month, currency, identity]
        )
        deliveries.append(
            Delivery(identity, source, issuer, account, month, object, version, rows, billed, currency, final, now)
        )
    return tuple(deliveries)


def _label(con: duckdb.DuckDBPyConnection, object: str, labels: Labels) -> None:  # noqa: A002
    con.execute("create temp table ingest_labels (field text, rank integer, key text)")
    # Dask's own label says little where JupyterHub's is there too: a user node carries both.
    keys = {"purpose": (*labels.purpose, "k8s.dask.org/node-purpose")}
    for field in ("hub", "cluster", "namespace", "purpose", "volume_purpose", "pool", "keep"):
        for rank, key in enumerate(keys.get(field, getattr(labels, field))):
            con.execute("insert into ingest_labels values (?, ?, ?)", [field, rank, key])
    con.execute(_query("tags"))
    if con.execute("select count(*) from ingest_tags where contains(tags, '\\u0000')").fetchall() != [(0,)]:
        bad = "select text from ingest_tags where contains(tags, '\\u0000')"
        _complain(con, object, "a label holds a NUL character", f"Tags in ({bad}) or AllocatedTags in ({bad})")
    con.execute(
        "create temp table ingest_purposes as select row_number() over (order by purpose)::utinyint as number, purpose"
        " from (select '' as purpose union select purpose from ingest_tags where purpose is not null)"
    )
    con.execute(_query("nodes"))


def _component(con: duckdb.DuckDBPyConnection) -> None:
    """Give every kind of charge its component, by the first rule of components.csv that fits."""
    con.execute("create temp table ingest_rules (number integer, component text, part text, storage boolean)")
    rules = [({"category": "^tax$"}, "tax", "", ""), ({"category": "^credit$"}, "credit", "", "")]
    rules += [(row, row["component"], row["part"], row["storage"]) for row in _csv(COMPONENTS)]
    rules.append(({}, "other", "", ""))
    tests = []
    for number, (patterns, component, part, storage) in enumerate(rules):
        con.execute("insert into ingest_rules values (?, ?, ?, ?)", [number, component, part or None, storage == "yes"])
        test = " and ".join(
            f"regexp_matches({column}, {_literal('(?im)' + patterns[column])})"
            for column in ("category", "provider", "service", "sku", "purpose")
            if patterns.get(column)
        )
        tests.append(f"when {test or 'true'} then {number}")
    con.execute(_query("components", rules="\n".join(tests)))


def _enumerate(con: duckdb.DuckDBPyConnection, table: str, target: str) -> None:
    """Copy `table` to `target` with its text columns as ENUM, which DuckDB writes to Parquet ten times faster."""
    columns = []
    for name, kind, *_ in con.execute(f"describe {table}").fetchall():
        column, cast = _identifier(name), ""
        if kind == "VARCHAR":
            (size,) = con.execute(
                f"select coalesce(sum(strlen({column})), 0) from (select distinct {column} from {table})"
            ).fetchall()[0]
            if size <= ENUM_BYTES:
                enum = f"ingest_type_{target}_{name}"
                con.execute(
                    f"create type {enum} as enum (select distinct {column} from {table} where {column} is not null)"
                )
                cast = f"::{enum}"
        columns.append(f"{column}{cast} as {column}")
    con.execute(f"create temp table {target} as select {', '.join(columns)} from {table}")


def _columns(source: str) -> str:
    """Return the columns of `charges` as charges.sql finds them."""
    texts = []
    for field in CHARGES.schema:
        name = field.name
        if name == "x_StorageGibHours":
            continue
        if name == "x_Source":
            texts.append(f"{_literal(source)}::enum({_literal(source)}) as {name}")
        elif name in ("x_Component", "x_Part"):
            texts.append(f"component.{name.removeprefix('x_').lower()} as {name}")
        else:
            origin = "bill" if name in ROW else "kind" if name in (*KIND, "x_DeliveryId") else "resource"
            texts.append(f"{origin}.{name}")
    return ", ".join(texts)


def _stale(
    con: duckdb.DuckDBPyConnection, lake: Lake, source: str, sources: Collection[str], deliveries: Sequence[Delivery]
) -> list[dict[str, str]]:
    """Return the partitions of sources that are no more and that these deliveries stand in for.

    Raises ChargesError where a source that still is has delivered one of the same sub-accounts.
    """
    delivered = {(each.issuer, each.billing_account, each.billing_period) for each in deliveries}
    stale = []
    for partition in lake.partitions(CHARGES):
        other, place = partition["x_Source"], tuple(partition[name] for name in CHARGES.partition_by[:3])
        if other == source or place not in delivered:
            continue
        if other not in sources:
            stale.append(partition)
            continue
        lake.attach(con, CHARGES, view="ingest_other", where=partition)
        shared = con.execute(sql("ingest/overlap"), list(place)).fetchall()
        con.execute("drop view ingest_other")
        if shared:
            names = ", ".join(str(row[0] or "(none)") for row in shared)
            raise ChargesError(
                f"{source}: {' '.join(place)}: sub-accounts {names} are billed by {other} too, so their cost would count"
                " twice; take one of the two sources out of the fleet, or narrow it; nothing was written"
            )
    return stale


def _rows_by_partition(source: str, deliveries: Sequence[Delivery]) -> dict[tuple[str, ...], int]:
    rows: dict[tuple[str, ...], int] = {}
    for each in deliveries:
        place = (each.issuer, each.billing_account, each.billing_period, source)
        rows[place] = rows.get(place, 0) + each.rows
    return rows


def _record(
    con: duckdb.DuckDBPyConnection, lake: Lake, deliveries: Sequence[Delivery], stale: Sequence[Mapping[str, str]]
) -> None:
    """Write `deliveries`, and take out those whose rows have just gone."""
    replaced = {(each.source, each.billing_period) for each in deliveries}
    replaced |= {(partition["x_Source"], partition["x_BillingPeriod"]) for partition in stale}
    gone = {tuple(partition[name] for name in CHARGES.partition_by) for partition in stale}
    lake.attach(con, DELIVERIES, view="ingest_old", where={"source": {source for source, *_ in replaced}})
    own = {each.source for each in deliveries}
    old = [
        row
        for row in con.sql("from ingest_old").to_arrow_table().to_pylist()
        if row["source"] not in own
        and (row["source"], row["billing_period"]) in replaced
        and (row["issuer"], row["billing_account"], row["billing_period"], row["source"]) not in gone
    ]
    rows = pa.Table.from_pylist([asdict(each) for each in deliveries] + old, DELIVERIES.schema)
    con.register("ingest_rows", rows)
    scope = [{"source": source, "billing_period": month} for source, month in sorted(replaced)]
    lake.replace(DELIVERIES, con, "from ingest_rows", scope=scope)
    con.unregister("ingest_rows")
    con.execute("drop view ingest_old")


def _query(name: str, **parts: str) -> str:
    """Return an ingest query with the column lists it is written for."""
    text = sql(f"ingest/{name}")
    parts = {
        "kind": ", ".join(KIND),
        "resource": ", ".join(RESOURCE),
        "row": ", ".join(ROW),
        "salt": "getvariable('ingest_salt')",
        "user_name": _literal(USER_NAME),
        **parts,
    }
    for part, value in parts.items():
        text = text.replace("{" + part + "}", value)
    return text


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
