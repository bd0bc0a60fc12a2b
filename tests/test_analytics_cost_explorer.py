"""An account's cost from Cost Explorer, which moto plays: pages, kinds of charge, hubs, and that the sum is the account's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from analytics import engine
from analytics.cost_explorer import AwsBillingError, ingest
from analytics.lake import Lake
from analytics.tables import CHARGES
from terraform.fleet import CostExplorerBilling, Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from analytics.charges import Delivery
    from tests.fixtures_aws import Aws

PAYER, REEF, DELTA = "012345678901", "111122223333", "444455556666"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = "2026-10-05"
Group = tuple[str, str, str]  # two keys and an amount


def page(
    days: dict[str, list[Group]],
    *,
    token: str | None = None,
    estimated: bool = False,
    unit: str = "USD",
    net: bool = True,
) -> dict[str, Any]:
    """Return one page of an answer, as Cost Explorer gives it."""
    results = []
    for day, groups in days.items():
        end = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        made = []
        for first, second, amount in groups:
            metrics = {"UnblendedCost": amount, "AmortizedCost": str(Decimal(amount) / 2)}
            if net:
                metrics |= {f"Net{name}": value for name, value in metrics.items()}
            made.append(
                {
                    "Keys": [first, second],
                    "Metrics": {name: {"Amount": value, "Unit": unit} for name, value in metrics.items()},
                }
            )
        period = {"Start": day, "End": end}
        results.append({"TimePeriod": period, "Total": {}, "Groups": made, "Estimated": estimated})
    answer: dict[str, Any] = {"ResultsByTime": results, "DimensionValueAttributes": []}
    return answer | ({"NextPageToken": token} if token else {})


TOTALS = page(
    {
        DAY: [(REEF, "Usage", "3.0000000002"), (REEF, "Tax", "0.6"), (DELTA, "Credit", "-1")],
        "2026-10-06": [(REEF, "Usage", "1")],
    }
)
# The questions come by account and kind of charge, in order.
CREDIT = page({DAY: [("Amazon Simple Storage Service", "2i2c:hub-name$", "-1")]})
TAX = page({DAY: [("Tax", "2i2c:hub-name$", "0.6")]})
USAGE = [
    page({DAY: [("Amazon Elastic Compute Cloud - Compute", "2i2c:hub-name$prod", "2")]}, token="more"),
    page(
        {
            DAY: [("EC2 - Other", "2i2c:hub-name$", "1.0000000001"), ("Amazon Route 53", "2i2c:hub-name$staging", "0")],
            "2026-10-06": [("Amazon Elastic Compute Cloud - Compute", "2i2c:hub-name$prod", "1")],
        }
    ),
]
HUBS = page(
    {DAY: [(REEF, "2i2c:hub-name$prod", "2"), (REEF, "2i2c:hub-name$", "1.6"), (DELTA, "2i2c:hub-name$", "-1")]}
)
ANSWERS = [TOTALS, HUBS, TAX, *USAGE, CREDIT]


class Account:
    """An account, and a lake that its cost goes into."""

    def __init__(self, aws: Aws, folder: Path) -> None:
        self.aws = aws
        self.source = CostExplorerBilling(PAYER, endpoint=aws.url)
        self.lake = Lake(str(folder / "lake"))
        self.heard: list[str] = []

    def ingest(self, *answers: dict[str, Any], months: Collection[str] | None = ("2026-10",)) -> tuple[Delivery, ...]:
        self.aws.answer(answers)
        self.heard.clear()
        return ingest(
            self.source,
            labels=Labels(),
            lake=self.lake,
            sources={self.source.id},
            months=months,
            now=NOW,
            talk=self.heard.append,
        )

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with engine.connect() as con:
            self.lake.attach(con, CHARGES)
            return con.execute(sql).fetchall()


@pytest.fixture
def account(aws: Aws, tmp_path: Path) -> Account:
    return Account(aws, tmp_path)


def test_an_account_s_cost_arrives_whole(account: Account) -> None:
    (delivery,) = account.ingest(*ANSWERS)

    assert delivery.billed_cost == Decimal("3.6000000002")
    assert (delivery.object, delivery.billing_account, delivery.final) == (f"cost-explorer:{PAYER}", PAYER, True)
    assert account.query(
        "select SubAccountId, ServiceName, ChargeCategory, x_Component, x_Hub, BilledCost, EffectiveCost, ChargeDescription"
        " from charges order by ChargePeriodStart, BilledCost"
    ) == [
        (
            *(DELTA, "Amazon Simple Storage Service", "Credit", "credit", None, Decimal(-1), Decimal("-0.5")),
            "Cost Explorer, daily, Credit",
        ),
        (
            *(REEF, "AWS", "Usage", "other", None, Decimal("0.0000000001"), Decimal("0.00000000005")),
            "Cost Explorer, daily, rounding of Usage",
        ),
        (*(REEF, "Tax", "Tax", "tax", None, Decimal("0.6"), Decimal("0.3")), "Cost Explorer, daily, Tax"),
        (
            *(REEF, "EC2 - Other", "Usage", "compute", None, Decimal("1.0000000001"), Decimal("0.50000000005")),
            "Cost Explorer, daily, Usage",
        ),
        (
            *(REEF, "Amazon Elastic Compute Cloud - Compute", "Usage", "compute", "prod", Decimal(2), Decimal(1)),
            "Cost Explorer, daily, Usage",
        ),
        (
            *(REEF, "Amazon Elastic Compute Cloud - Compute", "Usage", "compute", "prod", Decimal(1), Decimal("0.5")),
            "Cost Explorer, daily, Usage",
        ),
    ]
    assert account.heard == [f"cost-explorer:{PAYER}: 2026-10: 3 questions to Cost Explorer; its answers are coarse"]


def test_what_did_not_change_is_asked_for_no_further(account: Account) -> None:
    account.ingest(*ANSWERS)
    version = account.lake.version(CHARGES)
    assert account.ingest(TOTALS, HUBS) == ()
    assert account.lake.version(CHARGES) == version
    assert account.heard == [f"cost-explorer:{PAYER}: 2026-10: unchanged"]


def test_a_restated_month_replaces_the_old_one(account: Account) -> None:
    account.ingest(*ANSWERS)
    less = page({DAY: [(REEF, "Usage", "1")]})
    account.ingest(less, HUBS, page({DAY: [("EC2 - Other", "2i2c:hub-name$prod", "1")]}))
    assert account.query("select sum(BilledCost), count(*) from charges") == [(1, 1)]


def test_a_cost_that_belongs_to_another_hub_now_is_asked_for_anew(account: Account) -> None:
    account.ingest(*ANSWERS)
    tagged = page({DAY: [("Amazon Elastic Compute Cloud - Compute", "2i2c:hub-name$staging", "3.0000000002")]})
    day_after = page({"2026-10-06": [("EC2 - Other", "2i2c:hub-name$staging", "1")]})
    tagged["ResultsByTime"] += day_after["ResultsByTime"]
    moved = page({DAY: [(REEF, "2i2c:hub-name$staging", "3"), (REEF, "2i2c:hub-name$", "0.6")]})
    (delivery,) = account.ingest(TOTALS, moved, TAX, tagged, CREDIT)
    assert delivery.billed_cost == Decimal("3.6000000002")
    assert account.query("select distinct x_Hub from charges where x_Hub is not null") == [("staging",)]


def test_an_estimate_is_provisional(account: Account) -> None:
    totals = page({DAY: [(REEF, "Usage", "1")]}, estimated=True)
    (delivery,) = account.ingest(totals, HUBS, page({DAY: [("EC2 - Other", "2i2c:hub-name$", "1")]}, estimated=True))
    assert not delivery.final


def test_months_that_were_final_are_not_asked_for_again(account: Account) -> None:
    empty = page({})
    july = {"2026-07-05": [(REEF, "Usage", "1")]}
    details = {"2026-07-05": [("EC2 - Other", "2i2c:hub-name$prod", "1")]}
    months = 13  # a year back and this month
    answers = [empty] * (months - 5) + [page(july), HUBS, page(details)] + [empty] * 4
    assert [each.billing_period for each in account.ingest(*answers, months=None)] == ["2026-07"]
    assert sum("no cost" in text for text in account.heard) == months - 1
    account.ingest(*[empty] * (months - 1), months=None)
    assert not any("2026-07" in text for text in account.heard)


def test_without_net_metrics_the_plain_ones_count(account: Account) -> None:
    day = {DAY: [(REEF, "Usage", "1")]}
    account.ingest(page(day, net=False), HUBS, page({DAY: [("EC2 - Other", "2i2c:hub-name$", "1")]}, net=False))
    assert account.query("select BilledCost, EffectiveCost from charges") == [(1, Decimal("0.5"))]


@pytest.mark.parametrize(
    ("record_type", "category"),
    [
        ("Usage", "Usage"),
        ("DiscountedUsage", "Usage"),
        ("SavingsPlanCoveredUsage", "Usage"),
        ("SavingsPlanNegation", "Usage"),
        ("Enterprise Discount Program Discount", "Usage"),
        ("Credit", "Credit"),
        ("Tax", "Tax"),
        ("Refund", "Adjustment"),
        ("Support fee", "Purchase"),
        ("SavingsPlanRecurringFee", "Purchase"),
        ("Upfront reservation fee", "Purchase"),
        ("Other out-of-cycle charges", "Purchase"),
        ("Something new", "Adjustment"),
    ],
)
def test_each_kind_of_charge_has_its_category(account: Account, record_type: str, category: str) -> None:
    account.ingest(
        page({DAY: [(REEF, record_type, "1")]}), HUBS, page({DAY: [("AWS Support (Business)", "2i2c:hub-name$", "1")]})
    )
    assert account.query("select ChargeCategory, ServiceCategory from charges") == [
        (category, "Management and Governance")
    ]


FAULTS: dict[str, tuple[Callable[[], list[dict[str, Any]]], str]] = {
    "two answers that differ": (
        lambda: [page({DAY: [(REEF, "Usage", "3")]}), HUBS, page({DAY: [("EC2 - Other", "2i2c:hub-name$", "1")]})],
        "Usage of account 111122223333 changed while it was read (2",
    ),
    "an answer that is less": (lambda: [page({DAY: [(REEF, "Usage", "3")]}), HUBS], "changed while it was read (3"),
    "no number": (lambda: [_spoilt()], "'much' is not an amount"),
    "a page for ever": (lambda: [page({}, token="t")] * 3, "the same page of 2026-10 twice"),
}


def _spoilt() -> dict[str, Any]:
    answer = page({DAY: [(REEF, "Usage", "1")]})
    answer["ResultsByTime"][0]["Groups"][0]["Metrics"]["NetUnblendedCost"]["Amount"] = "much"
    return answer


@pytest.mark.parametrize("name", FAULTS)
def test_an_answer_that_can_t_be_is_told_and_nothing_is_written(account: Account, name: str) -> None:
    answers, said = FAULTS[name]
    with pytest.raises(AwsBillingError) as caught:
        account.ingest(*answers())
    assert said in str(caught.value)
    assert account.lake.version(CHARGES) is None


def test_two_currencies_are_told(account: Account) -> None:
    answer = page({DAY: [(REEF, "Usage", "1")]})
    answer["ResultsByTime"] += page({"2026-10-06": [(REEF, "Usage", "1")]}, unit="EUR")["ResultsByTime"]
    with pytest.raises(AwsBillingError, match="is in EUR and USD"):
        account.ingest(answer)


def test_access_denied_names_the_action(account: Account, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="explorer")
    key = iam.create_access_key(UserName="explorer")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    aws.authorize(after=0)
    try:
        with pytest.raises(AwsBillingError, match="ce:GetCostAndUsage on account 012345678901 is not allowed"):
            ingest(
                account.source,
                labels=Labels(),
                lake=account.lake,
                sources={account.source.id},
                months=["2026-10"],
                now=NOW,
                talk=account.heard.append,
            )
    finally:
        aws.authorize(after=float("inf"))
