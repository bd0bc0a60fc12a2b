"""What finance looks at: the review before the close, what is spent of grants, who did what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics import invoice_totals
from billing import ledger_rows
from billing.closing import close
from billing.drafting import draft
from billing.issuing import issue
from billing.payments import pay
from billing.review import Kind as Anomaly
from billing.review import review
from billing.spending import spending
from terraform.contract import Grant, Tier, UsageFee
from tests.books import BOOKKEEPER, MONTH, NOW, World, contract, cost, issued

if TYPE_CHECKING:
    from pathlib import Path

    from billing.ledger import Ledger


TODAY = date(2026, 10, 5)


def test_a_review_names_what_is_unlike_it_should_be(ledger: Ledger, world: World, tmp_path: Path) -> None:
    fee = UsageFee((Tier(None, Decimal(2)),), Decimal(5))
    grant = Grant("OCE-1", "Agency", Decimal(25), date(2026, 1, 1), date(2027, 1, 1))
    world.hubs = {"reef": ("blue", "red"), "mangrove": ("mud",)}
    world.contracts["reef"] = contract(usage=fee, grants=(grant,))
    world.month(cost("50", day=date(2026, 8, 3)), month="2026-08")
    world.month(
        cost("100"),
        cost("7", "one/mud", "mangrove"),
        cost("3", "one/staging", None),
        cost("2", None, None, unattributed=True),
        users={"one/blue": 10},
        final=False,
    )
    invoice_totals.state(
        world.lake, MONTH, issuer="Cloud", billing_account="payer", amount=Decimal(113), currency="USD", now=NOW
    )
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    found = review(ledger, world.lake, world.fleet, MONTH, today=TODAY)
    assert [(each.kind, each.who) for each in found.anomalies] == [
        (Anomaly.PROVISIONAL, "Cloud payer"),
        (Anomaly.STATED, "Cloud payer"),
        (Anomaly.UNATTRIBUTED, "Cloud payer"),
        (Anomaly.CHANGE, "reef"),
        (Anomaly.CEILING, "reef"),
        (Anomaly.CAP, "reef"),
        (Anomaly.NO_CONTRACT, "mangrove"),
        (Anomaly.NO_COMMUNITY, "one/staging"),
        (Anomaly.NO_USERS, "reef"),
    ]
    texts = " ".join(each.text for each in found.anomalies)
    assert "+100% against 50.00 USD, the mean of 1 month before" in texts
    assert "the usage fee is 15.00 USD above its cap" in texts


def test_a_review_of_an_ordinary_month_finds_nothing(ledger: Ledger, world: World) -> None:
    for month in ("2026-06", "2026-07", "2026-08", "2026-09"):
        world.month(cost("10", day=date(2026, int(month[-2:]), 3)), month=month)
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    assert review(ledger, world.lake, world.fleet, MONTH, today=TODAY).anomalies == ()


def test_grants_show_what_is_spent_what_will_be_and_when_it_is_gone(ledger: Ledger, world: World) -> None:
    grant = Grant("OCE-1", "Agency", Decimal(1000), date(2026, 7, 1), date(2027, 7, 1), indirect_percent=Decimal(25))
    world.contracts["reef"] = contract(grants=(grant,))
    for month, amount in (("2026-07", "60"), ("2026-08", "90"), ("2026-09", "120")):
        world.month(cost(amount, day=date(2026, int(month[-2:]), 3)), month=month)
        draft(ledger, world.lake, world.fleet, month, actor=BOOKKEEPER)
        if month != MONTH:
            close(ledger, world.lake, world.fleet, month, actor=BOOKKEEPER)
            issue(ledger, month, actor=BOOKKEEPER)
    (found,) = spending(ledger, world.fleet, today=TODAY)
    assert (found.charged, found.indirect, found.spent, found.drafted, found.left) == (
        Decimal(150),
        Decimal("37.50"),
        Decimal("187.50"),
        Decimal(120),
        Decimal(530),  # of 800, which with 25 % are 1000
    )
    assert found.days_left == 269
    assert found.committed == Decimal(530)  # 75 a month for 269 days would be 663
    assert found.used_up == TODAY + timedelta(days=214)
    assert [(each.month, each.charged, each.left) for each in found.months] == [
        ("2026-07", Decimal("60.00"), Decimal("740.00")),
        ("2026-08", Decimal("90.00"), Decimal("650.00")),
    ]


def test_events_say_who_did_what(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    (invoice,) = issued(ledger, world)
    pay(ledger, invoice.number, None, reference="wire 7", actor=BOOKKEEPER)
    with ledger.read() as con:
        last = ledger_rows.events(con)[-1]
    assert (last.who, last.action, last.number, last.detail) == (
        "bookkeeper",
        "pay",
        "INV-2026-0001",
        "10.00 USD wire 7",
    )
    assert last.at.replace(tzinfo=UTC) == datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
