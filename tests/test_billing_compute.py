"""From costs and contracts to documents: whatever they are, the lines add up, to the documents, to the bills, to the grants."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.money import minor_unit
from billing import document_checks
from billing import inputs as billing_inputs
from billing.compute import compute
from billing.document import LineKind, Phrase
from billing.grants import room
from billing.inputs import BillRate, Stated
from billing.lines import NoRate
from billing.settlement import Bearing
from terraform.contract import Grant, MembershipFee, Organisation, Per, Tier, UsageFee
from tests.accounts import Account, accounts
from tests.books import MONTH, NINETEEN, contract, cost, facts, inputs

if TYPE_CHECKING:
    import random

    from billing.compute import Computation
    from billing.document import Document

TODAY = date(2026, 10, 5)
ZERO = Decimal(0)
Bill = tuple[str, str, str]


def one(account_facts: object = None, **terms: object) -> Document:
    """Return the only document of a month of these costs, by a contract with these terms."""
    (draft,) = compute(account_facts, inputs({"reef": contract(**terms)}), today=TODAY).drafts  # type: ignore[arg-type]
    return draft.document


def passed_on(made: Computation) -> dict[Bill, Decimal]:
    """What documents pass on of each bill."""
    sums: dict[Bill, Decimal] = defaultdict(Decimal)
    for draft in made.drafts:
        for line in draft.document.lines:
            for source in line.sources:
                sums[source.provider, source.account, source.currency] += source.amount
    return sums


@settings(max_examples=150)
@given(accounts())
def test_every_document_is_sound_and_every_bill_adds_up(account: Account) -> None:
    made = compute(account.facts, account.inputs, today=TODAY)
    for draft in made.drafts:
        assert document_checks.problems(draft.document) == ()
        totals = draft.document.totals
        assert sum((line.net for line in draft.document.lines), ZERO) + totals.tax == totals.payable
    passed = passed_on(made)
    exact: dict[Bill, Decimal] = defaultdict(Decimal)
    for each in account.facts.costs:
        exact[each.issuer, each.account, each.currency] += each.amount
    for bill, (total, rounded) in made.settlement.totals.items():
        unit = minor_unit(bill.currency)
        assert total == exact[bill.issuer, bill.account, bill.currency]
        assert abs(rounded - total) * 2 <= unit
        kept = sum(
            (s.rounded for s in made.settlement.shares if s.bill == bill and s.bearing is not Bearing.INVOICED), ZERO
        )
        assert passed[bill.issuer, bill.account, bill.currency] + kept == rounded
    assert set(passed) <= {tuple(bill) for bill in made.settlement.totals}


@settings(max_examples=100)
@given(accounts())
def test_nothing_is_a_minor_unit_from_its_exact_cost(account: Account) -> None:
    settlement = compute(account.facts, account.inputs, today=TODAY).settlement
    for each in settlement.shares:
        assert abs(each.rounded - each.exact) < minor_unit(each.bill.currency)
    for part in settlement.parts:
        assert abs(part.amount - part.exact) < minor_unit(part.bill.currency)


@settings(max_examples=100)
@given(accounts())
def test_what_is_passed_on_in_its_own_currency_is_charged_as_it_is(account: Account) -> None:
    for draft in compute(account.facts, account.inputs, today=TODAY).drafts:
        for line in draft.document.lines:
            if line.kind is LineKind.PASS_THROUGH and {s.currency for s in line.sources} <= {draft.document.currency}:
                assert sum((source.amount for source in line.sources), ZERO) == line.net or not line.sources


@settings(max_examples=150)
@given(accounts())
def test_no_grant_is_charged_past_its_ceiling_or_dates_and_no_unit_is_lost_among_payers(account: Account) -> None:
    made = compute(account.facts, account.inputs, today=TODAY)
    bare = replace(
        account.inputs,
        signed=tuple(replace(each, contract=replace(each.contract, grants=())) for each in account.inputs.signed),
    )
    without = compute(account.facts, bare, today=TODAY)
    for signed in account.inputs.signed:
        mine = [draft.document for draft in made.drafts if draft.community == signed.community]
        grants = {grant.award: grant for grant in signed.contract.grants}
        for document in mine:
            for award in document.awards:
                grant = grants[award.code]
                left = room(grant, award.before, document.currency)
                assert award.charged <= left
                assert award.before + award.charged <= max(award.before, grant.ceiling)
                for line in document.lines:
                    if line.award == award.code and line.kind is LineKind.PASS_THROUGH:
                        assert not grant.hubs or line.hub in grant.hubs
                        assert not grant.components or line.component in grant.components
        alone = [draft.document for draft in without.drafts if draft.community == signed.community]
        assert sum((d.totals.tax_exclusive for d in mine), ZERO) == sum((d.totals.tax_exclusive for d in alone), ZERO)
    assert passed_on(made) == passed_on(without)


@settings(max_examples=60)
@given(accounts(), st.randoms(use_true_random=False))
def test_documents_do_not_depend_on_the_order_of_costs_and_come_out_again_from_what_is_kept(
    account: Account, rng: random.Random
) -> None:
    made = compute(account.facts, account.inputs, today=TODAY)
    shuffled = list(account.facts.costs)
    rng.shuffle(shuffled)
    kept = billing_inputs.from_json(account.inputs.to_json())
    assert kept == account.inputs
    assert kept.fingerprint == account.inputs.fingerprint
    assert compute(replace(account.facts, costs=tuple(shuffled)), kept, today=TODAY) == made


def test_a_month_is_lines_by_hub_and_component() -> None:
    document = one(
        facts(
            cost("10.006"),
            cost("5.003", component="home storage"),
            cost("1.001", hub=None),
            cost("4", hub=None, community=None),
            cost("0.99", hub=None, community=None, unattributed=True),
        )
    )
    assert [(line.hub, line.component, line.net) for line in document.lines] == [
        ("one/blue", "compute", Decimal("10.01")),
        ("one/blue", "home storage", Decimal("5.00")),
        ("", "compute", Decimal("1.00")),
    ]
    assert document.totals.payable == Decimal("16.01")
    assert [(cell.hub, cell.amount) for cell in document.table] == [
        ("", Decimal("1.00")),
        ("one/blue", Decimal("10.01")),
        ("one/blue", Decimal("5.00")),
    ]


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("JPY", ["3", "4", "3"]),
        ("USD", ["3.33", "3.34", "3.33"]),
        ("TND", ["3.333", "3.334", "3.333"]),
    ],
)
def test_lines_are_rounded_to_the_minor_unit_and_the_largest_remainder_takes_the_rest(
    currency: str, expected: list[str]
) -> None:
    document = one(
        facts(
            cost("3.3333", component="compute", currency=currency),
            cost("3.3334", component="core", currency=currency),
            cost("3.3333", component="gpu", currency=currency),
        ),
        currency=currency,
    )
    assert [f"{line.net:f}" for line in document.lines] == expected
    assert document.totals.payable == 10


def test_tax_is_computed_on_the_sum_of_a_category_not_line_by_line() -> None:
    document = one(facts(*(cost("0.02", component=name) for name in ("compute", "core", "gpu"))), tax=NINETEEN)
    assert (document.totals.tax_exclusive, document.totals.tax) == (Decimal("0.06"), Decimal("0.01"))


def test_markup_is_a_line_of_its_own() -> None:
    document = one(facts(cost("100")), markup_percent=Decimal("2.5"))
    assert [(line.kind, line.net) for line in document.lines] == [
        (LineKind.PASS_THROUGH, Decimal(100)),
        (LineKind.MARKUP, Decimal("2.5")),
    ]


def test_the_share_of_fees_that_funds_open_source_is_told_and_not_charged() -> None:
    document = one(
        facts(cost("100")), membership=MembershipFee(Decimal(50), Per.MONTH), open_source_percent=Decimal(30)
    )
    assert document.totals.payable == 150
    assert [(each.text.key, each.amount) for each in document.information] == [("open_source_share", Decimal(15))]


def test_a_bill_in_another_currency_is_converted_at_the_month_s_rate() -> None:
    rate = BillRate("Cloud", "payer", "USD", "EUR", Decimal("0.8517"), "the bank")
    given = inputs({"reef": contract(currency="EUR")}, rates=(rate,))
    (draft,) = compute(facts(cost("10.01"), cost("0.01", component="gpu")), given, today=TODAY).drafts
    assert [(line.net, line.sources[0].amount) for line in draft.document.lines] == [
        (Decimal("8.52"), Decimal("10.01")),
        (Decimal("0.01"), Decimal("0.01")),
    ]
    assert [(each.base, each.rate, each.source) for each in draft.document.basis.rates] == [
        ("USD", Decimal("0.8517"), "the bank")
    ]


def test_the_chart_s_month_is_what_its_lines_come_to() -> None:
    rate = BillRate("Cloud", "payer", "USD", "IDR", Decimal("16543.2"), "the bank")
    given = inputs({"reef": contract(currency="IDR")}, rates=(rate,))
    (draft,) = compute(facts(cost("1008.706")), given, today=TODAY).drafts
    assert [each.amount for each in draft.document.history] == [draft.document.totals.payable]


def test_a_bill_whose_rate_nobody_says_is_refused() -> None:
    with pytest.raises(
        NoRate, match=r"reef: no rate of 2026-09 from USD to EUR, which its contract is in: add it to rates\.csv"
    ):
        compute(facts(cost("10")), inputs({"reef": contract(currency="EUR")}), today=TODAY)


def test_a_community_without_contract_is_not_billed_and_not_forgotten() -> None:
    made = compute(facts(cost("10"), cost("7", hub="one/m", community="mangrove")), inputs(), today=TODAY)
    assert [draft.community for draft in made.drafts] == ["reef"]
    assert {(s.bearing, s.who): s.rounded for s in made.settlement.shares} == {
        (Bearing.INVOICED, "reef"): Decimal(10),
        (Bearing.NOT_INVOICED, "mangrove"): Decimal(7),
    }


def test_a_contract_that_begins_within_the_month_pays_from_that_day() -> None:
    terms = contract(first_day=date(2026, 9, 16))
    costs = (cost("10", day=date(2026, 9, 15)), cost("5", day=date(2026, 9, 16)), cost("1", day=date(2026, 10, 1)))
    (draft,) = compute(facts(*costs), inputs({"reef": terms}), today=TODAY).drafts
    assert draft.document.totals.payable == 6


def test_the_provider_s_own_rounding_of_a_half_is_taken() -> None:
    given = inputs(stated=(Stated("Cloud", "payer", "USD", Decimal("10.01")),))
    (draft,) = compute(facts(cost("10.005")), given, today=TODAY).drafts
    assert draft.document.totals.payable == Decimal("10.01")
    (plain,) = compute(facts(cost("10.005")), inputs(), today=TODAY).drafts
    assert plain.document.totals.payable == Decimal("10.00")


def grant(**terms: object) -> Grant:
    defaults: dict[str, object] = {
        "award": "OCE-1", "funder": "Agency", "ceiling": Decimal(1000), "start": date(2026, 9, 1), "end": date(2026, 10, 1)
    }  # fmt: skip
    return Grant(**defaults | terms)  # type: ignore[arg-type]


def test_a_grant_pays_the_markup_of_months_that_it_covers_alone() -> None:
    def payers(start: date) -> list[tuple[LineKind, str]]:
        document = one(facts(cost("60")), markup_percent=Decimal(5), grants=(grant(start=start, fees=True),))
        return [(line.kind, line.award) for line in document.lines]

    assert payers(date(2026, 9, 1)) == [(LineKind.PASS_THROUGH, "OCE-1"), (LineKind.MARKUP, "OCE-1")]
    assert payers(date(2026, 9, 30)) == [(LineKind.PASS_THROUGH, ""), (LineKind.MARKUP, "")]


def test_a_grant_pays_until_its_ceiling_and_the_payer_the_rest_which_the_invoice_says() -> None:
    document = one(facts(cost("60"), cost("40", component="gpu")), grants=(grant(ceiling=Decimal("33.34")),))
    assert [(line.component, line.award, line.net) for line in document.lines] == [
        ("compute", "", Decimal("40.00")),
        ("compute", "OCE-1", Decimal("20.00")),
        ("gpu", "", Decimal("26.66")),
        ("gpu", "OCE-1", Decimal("13.34")),
    ]
    assert [(each.code, each.before, each.charged) for each in document.awards] == [
        ("OCE-1", Decimal(0), Decimal("33.34"))
    ]
    assert document.notes == (Phrase.of("grant_ceiling", award="OCE-1", amount=Decimal("66.66"), payer="Payer"),)


def test_a_grant_pays_the_days_within_its_dates() -> None:
    document = one(
        facts(cost("60", day=date(2026, 9, 15)), cost("40", day=date(2026, 9, 16))),
        grants=(grant(end=date(2026, 9, 16)),),
    )
    assert {line.award: line.net for line in document.lines} == {"OCE-1": 60, "": 40}
    assert document.notes == (Phrase.of("grant_dates", award="OCE-1", amount=Decimal("40.00"), payer="Payer"),)


def test_a_grant_with_a_payer_of_its_own_gets_a_document_of_its_own() -> None:
    terms = contract(
        grants=(grant(payer=Organisation("Agency", "US"), components=("gpu",), purchase_order="PO-1"),),
        membership=MembershipFee(Decimal(5), Per.MONTH),
    )
    made = compute(facts(cost("60"), cost("40", component="gpu")), inputs({"reef": terms}), today=TODAY)
    assert [
        (d.payer, d.document.payer.name, d.document.totals.payable, d.document.purchase_order) for d in made.drafts
    ] == [
        ("", "Payer", Decimal(65), ""),
        ("OCE-1", "Agency", Decimal(40), "PO-1"),
    ]


def test_the_ceiling_holds_for_tax_and_the_indirect_cost_too() -> None:
    document = one(
        facts(cost("1000")), grants=(grant(ceiling=Decimal(125), indirect_percent=Decimal(25)),), tax=NINETEEN
    )
    paid = {line.award: line.net for line in document.lines}
    assert paid["OCE-1"] == Decimal("84.03")  # with 19 % it is 100.00, with 25 % indirect cost on that 125.00
    assert document.awards[0].charged == Decimal("100.00")


def test_a_grant_pays_fees_only_where_it_says_so() -> None:
    fee = MembershipFee(Decimal(5), Per.MONTH)
    without = one(facts(cost("60")), grants=(grant(),), membership=fee)
    assert {line.kind: line.award for line in without.lines} == {
        LineKind.PASS_THROUGH: "OCE-1",
        LineKind.MEMBERSHIP: "",
    }
    with_fees = one(facts(cost("60")), grants=(grant(fees=True),), membership=fee)
    assert {line.award for line in with_fees.lines} == {"OCE-1"}


def test_a_hub_of_half_a_month_counts_half_its_users() -> None:
    fee = UsageFee((Tier(10, Decimal(10)), Tier(None, Decimal(5))))
    stays = (replace(inputs().stays[0], days=15),)
    given = inputs({"reef": contract(usage=fee)}, stays=stays)
    (draft,) = compute(facts(users={"one/blue": 25}), given, today=TODAY).drafts
    assert [(line.quantity, line.net) for line in draft.document.lines] == [
        (10, 100),
        (Decimal("2.5"), Decimal("12.5")),
    ]
    assert draft.document.basis.month == MONTH
