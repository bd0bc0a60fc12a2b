"""Payments of invoices: what came in, or was given back, is only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.money import format_amount, minor_unit
from billing import ledger_entries
from billing.adjusting import chain_of
from billing.ledger_rows import Event

if TYPE_CHECKING:
    from datetime import date

    from billing.drafting import Actor
    from billing.ledger import Ledger


class PaymentError(Exception):
    """A payment can't be what was entered; nothing was written."""


@dataclass(frozen=True, slots=True)
class Paid:
    """An invoice after a payment: what is paid of it and its notes, and what is due still."""

    number: str
    currency: str
    paid: Decimal
    due: Decimal


def pay(
    ledger: Ledger, number: str, amount: Decimal | None, *, on: date | None = None, reference: str = "", actor: Actor
) -> Paid:
    """Enter a payment of an invoice (None: of all that is due); a negative one was given back or entered wrongly.

    Notes are paid with the invoice that they correct. Raises PaymentError if it is more than is due, or than was paid.
    """
    with ledger.write() as con:
        chain = chain_of(con, number)
        currency = chain.invoice.document.currency
        due = chain.payable - chain.paid
        given = due if amount is None else amount
        if given == 0:
            raise PaymentError(f"{number}: nothing is due" if amount is None else f"{number}: 0 is no payment")
        if given > max(due, Decimal(0)) and given > 0:
            raise PaymentError(f"{number}: {format_amount(due, currency)} {currency} is due, not {given:f}")
        if given < 0 and chain.paid + given < min(chain.payable, Decimal(0)):
            raise PaymentError(
                f"{number}: {format_amount(chain.paid, currency)} {currency} was paid, and no more can go back"
            )
        ledger_entries.put_payment(
            con,
            chain.invoice,
            given,
            paid_on=on or actor.now.date(),
            reference=reference,
            at=actor.now,
            who=actor.who,
        )
        ledger_entries.note(
            con,
            Event(
                actor.now,
                actor.who,
                "pay",
                chain.invoice.month,
                number,
                f"{given.quantize(minor_unit(currency))} {currency} {reference}".strip(),
            ),
        )
    return Paid(number, currency, chain.paid + given, due - given)
