"""The explanation of a figure as tables for a terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.text import Text

from analytics.money import format_amount, round_parts
from analytics.show import percent, plain_table, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from analytics.explain import Explanation

ZERO = Decimal(0)


def explanation_table(found: Explanation) -> Iterable[Table | Text]:
    """Yield what stands behind a figure: by rule, by place, by pot, by bill line."""
    about = [found.computed.month, found.component, found.day.isoformat() if found.day else None, found.computed.status]
    title = f"{found.hub}: {', '.join(text for text in about if text)}"
    if found.note:
        yield Text(f"note: {found.note}")
    to = found.reporting_currency
    both = to is not None and any(figure.currency != to for figure in found.figures)
    heads = ("Cost", "Coverage", "", *((f"In {to}",) if both else ()))
    figures = plain_table(("Rule", "Basis", "Component"), heads, title=title)
    for currency in sorted({figure.currency for figure in found.figures}):
        of_currency = [figure for figure in found.figures if figure.currency == currency]
        shown = round_parts([figure.cost for figure in of_currency], currency)
        converted = round_parts([figure.reporting_cost or ZERO for figure in of_currency], to or currency)
        for figure, cost, other in zip(of_currency, shown, converted, strict=True):
            figures.add_row(
                figure.rule,
                figure.basis,
                figure.component,
                format_amount(cost, currency),
                percent(figure.coverage),
                currency,
                *((format_amount(other, to),) if both and to else ()),
            )
        sums = (format_amount(sum(shown, ZERO), currency), "", currency)
        figures.add_row(
            "total",
            "",
            "",
            *sums,
            *((format_amount(sum(converted, ZERO), to),) if both and to else ()),
            style="bold",
        )
    yield figures
    if found.places:
        places = plain_table(
            ("Rule", "Where"), ("It cost", "Used", "", "Idle", "", ""), title="Split by use: the largest"
        )
        for place in found.places:
            places.add_row(
                place.rule,
                Text(f"{place.scope} {place.name}".strip()),
                rounded(place.cost, place.currency),
                rounded(place.used, place.currency),
                _share(place.used, place.cost),
                rounded(place.idle, place.currency),
                _share(place.idle, place.cost),
                place.currency,
            )
        yield places
    if found.pots:
        pots = plain_table(("Rule", "Pot", "Policy"), ("To spread", "The hub's", "", ""), title="Spread by policy")
        for pot in found.pots:
            pots.add_row(
                pot.rule,
                pot.pot,
                pot.policy,
                rounded(pot.cost, pot.currency),
                rounded(pot.hub_cost, pot.currency),
                _share(pot.hub_cost, pot.cost),
                pot.currency,
            )
        yield pots
    if found.lines:
        lines = plain_table(
            ("Rule", "Service", "What", "Resource"),
            ("Charges", "Cost", "The hub's", ""),
            title="Bill lines: the largest",
        )
        for line in found.lines:
            lines.add_row(
                line.rule,
                Text(line.service),
                Text(line.sku),
                Text(line.resource),
                f"{line.charges:,}",
                rounded(line.cost, line.currency),
                rounded(line.hub_cost, line.currency),
                line.currency,
            )
        yield lines


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{(part / whole * 100).quantize(Decimal('0.1'))}%" if whole else ""
