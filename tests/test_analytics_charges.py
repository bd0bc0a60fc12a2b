"""Charges from small bills: what is refused, what a delivery says and replaces."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.charges import is_delivered
from analytics.faults import ChargesError
from analytics.tables import CHARGES, DELIVERIES
from tests.bill import Line, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fixtures_books import Books


# What is refused


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"BillingAccountId": ""}, "BillingAccountId is missing"),
        ({"BilledCost": ""}, "BilledCost is missing"),
        ({"ChargePeriodEnd": ""}, "ChargePeriodEnd is missing"),
        ({"BillingPeriodStart": "", "x_BillingPeriod": "2026-10"}, "BillingPeriodStart is missing"),
        ({"x_BillingPeriod": "October"}, "the billing period is no month"),
        ({"BillingCurrency": "XYZ"}, "BillingCurrency is no currency"),
        ({"BillingCurrency": "usd"}, "BillingCurrency is no currency"),
        ({"ChargePeriodEnd": "2026-10-04T00:00:00Z"}, "ChargePeriodEnd is before ChargePeriodStart"),
        (
            {"ChargePeriodStart": "2026-12-24T00:00:00Z", "ChargePeriodEnd": "2026-12-25T00:00:00Z"},
            "a bill from the future: it begins after 2026-11-21 00:00 UTC",
        ),
        ({"BillingPeriodStart": "2026-12-01T00:00:00Z"}, "a bill from the future"),
        ({"Tags": '{"hub-name": '}, "Tags is not a JSON object"),
        ({"Tags": '["hub-name"]'}, "Tags is not a JSON object"),
        ({"Tags": r'{"hub-name": "a\u0000b"}'}, "a label holds a NUL character"),
    ],
)
def test_what_no_bill_can_say_is_refused_by_row_and_nothing_is_written(books: Books, fault: Line, text: str) -> None:
    books.deliver([line()])
    before = books.charges("*"), books.lake.version(DELIVERIES)
    with pytest.raises(
        ChargesError, match=f"^bill: {text}.*: 2 rows, first bill, row 2; bill, row 4; nothing was written"
    ):
        books.deliver([line(), line(**fault), line(), line(**fault)], version="2")
    assert (books.charges("*"), books.lake.version(DELIVERIES)) == before
    assert not books.con.execute("select * from duckdb_tables() where starts_with(table_name, 'ingest_')").fetchall()


def test_a_nul_in_a_tag_that_isnt_kept_goes_with_the_tag(books: Books) -> None:
    assert books.described("Tags, x_Hub", Tags=r'{"note": "a\u0000b", "hub-name": "h"}') == ('{"hub-name":"h"}', "h")


def test_a_charge_that_lasts_no_time_is_one(books: Books) -> None:
    at = "2026-10-05T00:00:00Z"
    assert books.described("BilledCost", ChargePeriodStart=at, ChargePeriodEnd=at) == (Decimal(1),)


# Deliveries


def test_a_delivery_says_what_came(books: Books) -> None:
    lines = [line(cost="1.5"), line(cost="-0.25"), line(cost="7", BillingCurrency="EUR")]
    dollars, euros = sorted(books.deliver(lines, final=True), key=lambda each: each.currency, reverse=True)
    assert (dollars.rows, dollars.billed_cost, dollars.currency, dollars.final) == (2, Decimal("1.25"), "USD", True)
    assert (euros.rows, euros.billed_cost, euros.billing_period) == (1, Decimal(7), "2026-10")
    assert dollars.delivery_id != euros.delivery_id
    books.lake.attach(books.con, DELIVERIES)
    books.lake.attach(books.con, CHARGES)
    joined = "select delivery_id, count(*) from charges join deliveries on x_DeliveryId = delivery_id group by all"
    assert dict(books.con.execute(joined).fetchall()) == {dollars.delivery_id: 2, euros.delivery_id: 1}


def test_delivering_twice_changes_nothing(books: Books) -> None:
    lines = [line(cost="1"), line(cost="2", BillingPeriodStart="2026-09-01T00:00:00Z")]
    first = books.deliver(lines), books.charges("*")
    assert (books.deliver(lines), books.charges("*")) == first


def test_a_restated_bill_replaces_its_month_and_no_other(books: Books) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z"}
    books.deliver([line(cost="1"), line(cost="2", BillingAccountId="02-gone"), line(cost="3", **september)])
    books.deliver([line(cost="10")], version="2")
    assert books.charges("x_BillingPeriod, BilledCost") == [("2026-09", Decimal(3)), ("2026-10", Decimal(10))]
    assert books.charges("sum(BilledCost)", version=1) == [(Decimal(6),)], "an invoice can still be recomputed"


def test_months_leaves_the_others_alone(books: Books) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z"}
    books.deliver([line(cost="1"), line(cost="3", **september)])
    books.deliver([line(cost="10"), line(cost="30", **september)], months=["2026-09"])
    assert books.charges("x_BillingPeriod, BilledCost") == [("2026-09", Decimal(30)), ("2026-10", Decimal(1))]
    assert books.deliver([line()], months=["2026-08"]) == ()


def test_a_bill_without_rows_delivers_nothing(books: Books) -> None:
    books.deliver([line()])
    assert books.deliver([]) == ()
    assert books.charges("BilledCost") == [(Decimal(1),)]


def test_a_source_that_is_no_more_gives_way_to_the_one_that_is(books: Books) -> None:
    other = {"BillingAccountId": "02-other"}
    books.deliver([line(cost="1"), line(cost="2", **other)], source="old", sources=["old"])
    books.deliver([line(cost="10")], source="new", sources=["new"])
    assert books.charges("x_Source, BilledCost") == [("new", Decimal(10)), ("old", Decimal(2))]
    assert is_delivered(books.con, books.lake, source="old", version="1"), "what is left of it is all there"


def test_two_sources_may_share_an_account_but_no_sub_account(books: Books) -> None:
    books.deliver([line(SubAccountId="p1")], source="a")
    books.deliver([line(SubAccountId="p2")], source="b")
    before = books.charges("*")
    with pytest.raises(ChargesError, match=r"b: Google Cloud 01-payer 2026-10: sub-accounts p1 are billed by a too"):
        books.deliver([line(SubAccountId="p2"), line(SubAccountId="p1")], source="b", version="2")
    assert books.charges("*") == before
    books.deliver([line(SubAccountId="")], source="a", version="2")
    with pytest.raises(ChargesError, match=r"sub-accounts \(none\) are billed"):
        books.deliver([line(SubAccountId="")], source="b", version="2")


def test_what_is_delivered_is_known(books: Books) -> None:
    def known(version: str, months: Sequence[str] | None = None) -> bool:
        return is_delivered(books.con, books.lake, source="a", version=version, months=months)

    assert not known("1")
    books.deliver([line()])
    assert known("1")
    assert known("1", ["2026-10"])
    assert not known("2")
    assert not known("1", ["2026-10", "2026-11"])


def test_a_delivery_whose_rows_arent_there_is_not_delivered(books: Books) -> None:
    books.deliver([line()])
    scope = [{"x_Source": "a"}]
    books.lake.replace(CHARGES, books.con, "select * from charges where false", scope=scope)
    assert not is_delivered(books.con, books.lake, source="a", version="1")


# Properties

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=12)
TEXTS = st.sampled_from(["", "a", "b", "Compute Engine", "AmazonEC2", "it's", 'say "x"', "ü"])
LINES = st.lists(
    st.builds(
        lambda cost, effective, category, currency, account, service, resource, hub, day: line(
            cost=str(cost),
            EffectiveCost=str(effective),
            ChargeCategory=category,
            BillingCurrency=currency,
            BillingAccountId=account,
            ServiceName=service,
            ResourceId=resource,
            Tags=json.dumps({"hub-name": hub}),
            ChargePeriodStart=f"2026-10-{day:02}T00:00:00Z",
            ChargePeriodEnd=f"2026-10-{day + 1:02}T00:00:00Z",
        ),
        MONEY,
        MONEY,
        st.sampled_from(["Usage", "Purchase", "Tax", "Credit", "Adjustment"]),
        st.sampled_from(["USD", "EUR", "JPY"]),
        st.sampled_from(["a", "b/c", "d=e"]),
        TEXTS.filter(bool),
        TEXTS,
        TEXTS,
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_what_comes_in_is_what_is_there(books: Books, lines: list[Line]) -> None:
    deliveries = books.deliver(lines)
    wanted: dict[tuple[object, ...], list[Decimal]] = {}
    for each in lines:
        key = each["BillingAccountId"], each["BillingCurrency"], each["ChargeCategory"]
        sums = wanted.setdefault(key, [Decimal(0), Decimal(0)])
        sums[0] += Decimal(each["BilledCost"])
        sums[1] += Decimal(each["EffectiveCost"])
    books.lake.attach(books.con, CHARGES)
    found = books.con.execute(
        "select BillingAccountId, BillingCurrency, ChargeCategory, sum(BilledCost), sum(EffectiveCost)"
        " from charges group by all"
    ).fetchall()
    assert {row[:3]: list(row[3:]) for row in found} == wanted
    assert sum(each.rows for each in deliveries) == len(lines)
    assert sum(each.billed_cost for each in deliveries) == sum(Decimal(each["BilledCost"]) for each in lines)
