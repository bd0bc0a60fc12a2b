"""A void and what follows it: what is billed anew is by today's contract, stands beside what was not voided, and stays so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from billing.adjusting import CorrectionError, adjust, void
from billing.certificate import certificate
from billing.closing import close
from billing.document import Unit
from billing.drafting import DraftError, draft
from billing.issuing import issue
from billing.verifying import verify
from terraform.contract import Grant, Organisation, Tier, UsageFee
from tests.books import BOOKKEEPER, MONTH, NOW, World, contract, cost

if TYPE_CHECKING:
    from billing.ledger import Ledger
    from billing.ledger_rows import Issued

ONE = Decimal(1)
GRANT = Grant("OCE-1", "Agency", Decimal(6), date(2026, 1, 1), date(2027, 1, 1), payer=Organisation("Agency", "US"))


def drafted_and_issued(ledger: Ledger, world: World) -> tuple[Issued, ...]:
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    return issue(ledger, MONTH, actor=BOOKKEEPER)


def billed(ledger: Ledger, world: World) -> tuple[Issued, ...]:
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    return issue(ledger, MONTH, actor=BOOKKEEPER)


def voided(ledger: Ledger, number: str) -> None:
    void(ledger, number, reason="Wrong", actor=BOOKKEEPER)
    issue(ledger, MONTH, actor=BOOKKEEPER)


def sound(ledger: Ledger, world: World) -> bool:
    proof = certificate(ledger, world.lake, MONTH, today=NOW.date())
    return (verify(ledger, world.lake).faults, proof.faults) == ((), ())


def test_the_contract_that_was_billed_anew_holds_for_later_corrections(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(markup_percent=Decimal(50))
    world.month(cost("10"))
    (invoice,) = billed(ledger, world)
    voided(ledger, invoice.number)
    world.contracts["reef"] = contract()
    (again,) = drafted_and_issued(ledger, world)
    assert again.document.totals.payable == 10
    assert adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER) == ()
    world.month(cost("12"))
    (note,) = adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    assert (note.corrects, note.document.totals.payable) == (again.number, Decimal(2))
    issue(ledger, MONTH, actor=BOOKKEEPER)
    assert sound(ledger, world)


def test_a_void_repeats_quantities_and_a_difference_is_one_amount(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(usage=UsageFee((Tier(None, Decimal(2)),)))
    world.month(cost("10"), users={"one/blue": 5})
    (invoice,) = billed(ledger, world)
    world.month(cost("10"), users={"one/blue": 8})
    (note,) = adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    assert [(line.quantity, line.unit, line.price) for line in note.document.lines] == [(ONE, Unit.ONE, Decimal(6))]
    credit = void(ledger, invoice.number, reason="Wrong", actor=BOOKKEEPER)
    assert [(line.quantity, line.unit, line.price) for line in credit.document.lines] == [
        (ONE, Unit.ONE, Decimal(10)),
        (Decimal(5), Unit.PERSON, Decimal(2)),
    ]


def test_of_two_documents_of_a_community_one_can_be_billed_anew(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(grants=(GRANT,))
    world.month(cost("10"))
    _, of_grant = billed(ledger, world)
    voided(ledger, of_grant.number)
    (again,) = drafted_and_issued(ledger, world)
    assert (again.payer, again.edition, again.document.totals.payable) == ("OCE-1", 1, Decimal(6))
    assert sound(ledger, world)


def test_what_would_change_a_document_that_stands_is_not_billed_beside_it(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(grants=(GRANT,))
    world.month(cost("10"))
    own, of_grant = billed(ledger, world)
    voided(ledger, of_grant.number)
    world.contracts["reef"] = contract()
    with pytest.raises(DraftError, match=f"{own.number} of reef would be another by today's contract, too: void it"):
        draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    voided(ledger, own.number)
    assert [each.document.totals.payable for each in drafted_and_issued(ledger, world)] == [10]
    assert sound(ledger, world)


def test_a_void_is_issued_before_anything_else_is_corrected(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    (invoice,) = billed(ledger, world)
    void(ledger, invoice.number, reason="Wrong", actor=BOOKKEEPER)
    world.month(cost("12"))
    with pytest.raises(CorrectionError, match="2026-09 has drafts: run `hubledger invoices issue --month 2026-09`"):
        adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
