"""The certificate of a month: what it says is missing, and what the providers state."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from analytics import invoice_totals
from billing.certificate import CertificateError, certificate
from billing.closing import close
from billing.drafting import draft
from billing.issuing import issue
from tests.books import BOOKKEEPER, MONTH, NOW, World, adjusted, cost, issued

if TYPE_CHECKING:
    from billing.ledger import Ledger

TODAY = date(2026, 10, 5)


def test_a_certificate_says_what_is_missing(ledger: Ledger, world: World) -> None:
    world.month(cost("10.004"), cost("3.001", "one/staging", None), cost("1", None, None, unattributed=True))
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    with pytest.raises(CertificateError, match="2026-09 is not closed: run `hubledger invoices close --month 2026-09`"):
        certificate(ledger, world.lake, MONTH, today=TODAY)
    close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    waiting = certificate(ledger, world.lake, MONTH, today=TODAY)
    assert "not issued yet: invoice of reef" in waiting.notes
    assert waiting.faults == ("Cloud payer USD: the documents pass on 0, not 10.00",)
    issue(ledger, MONTH, actor=BOOKKEEPER)
    proof = certificate(ledger, world.lake, MONTH, today=TODAY)
    (bill,) = proof.bills
    assert (bill.amount, bill.passed_through, bill.operator, bill.unattributed, bill.difference) == (
        Decimal("14.00"),  # 14.005, half to even
        Decimal("10.00"),
        Decimal("3.00"),
        Decimal("1.00"),
        Decimal("0.00"),
    )
    assert [(each.who, each.exact, each.billed) for each in proof.roundings if each.who == "reef"] == [
        ("reef", Decimal("10.004"), Decimal("10.00"))
    ]
    world.bill_changes(cost("20"))
    later = certificate(ledger, world.lake, MONTH, today=TODAY)
    assert later.faults == ()
    assert any("the bill has changed by +5.995 USD since" in note for note in later.notes)


def test_a_total_that_is_entered_after_the_close_is_on_the_certificate(ledger: Ledger, world: World) -> None:
    world.month(cost("10.005"))
    issued(ledger, world)
    invoice_totals.state(
        world.lake, MONTH, issuer="Cloud", billing_account="payer", amount=Decimal("10.01"), currency="USD", now=NOW
    )
    (fault,) = certificate(ledger, world.lake, MONTH, today=TODAY).faults
    assert "the provider states 10.01, and the bill's lines come to 10.00: bring in what is missing" in fault
    adjusted(ledger, world)
    proof = certificate(ledger, world.lake, MONTH, today=TODAY)
    assert (proof.faults, proof.bills[0].stated) == ((), Decimal("10.01"))
    invoice_totals.state(
        world.lake, MONTH, issuer="Cloud", billing_account="lost", amount=Decimal(7), currency="USD", now=NOW
    )
    (lost,) = certificate(ledger, world.lake, MONTH, today=TODAY).faults
    assert lost.startswith("Cloud lost USD: the provider states 7.00, and the bill's lines come to 0")
