"""A month as journal entries: what documents charge, what the cloud cost, each entry in balance, cost passed on = recovered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.document import Document, Kind, LineKind, Status
from billing.document_checks import check, name
from billing.einvoice import digits
from billing.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from billing.certificate_figures import Certificate
    from billing.document import Line

ZERO = Decimal(0)


class JournalError(Exception):
    """Entries that don't balance, or a month that doesn't add up; the message says where."""


class Account(StrEnum):
    """What entries are booked to; a column map says which account of the ledger each is (as 4222 and 7061)."""

    RECEIVABLE = "receivable"
    TAX = "tax"
    ROUNDING = "rounding"
    PASS_THROUGH = "pass-through"  # noqa: S105 - cloud cost recovered, 4222
    MARKUP = "markup"
    MEMBERSHIP = "membership"
    USAGE_FEE = "usage fee"
    ENGAGEMENT = "engagement"
    ONE_OFF = "one-off"
    COST_PASSED_ON = "cost passed on"  # 7061
    OWN_COST = "own cost"  # 7062
    PAYABLE = "payable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal. `amount` is a debit if positive, a credit if negative."""

    journal: str
    date: date
    account: Account
    amount: Decimal
    currency: str
    description: str
    party: str = ""
    community: str = ""
    hub: str = ""
    component: str = ""


def entries(documents: Iterable[Document], certificate: Certificate | None = None) -> tuple[Entry, ...]:
    """Return the entries of issued documents, and with the month's certificate those of the cloud cost that stays.

    Raises JournalError for a draft or a certificate that does not hold, Unsound if a document's sums don't agree.
    """
    found: list[Entry] = []
    for document in documents:
        check(document)
        if document.status is Status.DRAFT:
            raise JournalError(f"{name(document)}: a draft is not booked; issue it first")
        found += _charged(document)
        found += _cost(document)
    if certificate is not None:
        if certificate.faults:
            raise JournalError(f"the certificate of {certificate.month} does not hold: {'; '.join(certificate.faults)}")
        found += _kept(certificate)
    _balanced(found)
    return tuple(entry for entry in found if entry.amount)


def recovery(found: Iterable[Entry], accounts: Mapping[Account, str]) -> dict[str, Decimal]:
    """Return, by currency, the balance of the accounts of cost passed on and of its recovery: 7061 − 4222.

    It is by account, not by kind of line: something else booked to one of the two shows.
    """
    both = {accounts[Account.COST_PASSED_ON], accounts[Account.PASS_THROUGH]}
    left: dict[str, Decimal] = defaultdict(Decimal)
    for entry in found:
        if accounts[entry.account] in both:
            left[entry.currency] += entry.amount
    return dict(left)


def _charged(document: Document) -> Iterator[Entry]:
    sign = -1 if document.kind is Kind.CREDIT_NOTE else 1
    totals, voice = document.totals, Voice.of(document)
    yield _entry(document, Account.RECEIVABLE, sign * (totals.tax_inclusive + totals.rounding), document.payer.name)
    for line in document.lines:
        yield _entry(document, Account(line.kind), -sign * line.net, voice.say(line.text), line)
    for tax in document.taxes:
        if tax.tax:
            text = f"{voice.word('tax')} {tax.category} {digits(tax.rate)} %"
            yield _entry(document, Account.TAX, -sign * tax.tax, text)
    if totals.rounding:
        yield _entry(document, Account.ROUNDING, -sign * totals.rounding, voice.word("rounding"))


def _cost(document: Document) -> Iterator[Entry]:
    """The cloud cost behind pass-through lines: by bill, from their sources. A bill in another currency is booked at what
    the line says it is in the document's; its own amount is in the description."""
    sign = -1 if document.kind is Kind.CREDIT_NOTE else 1
    for line in document.lines:
        if line.kind is not LineKind.PASS_THROUGH:
            continue
        if line.sources and all(source.currency == document.currency for source in line.sources):
            parts = [(f"{source.provider} {source.account}", source.amount) for source in line.sources]
        else:
            parts = [
                ("; ".join(f"{s.provider} {s.account} {digits(s.amount)} {s.currency}" for s in line.sources), line.net)
            ]
        for text, amount in parts:
            yield _entry(document, Account.COST_PASSED_ON, sign * amount, text, line)
            yield _entry(document, Account.PAYABLE, -sign * amount, text, line)


def _kept(certificate: Certificate) -> Iterator[Entry]:
    for bill in certificate.bills:
        kept = bill.operator + bill.unattributed
        if not kept:
            continue
        for account, amount in ((Account.OWN_COST, kept), (Account.PAYABLE, -kept)):
            yield Entry(
                journal=f"COST-{certificate.month}-{bill.currency}",
                date=certificate.made_on,
                account=account,
                amount=amount,
                currency=bill.currency,
                description=f"{bill.provider} {bill.account}",
                party=bill.provider,
            )


def _entry(document: Document, account: Account, amount: Decimal, text: str, line: Line | None = None) -> Entry:
    return Entry(
        journal=document.number or "",
        date=document.issue_date,
        account=account,
        amount=amount,
        currency=document.currency,
        description=text,
        party=document.payer.name,
        community=document.community,
        hub=line.hub if line else "",
        component=line.component if line else "",
    )


def _balanced(found: Iterable[Entry]) -> None:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in found:
        sums[entry.journal, entry.currency] += entry.amount
    for (journal, currency), left in sums.items():
        if left:
            raise JournalError(f"{journal}: debits and credits differ by {left} {currency}")
