"""What was applied to the infrastructure, on the curve of what it costs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, parts
from dashboard.figures import NOTHING, first_day, next_month
from dashboard.state import months_back
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk
    from terraform.receipts import Receipt

ZERO = Decimal(0)
DAYS = 7


def applies(desk: Desk, _: Costs) -> None:
    """Show the month's applies, and each day's cost of their clusters before and after."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    st.markdown(words("fleet.applies_text"))
    first, end = first_day(month), next_month(month)
    found = [each for each in desk.reading.receipts() if first <= _day(each) < end]
    if not found:
        st.info(
            words(
                "fleet.applies_none", month=plain(figures.month(month)), folder=plain(str(desk.reading.infrastructure))
            )
        )
        return
    months = tuple(
        each for each in (months_back(month, 1), month, months_back(month, -1)) if desk.reading.state.of(each)
    )
    costs = desk.reading.costs(months, ("day", "cluster", "charge_category"), currency=desk.currency, cost=desk.cost)
    for cluster in sorted({each.cluster for each in found}):
        days = {
            date.fromisoformat(day): each.cost
            for (day,), each in costs.of(cluster=cluster, charge_category="Usage").fold("day").items()
            if day
        }
        mine = [each for each in found if each.cluster == cluster]
        st.subheader(plain(cluster), anchor=False)
        parts.chart(
            charts.curve(
                [(day.isoformat(), cost, figures.money(cost)) for day, cost in days.items()],
                [(_day(each).isoformat(), _what(desk, each)) for each in mine],
                x=words("app.day"),
                y=desk.currency,
                what=words("fleet.what"),
            ),
            words("fleet.applies_alt", cluster=cluster),
            f"{words('fleet.section_applies')}: {cluster}",
            [words(f"fleet.{key}") for key in ("applied", "by", "what", "planned", "before_a_day", "after_a_day")],
            [
                (
                    plain(figures.day(_day(each))),
                    plain(each.by),
                    plain(_what(desk, each)),
                    plain(f"{each.delta} {each.currency}") if each.delta else NOTHING,
                    *(plain(figures.money(mean)) if mean is not None else NOTHING for mean in around(days, _day(each))),
                )
                for each in mine
            ],
            label=words("app.table"),
        )


def around(days: dict[date, Decimal], at: date) -> tuple[Decimal | None, Decimal | None]:
    """Return the mean cost of a day in the week before `at`, and in the one after it; None where no day of it has cost."""
    means = []
    for numbers in (range(-DAYS, 0), range(1, DAYS + 1)):
        known = [days[day] for number in numbers if (day := at + timedelta(days=number)) in days]
        means.append(sum(known, ZERO) / len(known) if known else None)
    return means[0], means[1]


def _day(receipt: Receipt) -> date:
    return datetime.fromisoformat(receipt.ended_at).date()


def _what(desk: Desk, receipt: Receipt) -> str:
    said = desk.words(
        "fleet.changed_counts",
        added=str(receipt.added),
        changed=str(receipt.changed),
        destroyed=str(receipt.destroyed),
    )
    return said if receipt.outcome == "applied" else f"{receipt.outcome}: {said}"
