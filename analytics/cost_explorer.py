"""AWS's bill as Cost Explorer tells it, by day: coarse (service, kind of charge, hub), for an account without an export.

Cost Explorer groups by two dimensions at most. So one answer tells each account's days by kind of charge (RECORD_TYPE:
usage, credits, taxes, fees), which adds up to the account's whole cost; then each account and kind of charge is asked by
service and hub, and what rounding leaves between the two is a charge of its own. A second answer tells each account's days by
hub: by the two it is known whether anything changed, be it only to whom a cost belongs. A request costs 0.01 USD.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from analytics import engine
from analytics.aws_lines import SERVICES
from analytics.aws_s3 import AwsBillingError, client, explained
from analytics.charges import deliver, is_delivered
from analytics.tables import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from analytics.charges import Delivery
    from analytics.lake import Lake
    from terraform.fleet import CostExplorerBilling, Labels

__all__ = ["AwsBillingError", "ingest"]

READER = "1"  # raise it when the same answers must be read again because they are read otherwise
MONTHS_BACK = 12
METRICS = ("NetUnblendedCost", "NetAmortizedCost", "UnblendedCost", "AmortizedCost")
SCALE = Decimal("1e-12")
ROUNDING = Decimal("0.01")  # beyond this, two answers don't tell of the same moment
ROWS = pa.schema(
    [
        pa.field("day", pa.date32()),
        pa.field("account", pa.string()),
        pa.field("account_name", pa.string()),
        pa.field("record_type", pa.string()),
        pa.field("service", pa.string()),
        pa.field("hub", pa.string()),
        pa.field("billed", pa.decimal128(38, 12)),
        pa.field("effective", pa.decimal128(38, 12)),
        pa.field("currency", pa.string()),
        pa.field("estimated", pa.bool_()),
    ]
)

Place = tuple[date, str, str]  # day, account, record type


@dataclass(frozen=True, slots=True)
class Cost:
    """One group of an answer: the values it is grouped by, and what it costs."""

    day: date
    keys: tuple[str, ...]
    billed: Decimal
    effective: Decimal
    currency: str
    estimated: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What Cost Explorer answered, all pages of it; `names` are accounts' names."""

    costs: tuple[Cost, ...]
    names: Mapping[str, str]


def ingest(
    source: CostExplorerBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Bring what changed of an account's cost into `charges`, month by month; () when nothing did.

    `months` (YYYY-MM) None is the last year; of that, months that were final before are not asked for again. Raises
    AwsBillingError.
    """
    deliveries: list[Delivery] = []
    with (
        explained(source.id, "ce:GetCostAndUsage", f"account {source.account}"),
        client(source, "ce", region="us-east-1") as explorer,
        engine.connect() as con,
    ):
        settled = _settled(con, lake, source.id, now) if months is None else frozenset()
        for month in sorted(months or _last_year(now)):
            if month in settled:
                continue
            totals = _ask(explorer, month, now, ("DIMENSION", "LINKED_ACCOUNT"), ("DIMENSION", "RECORD_TYPE"))
            tags = (
                _ask(explorer, month, now, ("DIMENSION", "LINKED_ACCOUNT"), ("TAG", source.tag))
                if totals.costs
                else None
            )
            told = (READER, source.tag, labels.hub, totals.costs, tags and tags.costs)
            version = hashlib.sha256(repr(told).encode()).hexdigest()
            if is_delivered(con, lake, source=source.id, version=version, months=(month,)):
                talk(f"{source.id}: {month}: unchanged")
                continue
            rows = _details(explorer, source, month, now, totals, talk=talk)
            if not rows:
                talk(f"{source.id}: {month}: no cost")
                continue
            _create_view(con, source, labels, rows)
            deliveries += deliver(
                con,
                lake,
                view="focus",
                source=source.id,
                object=source.id,
                version=version,
                labels=labels,
                sources=sources,
                months=(month,),
                now=now,
            )
    return tuple(deliveries)


def _details(
    explorer: Any,
    source: CostExplorerBilling,
    month: str,
    now: datetime,
    totals: Answer,
    *,
    talk: Callable[[str], None],
) -> list[dict[str, object]]:
    """Return a month's charges, which add up to `totals` exactly."""
    currencies = {cost.currency for cost in totals.costs if cost.billed or cost.effective}
    if len(currencies) > 1:
        raise AwsBillingError(
            f"{source.id}: {month} is in {' and '.join(sorted(currencies))}: give each payer a source of its own"
        )
    left: dict[Place, Cost] = {(cost.day, cost.keys[0], cost.keys[1]): cost for cost in totals.costs}
    asked = sorted({cost.keys for cost in totals.costs if cost.billed or cost.effective})
    talk(f"{source.id}: {month}: {len(asked)} questions to Cost Explorer; its answers are coarse")
    rows = []
    for account, record_type in asked:
        answer = _ask(
            explorer,
            month,
            now,
            ("DIMENSION", "SERVICE"),
            ("TAG", source.tag),
            only={"LINKED_ACCOUNT": account, "RECORD_TYPE": record_type},
        )
        sums: dict[date, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
        name = totals.names.get(account)
        for cost in answer.costs:
            service, hub = cost.keys[0], cost.keys[1].removeprefix(f"{source.tag}$")
            sums[cost.day] = sums[cost.day][0] + cost.billed, sums[cost.day][1] + cost.effective
            rows.append(_row(cost, account, name, record_type, service, hub))
        for day in {cost.day for cost in answer.costs} | {day for day, *rest in left if rest == [account, record_type]}:
            total = left.get((day, account, record_type))
            billed = (total.billed if total else Decimal(0)) - sums[day][0]
            effective = (total.effective if total else Decimal(0)) - sums[day][1]
            if max(abs(billed), abs(effective)) > ROUNDING:
                raise AwsBillingError(
                    f"{source.id}: {day}: {record_type} of account {account} changed while it was read"
                    f" ({billed} between two answers); run it again"
                )
            if total is not None:
                remainder = Cost(day, (), billed, effective, total.currency, total.estimated)
                rows.append(_row(remainder, account, name, f"rounding of {record_type}", "AWS", ""))
    return [row for row in rows if row["billed"] or row["effective"]]


def _row(cost: Cost, account: str, name: str | None, record_type: str, service: str, hub: str) -> dict[str, object]:
    return {
        "day": cost.day,
        "account": account,
        "account_name": name,
        "record_type": record_type,
        "service": service,
        "hub": hub or None,
        "billed": cost.billed,
        "effective": cost.effective,
        "currency": cost.currency,
        "estimated": cost.estimated,
    }


def _ask(
    explorer: Any,
    month: str,
    now: datetime,
    *groups: tuple[str, str],
    only: Mapping[str, str] | None = None,
) -> Answer:
    """Return a month's cost by day and two groups, all pages of it."""
    first = date.fromisoformat(f"{month}-01")
    end = min((first + timedelta(days=32)).replace(day=1), max(now.date(), first) + timedelta(days=1))
    question: dict[str, object] = {
        "TimePeriod": {"Start": first.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": list(METRICS),
        "GroupBy": [{"Type": kind, "Key": key} for kind, key in groups],
    }
    if only is not None:
        question["Filter"] = {"And": [{"Dimensions": {"Key": key, "Values": [value]}} for key, value in only.items()]}
    costs: list[Cost] = []
    names: dict[str, str] = {}
    seen: set[str] = set()
    while True:
        page = explorer.get_cost_and_usage(**question)
        for each in page.get("DimensionValueAttributes", ()):
            if description := each.get("Attributes", {}).get("description"):
                names[each["Value"]] = description
        costs += _costs(page)
        token = page.get("NextPageToken")
        if not token:
            return Answer(tuple(costs), names)
        if token in seen:
            raise AwsBillingError(f"Cost Explorer gave the same page of {month} twice; run it again")
        seen.add(token)
        question["NextPageToken"] = token


def _costs(page: Mapping[str, Any]) -> Iterator[Cost]:
    for result in page["ResultsByTime"]:
        day = date.fromisoformat(result["TimePeriod"]["Start"][:10])
        for group in result.get("Groups", ()):
            metrics = group["Metrics"]
            billed, currency = _amount(metrics, "NetUnblendedCost", "UnblendedCost")
            effective, _ = _amount(metrics, "NetAmortizedCost", "AmortizedCost", "NetUnblendedCost", "UnblendedCost")
            estimated = bool(result.get("Estimated", True))
            yield Cost(day, tuple(group["Keys"]), billed, effective, currency, estimated)


def _amount(metrics: Mapping[str, Any], *names: str) -> tuple[Decimal, str]:
    """Return the first of the metrics that is there, and its currency."""
    for name in names:
        if name in metrics:
            text = str(metrics[name]["Amount"])
            try:
                return Decimal(text).quantize(SCALE), str(metrics[name]["Unit"])
            except InvalidOperation as error:
                raise AwsBillingError(f"Cost Explorer: {name}: {text!r} is not an amount; report this") from error
    raise AwsBillingError(
        f"Cost Explorer answered without {names[0]}: the source's endpoint may not be Cost Explorer's"
    )


def _create_view(
    con: duckdb.DuckDBPyConnection, source: CostExplorerBilling, labels: Labels, rows: Sequence[Mapping[str, object]]
) -> None:
    """Create the view `focus` over a month's charges."""
    con.register("explorer_rows", pa.Table.from_pylist(list(rows), ROWS))
    con.execute(
        "create or replace temp table aws_services as from read_csv(?, header = true, all_varchar = true)",
        [str(SERVICES)],
    )
    # The source says that this tag names hubs, whether or not the fleet's labels have it.
    known = {key.lower(): key for key in labels.hub}
    con.execute("set variable explorer_tag = $1", [known.get(source.tag.lower(), next(iter(labels.hub), source.tag))])
    con.execute("set variable explorer_account = $1", [source.account])
    con.execute(f"create or replace temp view focus as {engine.sql('aws/explorer')}")


def _last_year(now: datetime) -> list[str]:
    count = now.year * 12 + now.month - 1
    return [f"{each // 12}-{each % 12 + 1:02}" for each in range(count - MONTHS_BACK, count + 1)]


def _settled(con: duckdb.DuckDBPyConnection, lake: Lake, source: str, now: datetime) -> frozenset[str]:
    """Return the months that were final when they were read, but for the last two, of which a correction may still come."""
    lake.attach(con, DELIVERIES, view="explorer_deliveries", where={"source": source})
    found = con.execute(
        "select billing_period from explorer_deliveries where superseded_at is null group by all having bool_and(final)"
    ).fetchall()
    return frozenset(month for (month,) in found) - frozenset(_last_year(now)[-3:])
