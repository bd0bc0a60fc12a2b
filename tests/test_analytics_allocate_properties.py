"""What holds for every month: it conserves, agrees with the oracle, and changes only where it should."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from terraform.fleet import Hub, IdlePolicy, Policy, SharedPolicy
from tests.fixtures_months import SEED
from tests.month import Allocation, Book, Month, Row, charge, cluster, fleet, measured, used
from tests.months import CALM_COSTS, apart, months, scaled, together
from tests.oracle import Key, Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraform.fleet import Cluster

AT_ONCE = 10  # months in one call, each under names of its own
ACCOUNT = ("x_BillingPeriod", "day", "InvoiceIssuerName", "BillingAccountId", "ChargeCategory", "BillingCurrency")
ACCOUNT_ALLOCATED = ("billing_period", "day", "issuer", "billing_account", "charge_category", "currency")
RESOURCES = ("cpu_core_hours", "memory_gib_hours", "gpu_hours")

repeatable = seed(int(os.environ[SEED]))


def calls(count: int) -> settings:
    """Return settings for this many calls of a property. Shrinking would take minutes: the seed and the blob repeat a failure."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


def several(costs: st.SearchStrategy[Decimal] | None = None) -> st.SearchStrategy[list[Month]]:
    """Return lists of as many months as are allocated at once."""
    return st.lists(months() if costs is None else months(costs), min_size=AT_ONCE, max_size=AT_ONCE)


def billed(month: Month) -> dict[object, tuple[Fraction, Fraction]]:
    """Sum the charges per account × period × day × category × currency."""
    rows = (row | {"day": day_of(row)} for row in month.charges)
    return totals((tuple(row[name] for name in ACCOUNT), row["BilledCost"], row["EffectiveCost"]) for row in rows)


def allocated(rows: Iterable[Allocation]) -> dict[object, tuple[Fraction, Fraction]]:
    """Sum the allocations in the same way."""
    return totals(
        (tuple(getattr(row, name) for name in ACCOUNT_ALLOCATED), row.billed_cost, row.effective_cost) for row in rows
    )


def totals(rows: Iterable[tuple[object, Decimal, Decimal]]) -> dict[object, tuple[Fraction, Fraction]]:
    found: dict[object, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for key, billed_cost, effective_cost in rows:
        found[key][0] += Fraction(billed_cost)
        found[key][1] += Fraction(effective_cost)
    return {key: (costs[0], costs[1]) for key, costs in found.items() if any(costs)}


def day_of(row: Row) -> date:
    start = row["ChargePeriodStart"]
    assert isinstance(start, datetime)
    return start.date()


@repeatable
@calls(30)
@given(several())
def test_every_cent_comes_out_again_whatever_the_amounts(book: Book, batch: list[Month]) -> None:
    for month, rows in zip(batch, apart(book.allocate(together(batch)), AT_ONCE), strict=True):
        assert allocated(rows) == billed(month)
        assert not used_by_none_of_its_hubs(month, rows)


@repeatable
@calls(30)
@given(several(CALM_COSTS))
def test_it_agrees_with_the_oracle(book: Book, batch: list[Month]) -> None:
    for month, rows in zip(batch, apart(book.allocate(together(batch)), AT_ONCE), strict=True):
        expected = Oracle(month).allocate()
        found: dict[Key, tuple[Fraction, Fraction]] = {
            row[:12]: (Fraction(row.billed_cost), Fraction(row.effective_cost)) for row in rows
        }
        nothing = Fraction(0), Fraction(0)
        for key in found.keys() | expected.keys():
            for one, other in zip(found.get(key, nothing), expected.get(key, nothing), strict=True):
                tolerance = Fraction(1, 10**9) * max(Fraction(1), abs(other))
                assert abs(one - other) <= tolerance, (key, float(one), float(other))


def used_by_none_of_its_hubs(month: Month, rows: Iterable[Allocation]) -> list[Allocation]:
    """Find what a hub bears by use though it used no such thing."""
    machines = {
        (row["cluster"], row["hub"])
        for row in month.usage
        if row["node"] is not None and any(row[name] for name in RESOURCES)
    }
    homes = {(row["cluster"], row["hub"]) for row in month.usage if row["node"] is None and row["storage_gib_hours"]}
    return [
        row for row in rows
        if row.basis == "usage" and (row.cluster, row.hub) not in (homes if row.rule == "home" else machines)
        and row.rule != "related"
    ]  # fmt: skip


@repeatable
@calls(40)
@given(months(), st.data())
def test_only_what_should_change_changes(book: Book, month: Month, data: st.DataObject) -> None:
    steady = replace(month, fleet=replace(month.fleet, clusters=tuple(not_even(each) for each in month.fleet.clusters)))
    beside = replace(month, fleet=replace(month.fleet, clusters=(*month.fleet.clusters, cluster("third", ("lone",)))))
    batch = [
        month,
        permuted(month, data),
        split(month, data),
        scaled(month, 8),
        steady,
        with_a_new_hub(steady),
        with_another_account(beside),
    ]
    allocations = apart(book.allocate(together(batch)), len(batch))
    plain, shuffled, in_two, larger, steady_rows, with_hub, with_account = allocations
    assert shuffled == plain
    assert in_two == plain
    assert larger == plain
    assert with_hub == steady_rows
    assert tuple(row for row in with_account if row.billing_account != "another") == plain


def permuted(month: Month, data: st.DataObject) -> Month:
    charges, usage, nodes, activity = (
        tuple(data.draw(st.permutations(rows))) for rows in (month.charges, month.usage, month.nodes, month.activity)
    )
    return Month(month.fleet, charges, usage, nodes, activity)


def split(month: Month, data: st.DataObject) -> Month:
    """Return the month with one charge in two rows."""
    first, *rest = month.charges
    part = data.draw(st.integers(-(10**12), 10**13).map(lambda units: Decimal(units).scaleb(-12)))
    less = {name: first[name] - part for name in ("BilledCost", "EffectiveCost")}
    other = {"BilledCost": part, "EffectiveCost": part, "x_StorageGibHours": None}
    return replace(month, charges=(first | less, *rest, first | other))


def not_even(each: Cluster) -> Cluster:
    """Return the cluster under policies to which a hub that used nothing is nobody."""
    policy = each.policy
    idle = IdlePolicy.PROPORTIONAL if policy.idle is IdlePolicy.EVEN else policy.idle
    shared = SharedPolicy.PROPORTIONAL if policy.shared is SharedPolicy.EVEN else policy.shared
    return replace(each, policy=Policy(idle, shared, policy.weights))


def with_a_new_hub(month: Month) -> Month:
    """Return the month with one hub more in each cluster that has several: an only hub bears what it may for being the only one."""
    clusters = tuple(
        replace(each, hubs=(*each.hubs, Hub(each.name, "a-new-one", "", ""))) if len(each.hubs) > 1 else each
        for each in month.fleet.clusters
    )
    return replace(month, fleet=replace(month.fleet, clusters=clusters))


def with_another_account(month: Month) -> Month:
    """Return the month with charges of another account and cluster, that reach further and weigh more."""
    start = min(row["ChargePeriodStart"] for row in month.charges)
    assert isinstance(start, datetime)
    period = {"BillingPeriod": month.charges[0]["x_BillingPeriod"], "BillingAccountId": "another", "Cluster": "third"}
    other = (
        charge("1e9", start - timedelta(days=3), timedelta(days=30), Pool="pool", **period),
        charge("1e9", start, Hub="lone", **period),
        charge("-1e9", start, ChargeCategory="Credit", **period),
    )
    hour = start.replace(minute=0) - timedelta(days=2)
    return replace(
        month,
        charges=(*month.charges, *other),
        usage=(*month.usage, used("lone", (1, 1, 0), hour, node="n9", cluster="third")),
        nodes=(*month.nodes, measured((2, 2, 0), hour, node="n9", provider_id=None, cluster="third")),
    )


def test_months_side_by_side_are_each_as_they_are_alone(book: Book) -> None:
    one = fleet(cluster("one"))
    batch = [
        Month(
            one,
            charges=(charge("3", Cluster="one", Node="n1"),),
            usage=(used(hub, (1, 1, 0)),),
            nodes=(measured((2, 2, 0)),),
        )
        for hub in ("blue", "red")
    ]
    assert apart(book.allocate(together(batch)), 2) == [book.allocate(month) for month in batch]
