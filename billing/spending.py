"""Grants over time: what each was charged, month by month, what it holds still, and when that will be gone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from analytics.money import minor_unit
from billing import ledger_rows
from billing.document import Kind
from billing.grants import room

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from billing.ledger import Ledger
    from terraform.contract import Grant
    from terraform.fleet import Community, Fleet

ZERO = Decimal(0)
FORECAST_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Month:
    """What a grant was charged for a month, and what was left of it afterwards."""

    month: str
    charged: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Spending:
    """A grant's state on a day, in the contract's currency.

    `charged` is by issued documents with tax, `drafted` by drafts; `indirect` is what its holder adds to what was charged; `left` is
    what may still be charged. `committed` is what the months to come will take at the mean of the last three, no more than is left.
    """

    community: str
    award: str
    funder: str
    currency: str
    ceiling: Decimal
    start: date
    end: date
    charged: Decimal
    indirect: Decimal
    drafted: Decimal
    left: Decimal
    committed: Decimal
    days_left: int
    used_up: date | None  # when nothing will be left, at that rate; None: not before it ends
    months: tuple[Month, ...]

    @property
    def spent(self) -> Decimal:
        """What counts against the ceiling: what was charged and the indirect cost on it."""
        return self.charged + self.indirect


def spending(ledger: Ledger, fleet: Fleet, *, communities: Iterable[str] = (), today: date) -> tuple[Spending, ...]:
    """Return every grant that a contract names, by community."""
    wanted = set(communities)
    charged: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    drafted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with ledger.read() as con:
        for each in ledger_rows.issued(con, granted=True):
            for award in each.document.awards:
                charged[each.community, award.code][each.month] += award.charged * each.sign
        for draft in ledger_rows.drafts(con):
            sign = -1 if draft.document.kind is Kind.CREDIT_NOTE else 1
            for award in draft.document.awards:
                drafted[draft.community, award.code] += award.charged * sign
    return tuple(
        _spending(
            community,
            grant,
            currency,
            charged[community.name, grant.award],
            drafted[community.name, grant.award],
            today,
        )
        for community in sorted(fleet.communities, key=lambda each: each.name)
        if not wanted or community.name in wanted
        for grant, currency in _grants(community)
    )


def _grants(community: Community) -> list[tuple[Grant, str]]:
    """Every grant of the community's contracts, as its newest contract tells it."""
    found = {grant.award: (grant, contract.currency) for contract in community.contracts for grant in contract.grants}
    return list(found.values())


def _spending(
    community: Community, grant: Grant, currency: str, by_month: dict[str, Decimal], drafted: Decimal, today: date
) -> Spending:
    total = sum(by_month.values(), ZERO)
    left = room(grant, total + drafted, currency)
    months = []
    running = ZERO
    for month, amount in sorted(by_month.items()):
        running += amount
        months.append(Month(month, amount, room(grant, running, currency)))
    last = [each.charged for each in months[-FORECAST_MONTHS:]]
    rate = sum(last, ZERO) / len(last) if last else ZERO
    days_left = max(0, (grant.end - max(today, grant.start)).days)
    unit = minor_unit(currency)
    committed = min(left, (rate * days_left * 12 / 365).quantize(unit, rounding=ROUND_HALF_UP)) if rate > 0 else ZERO
    return Spending(
        community=community.name,
        award=grant.award,
        funder=grant.funder,
        currency=currency,
        ceiling=grant.ceiling,
        start=grant.start,
        end=grant.end,
        charged=total,
        indirect=(total * grant.indirect_percent / 100).quantize(unit, rounding=ROUND_HALF_UP),
        drafted=drafted,
        left=left,
        committed=committed,
        days_left=days_left,
        used_up=_used_up(left, rate, today, grant),
        months=tuple(months),
    )


def _used_up(left: Decimal, rate: Decimal, today: date, grant: Grant) -> date | None:
    if today >= grant.end or rate <= 0:
        return None
    days = left / rate * 365 / 12
    return today + timedelta(days=int(days)) if days < (grant.end - today).days else None
