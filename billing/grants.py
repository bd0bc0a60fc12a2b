"""What grants pay of a month's lines: whole minor units, within their dates, and never past their ceiling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from analytics.money import minor_unit, round_parts, round_total
from billing.document import Source
from billing.tax import tax_on_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.document import Line
    from terraform.contract import Contract, Grant

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payable:
    """A line with one source at most, and the grants that may pay it; `line.award` becomes the one that does."""

    line: Line
    awards: tuple[str, ...] = ()
    too_late: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What a grant is charged in a month, with tax. `left_over` is what it would have paid had its ceiling been higher."""

    grant: Grant
    before: Decimal
    charged: Decimal
    left_over: Decimal


def room(grant: Grant, before: Decimal, currency: str) -> Decimal:
    """Return what may still be charged to a grant, with tax: its ceiling without the indirect cost, less what was."""
    unit = minor_unit(currency)
    direct = (grant.ceiling / (1 + grant.indirect_percent / 100)).quantize(unit, rounding=ROUND_FLOOR)
    return max(ZERO, direct - before).quantize(unit)


def charge_grants(
    lines: Sequence[Payable], contract: Contract, before: dict[str, Decimal]
) -> tuple[tuple[Line, ...], tuple[Charge, ...]]:
    """Let each grant of the contract, in its order, pay what it may; return the lines, parted where they had to be.

    A grant that can't pay all of its lines pays the same part of each, by largest remainder.
    """
    charges = []
    open_lines = list(lines)
    paid: list[Line] = []
    for grant in contract.grants:
        mine = [each for each in open_lines if grant.award in each.awards]
        rest = [each for each in open_lines if grant.award not in each.awards]
        if not mine:
            continue
        charged_before = before.get(grant.award, ZERO)
        taken, left = _take([each.line for each in mine], room(grant, charged_before, contract.currency), contract)
        paid += [replace(line, award=grant.award) for line in taken if line.net or line.sources]
        open_lines = rest + [
            Payable(line, tuple(award for award in each.awards if award != grant.award))
            for line, each in zip(left, mine, strict=True)
            if line.net or line.sources
        ]
        charges.append(
            Charge(grant, charged_before, _gross(taken, contract.currency), sum((line.net for line in left), ZERO))
        )
    return (*paid, *(each.line for each in open_lines)), tuple(charges)


def _take(lines: Sequence[Line], limit: Decimal, contract: Contract) -> tuple[list[Line], list[Line]]:
    """Part the lines into what costs no more than `limit` with its tax, and the rest, line by line."""
    if _gross(lines, contract.currency) <= limit:
        return list(lines), [replace(line.with_net(ZERO), sources=()) for line in lines]
    whole = sum((line.net for line in lines), ZERO)
    gross = whole + sum((line.net * line.tax_rate / 100 for line in lines), ZERO)
    unit = minor_unit(contract.currency)
    goal = min(whole, (whole * limit / gross).quantize(unit, rounding=ROUND_FLOOR)) if gross > 0 else ZERO
    while True:
        taken = _scaled(lines, max(goal, ZERO), whole, contract.currency)
        if goal <= 0 or _gross(taken, contract.currency) <= limit:
            break
        goal -= unit
    left = [_less(line, part) for line, part in zip(lines, taken, strict=True)]
    return taken, left


def _scaled(lines: Sequence[Line], goal: Decimal, whole: Decimal, currency: str) -> list[Line]:
    """The same part of each line, so that together they come to `goal`."""
    part = goal / whole if whole else ZERO
    nets = round_parts([line.net * part for line in lines], currency, total=goal)
    by_bill: dict[tuple[str, str, str], list[int]] = {}
    for row, line in enumerate(lines):
        for source in line.sources:
            by_bill.setdefault((source.provider, source.account, source.currency), []).append(row)
    amounts: dict[int, Decimal] = {}
    for (_, _, bill_currency), rows in by_bill.items():
        given = [lines[row].sources[0].amount for row in rows]
        total = round_total(sum(given, ZERO) * part, bill_currency)
        scaled = round_parts([amount * part for amount in given], bill_currency, total=total)
        amounts |= dict(zip(rows, [nets[row] for row in rows] if bill_currency == currency else scaled, strict=True))
    return [
        replace(
            line.with_net(net),
            sources=tuple(replace(each, amount=amounts[row]) for each in line.sources if amounts[row]),
        )
        for row, (line, net) in enumerate(zip(lines, nets, strict=True))
    ]


def _less(line: Line, part: Line) -> Line:
    """What is left of a line when a part of it is taken."""
    taken = {(each.provider, each.account, each.currency): each.amount for each in part.sources}
    left = tuple(
        Source(each.provider, each.account, each.currency, amount)
        for each in line.sources
        if (amount := each.amount - taken.get((each.provider, each.account, each.currency), ZERO))
    )
    return replace(line.with_net(line.net - part.net), sources=left)


def _gross(lines: Sequence[Line], currency: str) -> Decimal:
    net = sum((line.net for line in lines), ZERO)
    return net + tax_on_lines([(line.tax, line.tax_rate, line.net) for line in lines], currency)
