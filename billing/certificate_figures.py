"""What a certificate of a month states: each provider's bill, and where every cent of it went. Computed by billing/certificate.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - read at run time, see below
from decimal import Decimal

from billing.document import Kind, Version

# Pydantic reads these classes' annotations (billing/certificate_page.py), so their types are imported at run time.
__all__ = ["Bill", "Certificate", "Certified", "Kind", "Rounding", "Share", "Version"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """What a document passes on of a provider's bill, in the bill's currency; negative on a credit note."""

    provider: str
    account: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Certified:
    """An issued document with what it passes on."""

    number: str
    kind: Kind
    community: str
    payer: str
    issue_date: date
    currency: str
    payable: Decimal
    content_hash: str
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """A provider's bill of one account and currency, rounded to its minor unit, and the three places its money went.

    `stated` is the total on the provider's own invoice, as entered by finance; None if nobody entered it.
    """

    provider: str
    account: str
    currency: str
    amount: Decimal
    passed_through: Decimal
    operator: Decimal
    unattributed: Decimal
    stated: Decimal | None = None

    @property
    def difference(self) -> Decimal:
        """What is left of the bill: 0 in a certificate that holds."""
        return self.amount - self.passed_through - self.operator - self.unattributed


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a bearer has of a bill, exact and as it was billed: less than a minor unit lies between them.

    `who` is a community, or who keeps it: the operator, or nobody ("unattributed").
    """

    provider: str
    account: str
    currency: str
    who: str
    exact: Decimal
    billed: Decimal

    @property
    def difference(self) -> Decimal:
        return self.billed - self.exact


@dataclass(frozen=True, slots=True)
class Certificate:
    """A month: provider's bills = Σ documents' pass-through + the operator's own + unattributed."""

    month: str  # YYYY-MM
    issuer: str
    made_on: date
    bills: tuple[Bill, ...]
    documents: tuple[Certified, ...]
    status: str = "final"  # or provisional
    provisional_reason: str = ""
    versions: tuple[Version, ...] = ()
    notes: tuple[str, ...] = ()
    roundings: tuple[Rounding, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not add up; () if the certificate holds."""
        found = []
        for bill in self.bills:
            where = f"{bill.provider} {bill.account} {bill.currency}"
            documents = sum(
                (
                    share.amount
                    for document in self.documents
                    for share in document.shares
                    if (share.provider, share.account, share.currency) == (bill.provider, bill.account, bill.currency)
                ),
                ZERO,
            )
            if documents != bill.passed_through:
                found.append(f"{where}: the documents pass on {documents}, not {bill.passed_through}")
            if bill.difference:
                found.append(f"{where}: {bill.difference} of the bill is nowhere")
            if bill.stated is not None and bill.stated != bill.amount:
                found.append(
                    f"{where}: the provider states {bill.stated}, and the bill's lines come to {bill.amount}: bring in what is"
                    " missing, correct the entry, or where it is rounded otherwise run `hubledger invoices adjust`"
                )
        known = {(bill.provider, bill.account, bill.currency) for bill in self.bills}
        for document in self.documents:
            found += [
                f"{document.number} passes on {share.amount} {share.currency} of {share.provider} {share.account}, which has no bill"
                for share in document.shares
                if (share.provider, share.account, share.currency) not in known
            ]
        for bill in self.bills:
            bearers = [
                each
                for each in self.roundings
                if (each.provider, each.account, each.currency) == (bill.provider, bill.account, bill.currency)
            ]
            if bearers and sum((each.billed for each in bearers), ZERO) != bill.amount:
                found.append(
                    f"{bill.provider} {bill.account} {bill.currency}: what each bears does not come to the bill"
                )
        return tuple(found)
