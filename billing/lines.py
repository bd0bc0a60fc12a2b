"""The lines of a community's month, before grants: what it bears of each bill, the markup, the fees; and how lines are put together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.money import round_parts, round_total
from billing.document import Cell, Line, LineKind, Phrase, Source, TaxCategory, Unit
from billing.grants import Payable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.fees import Fee
    from billing.inputs import Inputs
    from billing.settlement import Bill, Part, Settlement
    from terraform.contract import Contract, Tax

ZERO = Decimal(0)
ONE = Decimal(1)
_ORDER = list(LineKind)


class NoRate(Exception):
    """A bill is in another currency than the contract, and nobody says what it is worth; nothing was drafted."""


def check_rates(settlement: Settlement, inputs: Inputs) -> None:
    """Raise NoRate for every bill that a contract in another currency needs one of."""
    currencies = {each.community: each.contract.currency for each in inputs.signed}
    lacking = sorted(
        {
            (part.bill.currency, currencies[part.community], part.community)
            for part in settlement.parts
            if inputs.rate(*part.bill, currencies[part.community]) is None
        }
    )
    if lacking:
        raise NoRate(
            "\n".join(
                f"{community}: no rate of {inputs.month} from {base} to {currency}, which its contract is in: add it to"
                " rates.csv, or fetch the ECB's with `hubledger fleet rates fetch`; nothing was drafted"
                for base, currency, community in lacking
            )
        )


def pass_through(parts: Sequence[Part], contract: Contract, inputs: Inputs) -> list[Payable]:
    """Return what a community bears of each bill, in the contract\'s currency: a line for each part."""
    by_bill: dict[Bill, list[Part]] = defaultdict(list)
    for part in parts:
        by_bill[part.bill].append(part)
    tax = contract.pass_through_tax or contract.tax
    found = []
    for bill, mine in sorted(by_bill.items()):
        rate = inputs.rate(*bill, contract.currency)
        assert rate is not None  # noqa: S101 – checked before
        nets = [part.amount for part in mine]
        if bill.currency != contract.currency:
            nets = round_parts([part.amount * rate.rate for part in mine], contract.currency)
        for part, net in zip(mine, nets, strict=True):
            if not net and not part.amount:
                continue
            line = Line(
                id="",
                kind=LineKind.PASS_THROUGH,
                text=(
                    Phrase.of("pass_through_component", component=part.component, hub=part.hub)
                    if part.hub
                    else Phrase.of("pass_through_own_component", component=part.component)
                ),
                quantity=-ONE if net < 0 else ONE,
                unit=Unit.ONE,
                price=abs(net),
                net=net,
                tax=TaxCategory(tax.category),
                tax_rate=tax.rate,
                hub=part.hub,
                component=part.component,
                origin="pass-through",
                sources=(Source(*bill, part.amount),) if part.amount else (),
            )
            found.append(Payable(line, part.awards, part.too_late))
    return found


def markup(payable: Sequence[Payable], contract: Contract, awards: tuple[str, ...]) -> list[Payable]:
    """Return the markup on these lines, as one more, which these grants may pay."""
    base = sum((each.line.net for each in payable), ZERO)
    net = round_total(base * contract.markup_percent / 100, contract.currency)
    if not net:
        return []
    tax = contract.pass_through_tax or contract.tax
    text = Phrase.of("markup", rate=contract.markup_percent)
    return [Payable(_simple_line(LineKind.MARKUP, "markup", text, net, tax), awards)]


def fee_line(fee: Fee) -> Line:
    """Return the line of a fee."""
    tax = TaxCategory(fee.tax.category)
    return Line(
        "", fee.kind, fee.text, fee.quantity, fee.unit, fee.price, fee.net, tax, fee.tax.rate, origin=fee.origin
    )


def _simple_line(kind: LineKind, origin: str, text: Phrase, net: Decimal, tax: Tax) -> Line:
    quantity = -ONE if net < 0 else ONE
    return Line("", kind, text, quantity, Unit.ONE, abs(net), net, TaxCategory(tax.category), tax.rate, origin=origin)


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines in order, those of one hub and component together whichever bill they are from, and numbered."""
    groups: dict[tuple[int, bool, str, str, str, str, TaxCategory, Decimal], list[Line]] = defaultdict(list)
    for line in lines:
        place = (_ORDER.index(line.kind), line.hub == "", line.hub, line.component)
        groups[*place, line.origin, line.award, line.tax, line.tax_rate].append(line)
    found = []
    for number, key in enumerate(sorted(groups), start=1):
        line, *more = groups[key]
        if more:
            net = sum((each.net for each in groups[key]), ZERO)
            sources = tuple(source for each in groups[key] for source in each.sources)
            line = replace(line.with_net(net), sources=sources)
        found.append(replace(line, id=str(number)))
    return tuple(found)


def cells(lines: Iterable[Line]) -> tuple[Cell, ...]:
    """Return the table of hubs and components."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.kind is LineKind.PASS_THROUGH:
            sums[line.hub, line.component] += line.net
    return tuple(Cell(hub, component, amount) for (hub, component), amount in sorted(sums.items()))
