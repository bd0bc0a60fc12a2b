"""Corrections: what a document and its notes charged, what they should have, and the note that makes up the difference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.compute import with_totals
from billing.document import Award, Document, Kind, Line, LineKind, Phrase, Reference, Source, Status
from billing.lines import cells
from billing.settlement import Bill
from terraform.contract import Tax

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from billing.document import TaxSubtotal
    from billing.inputs import Inputs
    from billing.ledger_rows import Issued

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Chain:
    """An invoice and the notes that correct it, in the order of their numbers."""

    invoice: Issued
    notes: tuple[Issued, ...] = ()

    @property
    def voided(self) -> bool:
        return any(note.whole for note in self.notes)

    @property
    def payable(self) -> Decimal:
        """What all of them come to."""
        return sum((each.document.totals.payable * each.sign for each in (self.invoice, *self.notes)), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((each.paid for each in (self.invoice, *self.notes)), ZERO)

    def until(self, sequence: tuple[int, int]) -> Chain:
        """Return the chain as it was before the document of (year, sequence)."""
        return Chain(self.invoice, tuple(note for note in self.notes if (note.year, note.sequence) < sequence))


def chains(documents: Iterable[Issued]) -> tuple[Chain, ...]:
    """Return the documents, each invoice with its notes."""
    notes: dict[str, list[Issued]] = defaultdict(list)
    invoices = []
    for each in documents:
        if each.corrects:
            notes[each.corrects].append(each)
        else:
            invoices.append(each)
    return tuple(
        Chain(each, tuple(sorted(notes[each.number], key=lambda note: (note.year, note.sequence)))) for each in invoices
    )


def correction(
    chain: Chain, target: Document | None, reason: Phrase | None, notes: tuple[Phrase, ...] = ()
) -> Document | None:
    """Return the note after which the chain comes to `target` (None: to nothing) line by line; None if it does already.

    A credit note where the chain charged too much, else a debit note. Its tax is that of its own lines; where that is a minor unit
    beside the difference of the taxes, its rounding makes up for it, so that the sum is the target's.
    """
    whole = target is None
    charged, due = _sums(chain), _target_sums(target)
    payable = (target.totals.payable if target else ZERO) - chain.payable
    sign = -1 if whole or payable < 0 or (payable == 0) else 1
    lines = _difference(charged, due, sign)
    if not lines and not payable:
        return None
    invoice = chain.invoice.document
    base = target or invoice
    known = (*(each.document for each in (chain.invoice, *chain.notes)), base)
    taxes = {(each.category, each.rate): each for document in known for each in document.taxes}
    document = with_totals(
        replace(
            base,
            kind=Kind.CREDIT_NOTE if sign < 0 else Kind.DEBIT_NOTE,
            status=Status.DRAFT,
            number=None,
            payment_terms=None,
            lines=lines,
            corrects=Reference(chain.invoice.number, invoice.issue_date, invoice.content_hash),
            reason=reason,
            awards=_awards(chain, target, lines, sign),
            table=cells(lines),
            history=(),
            information=(),
            notes=notes,
            previous_hash="",
            content_hash="",
        ),
        [_terms(each) for each in taxes.values()],
    )
    owed = payable * sign
    totals = document.totals
    return replace(document, totals=replace(totals, payable=owed, rounding=owed - totals.tax_inclusive))


def causes(lines: Iterable[Line], sign: int) -> tuple[Phrase, ...]:
    """Say by how much each bill changed what these lines charge."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        for source in line.sources:
            sums[source.provider, source.account, source.currency] += source.amount * sign
    return tuple(
        Phrase.text(f"{provider} {account}: {amount:+,f} {currency}")
        for (provider, account, currency), amount in sorted(sums.items())
        if amount
    )


def noted(chain: Chain, target: Document | None, reason: Phrase | None = None) -> Document | None:
    """Return the note that makes up the difference, which says by how much each bill changed it."""
    bare = correction(chain, target, reason)
    if bare is None:
        return None
    return replace(bare, notes=causes(bare.lines, -1 if bare.kind is Kind.CREDIT_NOTE else 1))


def reason_for(lines: Iterable[Line], restated: Collection[Bill], month: str) -> Phrase:
    """Say why these lines changed: a bill that was restated, its cost allocated anew, or users counted anew."""
    bills = {Bill(each.provider, each.account, each.currency) for line in lines for each in line.sources}
    if bills & set(restated):
        return Phrase.of("restated_bill", month=month)
    if not bills and any(line.kind is LineKind.USAGE_FEE for line in lines):
        return Phrase.of("users_counted_anew", month=month)
    return Phrase.of("allocated_anew", month=month)


def newest_computation(issued: Iterable[Issued], closed_with: str) -> str:
    """Return what a month's newest note was computed from, else what the month was closed with. A void computes nothing."""
    notes = [each for each in issued if not each.whole and each.computation != closed_with]
    return max(notes, key=lambda each: (each.issued_at, each.sequence)).computation if notes else closed_with


def nothing(chain: Chain, inputs: Inputs) -> Document:
    """The invoice with no lines: what is due where nothing is drafted any more."""
    invoice = chain.invoice.document
    basis = replace(invoice.basis, bills=inputs.bills)
    return with_totals(replace(invoice, lines=(), awards=(), basis=basis), ())


_Key = tuple[LineKind, str, str, str, str, str, Decimal]
_Sum = tuple[Decimal, dict[tuple[str, str, str], Decimal], Line]


def _key(line: Line) -> _Key:
    return (line.kind, line.hub, line.component, line.award, line.origin, line.tax.value, line.tax_rate)


def _sums(chain: Chain) -> dict[_Key, _Sum]:
    return _add((line, each.sign) for each in (chain.invoice, *chain.notes) for line in each.document.lines)


def _target_sums(target: Document | None) -> dict[_Key, _Sum]:
    return _add((line, 1) for line in (target.lines if target else ()))


def _add(lines: Iterable[tuple[Line, int]]) -> dict[_Key, _Sum]:
    found: dict[_Key, _Sum] = {}
    for line, sign in lines:
        net, sources, first = found.get(_key(line), (ZERO, {}, line))
        for source in line.sources:
            bill = (source.provider, source.account, source.currency)
            sources[bill] = sources.get(bill, ZERO) + source.amount * sign
        found[_key(line)] = net + line.net * sign, sources, first
    return found


def _difference(charged: dict[_Key, _Sum], due: dict[_Key, _Sum], sign: int) -> tuple[Line, ...]:
    order = list(LineKind)
    lines: list[Line] = []
    for key in sorted(charged.keys() | due.keys(), key=lambda each: (order.index(each[0]), each[1] == "", *each[1:])):
        was_net, was_sources, was = charged.get(key, (ZERO, {}, None))
        net, sources, line = due.get(key, (ZERO, {}, None))
        shown = line or was
        assert shown is not None  # noqa: S101 – the key is of one of the two
        change = (net - was_net) * sign
        bills = {
            bill: amount
            for bill in sorted(was_sources.keys() | sources.keys())
            if (amount := (sources.get(bill, ZERO) - was_sources.get(bill, ZERO)) * sign)
        }
        if change or bills:
            taken = tuple(Source(*bill, amount) for bill, amount in bills.items())
            lines.append(replace(shown.with_net(change), id=str(len(lines) + 1), sources=taken))
    return tuple(lines)


def _awards(chain: Chain, target: Document | None, lines: Sequence[Line], sign: int) -> tuple[Award, ...]:
    """What the note charges each grant, or gives back to it."""
    charged: dict[str, Decimal] = defaultdict(Decimal)
    known: dict[str, Award] = {}
    for each in (chain.invoice, *chain.notes):
        for award in each.document.awards:
            charged[award.code] += award.charged * each.sign
            known.setdefault(award.code, award)
    due = {award.code: award for award in (target.awards if target else ())}
    named = {line.award for line in lines if line.award}
    return tuple(
        replace(
            award,
            before=award.before + charged[code],
            charged=((due[code].charged if code in due else ZERO) - charged[code]) * sign,
        )
        for code, award in sorted((known | due).items())
        if code in named
    )


def _terms(subtotal: TaxSubtotal) -> Tax:
    return Tax(subtotal.category.value, subtotal.rate, subtotal.reason, subtotal.reason_code)
