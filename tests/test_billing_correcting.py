"""A bill that comes again after the close: notes whose sum with the invoice is the restated total, line by line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from billing import document_checks
from billing.adjusting import CorrectionError, adjust, void
from billing.certificate import certificate
from billing.closing import close
from billing.compute import compute
from billing.correcting import Chain, noted, nothing
from billing.document import Document, Kind, Phrase, Status
from billing.drafting import draft
from billing.issuing import issue
from billing.ledger import Ledger
from billing.ledger_rows import Issued
from billing.payments import pay
from billing.verifying import verify
from terraform.contract import Grant, MembershipFee, Organisation, Per, Tier, UsageFee
from terraform.fleet import Rate
from tests.accounts import Account, accounts, costs
from tests.books import BOOKKEEPER, MONTH, NINETEEN, NOW, World, adjusted, contract, cost, issued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Cost

ZERO = Decimal(0)
TODAY = date(2026, 10, 5)


def test_a_restated_bill_becomes_a_note_with_the_difference_by_hub_and_bill(ledger: Ledger, world: World) -> None:
    world.hubs["reef"] = ("blue", "red")
    world.contracts["reef"] = contract(tax=NINETEEN)
    world.month(cost("100"), cost("50", "one/red"), cost("7", "one/red", account="other"))
    (invoice,) = issued(ledger, world)
    world.month(cost("90.5"), cost("50", "one/red"), cost("8", "one/red", account="other"))
    (note,) = adjusted(ledger, world)
    document = note.document
    assert (document.kind, note.corrects, document.corrects and document.corrects.content_hash) == (
        Kind.CREDIT_NOTE,
        invoice.number,
        invoice.document.content_hash,
    )
    assert [(line.hub, line.net, line.sources[0].account) for line in document.lines] == [
        ("one/blue", Decimal("9.50"), "payer"),
        ("one/red", Decimal("-1.00"), "other"),
    ]
    assert document.reason == Phrase.of("restated_bill", month=MONTH)
    assert document.notes == (Phrase.text("Cloud other: +1.00 USD"), Phrase.text("Cloud payer: -9.50 USD"))
    assert invoice.document.totals.payable - document.totals.payable == Decimal("176.72")  # 148.50 and 19 %
    assert verify(ledger, world.lake).faults == ()
    proof = certificate(ledger, world.lake, MONTH, today=TODAY)
    assert proof.faults == ()
    assert [(bill.account, bill.amount, bill.difference) for bill in proof.bills] == [
        ("other", Decimal("8.00"), Decimal("0.00")),
        ("payer", Decimal("140.50"), Decimal("0.00")),
    ]


def test_a_second_restatement_is_counted_from_the_first(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(tax=NINETEEN)
    found: list[tuple[Issued, ...]] = []
    for amount in ("100.03", "103.04", "99.99", "99.99"):
        world.month(cost(amount))
        found.append(issued(ledger, world) if not found else adjusted(ledger, world))
    assert [[each.document.kind for each in some] for some in found] == [
        [Kind.INVOICE],
        [Kind.DEBIT_NOTE],
        [Kind.CREDIT_NOTE],
        [],
    ]
    total = sum(each.document.totals.payable * each.sign for some in found for each in some)
    assert total == Decimal("118.99")  # 99.99 and 19 %
    assert verify(ledger, world.lake).faults == ()


def test_the_last_cent_of_tax_is_absorbed_by_rounding(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(tax=NINETEEN)
    world.month(cost("0.02"))  # tax 0.0038, rounded 0.00
    issued(ledger, world)
    world.month(cost("0.04"))  # tax 0.0076, rounded 0.01; the note's own is 0.00
    (note,) = adjusted(ledger, world)
    totals = note.document.totals
    assert (totals.lines, totals.tax, totals.rounding, totals.payable) == (
        Decimal("0.02"),
        Decimal("0.00"),
        Decimal("0.01"),
        Decimal("0.03"),
    )


def test_a_note_says_why_it_was_written(ledger: Ledger, world: World) -> None:
    fee = UsageFee((Tier(None, Decimal(2)),))
    world.hubs["reef"] = ("blue", "red")
    world.contracts["reef"] = contract(usage=fee)
    said: list[tuple[str, Decimal]] = []
    for blue, red, users in (("6", "4", 5), ("7", "3", 5), ("7", "3", 6), ("7", "5", 7)):
        world.month(cost(blue), cost(red, "one/red"), users={"one/blue": users, "one/red": 0})
        made = adjusted(ledger, world) if said else issued(ledger, world)
        documents = [each.document for each in made]
        said += [(each.reason.key if each.reason else "", each.totals.payable) for each in documents]
    assert said == [
        ("", Decimal("20.00")),
        ("allocated_anew", Decimal("0.00")),
        ("users_counted_anew", Decimal("2.00")),
        ("restated_bill", Decimal("4.00")),
    ]
    assert verify(ledger, world.lake).faults == ()


def test_a_month_that_is_as_it_was_is_not_adjusted(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    issued(ledger, world)
    world.month(cost("10"))
    assert adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER) == ()


def test_an_open_month_is_drafted_and_not_adjusted(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    with pytest.raises(CorrectionError, match="2026-09 is open: run `hubledger invoices draft"):
        adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    with pytest.raises(CorrectionError, match="2026-09 has drafts: run `hubledger invoices issue"):
        adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)


def test_the_contract_that_a_month_was_closed_with_holds_for_its_corrections(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    issued(ledger, world)
    world.contracts["reef"] = contract(markup_percent=Decimal(50))
    world.month(cost("12"))
    (note,) = adjusted(ledger, world)
    assert note.document.totals.payable == 2


def test_a_community_that_is_named_later_gets_an_invoice_of_the_closed_month(ledger: Ledger, world: World) -> None:
    world.hubs["mangrove"] = ("mud",)
    world.month(cost("10"), cost("5", "one/mud", "mangrove"))
    issued(ledger, world)
    proof = certificate(ledger, world.lake, MONTH, today=TODAY)
    assert [bill.operator for bill in proof.bills] == [5]
    assert "mangrove is not billed for" in proof.notes[0]
    world.contracts["mangrove"] = contract()
    (late,) = adjusted(ledger, world)
    assert (late.community, late.document.kind, late.document.totals.payable) == (
        "mangrove",
        Kind.INVOICE,
        Decimal(5),
    )
    proof = certificate(ledger, world.lake, MONTH, today=TODAY)
    assert proof.faults == ()
    assert [bill.operator for bill in proof.bills] == [0]
    assert verify(ledger, world.lake).faults == ()


def test_a_void_credits_the_whole_and_the_month_can_be_billed_anew(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    (invoice,) = issued(ledger, world)
    world.month(cost("12"))
    adjusted(ledger, world)
    void(ledger, invoice.number, reason="Wrong payer", actor=BOOKKEEPER)
    (credit,) = issue(ledger, MONTH, actor=BOOKKEEPER)
    assert (credit.whole, credit.document.kind, credit.document.totals.payable) == (True, Kind.CREDIT_NOTE, Decimal(12))
    with pytest.raises(CorrectionError, match="INV-2026-0001 is voided already"):
        void(ledger, invoice.number, reason="Again", actor=BOOKKEEPER)
    world.contracts["reef"] = contract(payer=Organisation("The right payer", "US"))
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    (again,) = issue(ledger, MONTH, actor=BOOKKEEPER)
    assert (again.edition, again.document.payer.name, again.document.totals.payable) == (
        1,
        "The right payer",
        Decimal(12),
    )
    assert verify(ledger, world.lake).faults == ()


def test_what_is_billed_anew_after_a_void_needs_no_adjustment(ledger: Ledger, world: World) -> None:
    world.hubs["mangrove"] = ("mud",)
    world.contracts["mangrove"] = contract()
    for reef in ("10.004", "12.006"):
        world.month(cost(reef), cost("3.333", "one/mud", "mangrove"))
        (adjusted if reef == "12.006" else issued)(ledger, world)
    for number in ("INV-2026-0001", "INV-2026-0002"):
        void(ledger, number, reason="Wrong address", actor=BOOKKEEPER)
    issue(ledger, MONTH, actor=BOOKKEEPER)
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    issue(ledger, MONTH, actor=BOOKKEEPER)
    assert certificate(ledger, world.lake, MONTH, today=TODAY).faults == ()
    assert adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER) == ()
    assert verify(ledger, world.lake).faults == ()


def test_a_note_is_not_voided_and_a_number_must_be_there(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    issued(ledger, world)
    world.month(cost("8"))
    (note,) = adjusted(ledger, world)
    with pytest.raises(
        CorrectionError, match="INV-2026-0002 is a note: name the invoice that it corrects, INV-2026-0001"
    ):
        void(ledger, note.number, reason="x", actor=BOOKKEEPER)
    with pytest.raises(CorrectionError, match="no document INV-2026-0009: `hubledger invoices list`"):
        void(ledger, "INV-2026-0009", reason="x", actor=BOOKKEEPER)
    assert pay(ledger, "INV-2026-0001", None, actor=BOOKKEEPER).paid == 8  # with its note


def chain_of(document: Document, *notes: Document) -> Chain:
    """Return documents as if they were issued."""

    def one(number: int, each: Document) -> Issued:
        given = replace(each, status=Status.ISSUED, number=f"INV-2026-{number:04}")
        kind = "INV-2026-0001" if number > 1 else ""
        return Issued(
            given.number or "", "us", 2026, number, MONTH, "reef", "", 0, "", given, kind, False, NOW, "x", ZERO
        )

    first, *more = [one(number, each) for number, each in enumerate((document, *notes), start=1)]
    return Chain(first, tuple(more))


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(accounts(), costs(), costs())
def test_an_invoice_and_its_notes_come_to_the_restated_total_line_by_line(
    account: Account, second: list[Cost], third: list[Cost]
) -> None:
    """Whatever the bill was, is and will be."""
    targets: dict[tuple[str, str], list[Document | None]] = {}
    for number, some in enumerate((list(account.facts.costs), second, third)):
        made = compute(replace(account.facts, costs=tuple(some)), account.inputs, today=TODAY)
        for each in made.drafts:
            targets.setdefault((each.community, each.payer), [None, None, None])[number] = each.document
    for first, *rest in targets.values():
        if first is None:
            continue
        notes: list[Document] = []
        for target in rest:
            chain = chain_of(first, *notes)
            due = target or nothing(chain, account.inputs)
            note = noted(chain, due)
            if note is not None:
                assert document_checks.problems(note) == () or not note.lines
                notes.append(note)
            after = chain_of(first, *notes)
            assert after.payable == due.totals.payable
            assert net_by_line(after) == {key: net for key, net in lines_of([(due, 1)]).items() if net}
            assert noted(after, due) is None


def lines_of(documents: Sequence[tuple[Document, int]]) -> dict[tuple[object, ...], Decimal]:
    sums: dict[tuple[object, ...], Decimal] = {}
    for document, sign in documents:
        for line in document.lines:
            key = (line.kind, line.hub, line.component, line.award, line.origin, line.tax, line.tax_rate)
            sums[key] = sums.get(key, ZERO) + line.net * sign
    return sums


def net_by_line(chain: Chain) -> dict[tuple[object, ...], Decimal]:
    found = lines_of([(each.document, each.sign) for each in (chain.invoice, *chain.notes)])
    return {key: net for key, net in found.items() if net}


# Without shrinking: each step of it would be a lake and a ledger.
@settings(max_examples=4, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(("reef", "mangrove", None)),
                st.sampled_from(("USD", "EUR")),
                st.integers(-500_000, 5_000_000),
            ),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=3,
    )
)
@example([[("reef", "USD", 51)], [("reef", "EUR", 7)]])  # a bill that is restated to nothing
def test_whatever_is_billed_and_restated_the_ledger_verifies_and_the_certificate_holds(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[list[tuple[str | None, str, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("books")
    world = World(folder / "lake")
    world.hubs = {"reef": ("blue",), "mangrove": ("mud",)}
    grant = Grant(
        "OCE-1", "Agency", Decimal(40), date(2026, 9, 1), date(2026, 9, 16), payer=Organisation("Agency", "US")
    )
    world.contracts = {
        "reef": contract(tax=NINETEEN, grants=(grant,), membership=MembershipFee(Decimal(100), Per.YEAR)),
        "mangrove": contract(currency="JPY", markup_percent=Decimal(3)),
    }
    world.rates = tuple(
        Rate(MONTH, base, quote, rate, "the bank")
        for base, quote, rate in (
            ("USD", "JPY", Decimal("149.33")),
            ("EUR", "JPY", Decimal("175.11")),
            ("EUR", "USD", Decimal("1.1741")),
        )
    )
    ledger = Ledger(str(folder / "ledger.sqlite"))
    for number, lines in enumerate(deliveries):
        some = [
            cost(
                Decimal(units).scaleb(-4),
                {"reef": "one/blue", "mangrove": "one/mud", None: "one/staging"}[community],
                community,
                currency=currency,
                account=currency,
                day=date(2026, 9, 10 + place),
            )
            for place, (community, currency, units) in enumerate(lines)
        ]
        world.month(*some)
        if number == 0:
            issued(ledger, world)
        else:
            adjusted(ledger, world)
        assert verify(ledger, world.lake).faults == ()
        assert certificate(ledger, world.lake, MONTH, today=TODAY).faults == ()
    ledger.close()
