"""Contracts in the fleet's files: what they come to, and that every fault is told with file, line, key and remedy."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from billing.contracts import NoContract, in_force, issuer_of
from billing.fees import usage_fee
from terraform.contract import Billed, Per, Tax
from terraform.fleet_files import FleetError, load
from tests.fixtures_demo import REPOSITORY
from tests.fixtures_fleet import OURS, write

if TYPE_CHECKING:
    from pathlib import Path

    from terraform.fleet import Community, Fleet

ISSUER = """\
issuer:
  key: us
  series: HC
  organisation:
    name: Hub Commons
    country: DE
    vat_id: DE136695976
    electronic_address: DE136695976
    scheme: "9930"
  bank: {account: DE89370400440532013000}
"""
PLAIN = """\
contract:
  payer: {name: Reef Survey, country: US}
  currency: USD
  tax: {category: O, reason: Not subject to VAT}
"""


def with_contract(folder: Path, contract: str, issuer: str = ISSUER) -> Path:
    """Write our fleet with this contract of the community `reef`, and this issuer."""
    reef = OURS["communities/reef.yaml"]
    write(folder, {"communities/reef.yaml": reef + contract, "fleet.yaml": OURS["fleet.yaml"] + issuer})
    return folder


def faults(folder: Path, contract: str, issuer: str = ISSUER) -> list[str]:
    """What load says, with lines counted from the contract's or the issuer's first."""
    with_contract(folder, contract, issuer)
    with pytest.raises(FleetError) as caught:
        load(folder)
    before = {
        "communities/reef.yaml": len(OURS["communities/reef.yaml"].splitlines()),
        "fleet.yaml": len(OURS["fleet.yaml"].splitlines()),
    }
    found = []
    for line in str(caught.value).splitlines():
        name, number, text = line.replace(f"{folder}{os.sep}", "").split(":", 2)
        found.append(f"{name}:{int(number) - before[name]}:{text}")
    return found


def community(fleet: Fleet, name: str) -> Community:
    return next(each for each in fleet.communities if each.name == name)


def test_a_contract_is_what_its_file_says(our_fleet: Path) -> None:
    fleet = load(with_contract(our_fleet, PLAIN))
    (contract,) = community(fleet, "reef").contracts
    assert (contract.payer.name, contract.currency, contract.tax) == (
        "Reef Survey",
        "USD",
        Tax("O", Decimal(0), "Not subject to VAT"),
    )
    assert (contract.payment_days, contract.markup_percent, contract.pass_through, contract.language) == (
        30,
        Decimal(0),
        True,
        "en",
    )
    (issuer,) = fleet.settings.issuers
    assert (issuer.key, issuer.series, issuer.bank and issuer.bank.account) == ("us", "HC", "DE89370400440532013000")


def test_the_contract_of_a_month_is_the_one_in_force_then(our_fleet: Path) -> None:
    amended = PLAIN + (
        "  from: 2026-03-10\n  to: 2026-12-01\n  purchase_order: PO-1\n"
        "  fees:\n    membership: {amount: 10, per: month}\n    one_off: [{date: 2026-04-01, amount: 5, text: Set-up}]\n"
        "  amendments:\n"
        "    - {from: 2026-06-01, purchase_order: PO-2, fees: {membership: {amount: 20, per: month}}}\n"
        "    - {from: 2026-09-01, currency: EUR, fees: {membership: null}}\n"
    )
    reef = community(load(with_contract(our_fleet, amended)), "reef")

    def at(month: str) -> tuple[str, str, Decimal | None, int] | None:
        found = in_force(reef, month)
        if found is None:
            return None
        fee = found.membership.amount if found.membership else None
        return (found.purchase_order, found.currency, fee, len(found.one_off))

    assert at("2026-02") is None
    assert at("2026-03") == ("PO-1", "USD", Decimal(10), 1)
    assert at("2026-06") == ("PO-2", "USD", Decimal(20), 1)
    assert at("2026-09") == ("PO-2", "EUR", None, 1)
    assert at("2026-11") == ("PO-2", "EUR", None, 1)
    assert at("2026-12") is None


def test_the_issuer_of_a_month_is_the_one_of_then(our_fleet: Path) -> None:
    moved = ISSUER + "  amendments: [{from: 2026-10-01, series: NEW}]\n"
    fleet = load(with_contract(our_fleet, PLAIN, moved))
    assert [issuer_of(fleet, month).series for month in ("2026-09", "2026-10")] == ["HC", "NEW"]


def test_a_fleet_without_issuer_bills_nobody(our_fleet: Path) -> None:
    with pytest.raises(NoContract, match=r"fleet\.yaml: issuer: is missing: say who bills"):
        issuer_of(load(our_fleet), "2026-09")


def test_the_example_has_contracts_of_every_kind() -> None:
    fleet = load(REPOSITORY / "examples" / "fleet")
    contracts = [each for community in fleet.communities for each in community.contracts]
    assert {each.tax.category for each in contracts} == {"O", "S", "E", "AE"}
    assert {each.currency for each in contracts} == {"USD", "EUR", "NOK"}
    assert {each.membership.per for each in contracts if each.membership} == {Per.MONTH, Per.QUARTER, Per.YEAR}
    assert {each.membership.billed for each in contracts if each.membership} == set(Billed)
    assert [each.language for each in contracts if each.language != "en"] == ["fr", "fr", "de"]
    assert any(each.work for each in contracts)
    assert any(each.one_off for each in contracts)
    assert any(each.markup_percent for each in contracts)
    assert any(each.peppol for each in contracts)
    grants = [grant for each in contracts for grant in each.grants]
    assert {bool(each.payer) for each in grants} == {True, False}
    (scheme,) = {each.usage for each in contracts if each.usage}
    assert [usage_fee(scheme, Decimal(users), "USD") for users in (280, 10**6)] == [Decimal(1000), Decimal(14050)]


FULL = """\
contract:
  from: 2026-05-01
  to: 2026-04-01
  payer: {name: Reef Survey, country: usa, email: nobody, vat_id: DE123, scheme: "0088"}
  currency: USDX
  tax: {category: E}
  pass_through: {markup: -1, markdown: 2}
  language: it
  fees:
    membership: {amount: -5, per: decade, from: 2026-05-01, to: 2026-05-01}
    usage:
      tiers:
        - {to: 100, price: 10}
        - {from: 50, to: 80, price: 5}
        - {from: 200, to: 300, price: -1}
        - {from: 302, to: 400, price: 1}
    engagement: {price: abc, work: [{date: 2026-5-1, hours: 2, text: x}]}
    one_off: [{date: 2026-05-01, amount: 5}]
  grants:
    - {award: A, funder: F, ceiling: 10, from: 2026-05-01, to: 2026-01-01}
  amendments:
    - {from: 2026-07-15}
    - {from: 2026-07-01, taks: 1}
"""


def test_every_fault_of_a_contract_is_found_in_one_run(our_fleet: Path) -> None:
    said = faults(our_fleet, FULL)
    starts = [
        "3: contract.to: 2026-04-01 is not after from 2026-05-01: 'to' is the day after the last one",
        "4: contract.payer.country: 'usa' is not a country of ISO 3166: write its two capital letters, as in DE",
        "4: contract.payer.email: 'nobody' is not an e-mail address",
        "4: contract.payer.vat_id: 'DE123' is no VAT identifier of DE: one of its digits is wrong or missing",
        "5: contract.currency: 'USDX' is no currency of ISO 4217: write its three capital letters, as in EUR",
        "6: contract.tax: category E needs a reason why no tax is due: add 'reason'",
        "7: contract.pass_through.markdown: is not known: known here: charged, tax",
        "7: contract.pass_through.markup: '-1' is out of range: give at least 0",
        "8: contract.language: 'it' is none of en, es, fr, de, pt",
        "10: contract.fees.membership.amount: '-5' is out of range: give at least 0",
        "10: contract.fees.membership.per: 'decade' is none of month, quarter, year",
        "10: contract.fees.membership.to: 2026-05-01 is not after from 2026-05-01",
        "15: contract.fees.usage.tiers[2].price: '-1' is out of range: give at least 0",
        "17: contract.fees.engagement.price: 'abc' is not a number",
        "17: contract.fees.engagement.work[0].date: '2026-5-1' is not a day: write it as YYYY-MM-DD",
        "18: contract.fees.one_off[0].text: is missing: add it (What it is for)",
        "20: contract.grants[0].to: 2026-01-01 is not after from 2026-05-01",
        "23: contract.amendments[1].taks: is not known: known here: buyer_reference, currency",
    ]
    missing = [start for start in starts if not any(f"reef.yaml:{start}" in line for line in said)]
    assert missing == []
    assert len(said) == len(starts)


TIERS = PLAIN + "  fees:\n    usage:\n      tiers:\n"


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        (
            ("{to: 100, price: 10}", "{from: 50, to: 200, price: 5}", "{price: 1}"),
            "9: contract.fees.usage.tiers[1].from: 50 is in the tier before too, which ends with 100: begin after it",
        ),
        (
            ("{to: 100, price: 10}", "{to: 80, price: 5}", "{price: 1}"),
            "9: contract.fees.usage.tiers[1].to: 80 is in the tier before too, which ends with 100: tiers ascend",
        ),
        (
            ("{to: 100, price: 10}", "{from: 111, price: 5}"),
            "9: contract.fees.usage.tiers[1].from: nothing says what users 101 to 110 cost: begin with 101",
        ),
        (
            ("{price: 10}", "{price: 5}"),
            "8: contract.fees.usage.tiers[0]: a tier follows, and this one has no end: say with 'to' which user is its last",
        ),
        (
            ("{to: 100, price: 10}",),
            "8: contract.fees.usage.tiers[0].to: nothing says what users beyond 100 cost: leave 'to' out, or add a tier with price 0",
        ),
    ],
)
def test_tiers_that_overlap_or_leave_gaps_are_told_where(our_fleet: Path, tiers: tuple[str, ...], said: str) -> None:
    text = TIERS + "".join(f"        - {tier}\n" for tier in tiers)
    assert faults(our_fleet, text) == [f"communities/reef.yaml:{said}"]


PEPPOL = PLAIN + "  peppol: true\n"
SELLER = ISSUER.replace("    vat_id: DE136695976\n", "").replace(
    '    electronic_address: DE136695976\n    scheme: "9930"\n', ""
)


@pytest.mark.parametrize(
    ("contract", "issuer", "said"),
    [
        (PLAIN, "", ["1: contract: there is nobody to bill it: say who, under 'issuer' in fleet.yaml"]),
        (
            PEPPOL,
            ISSUER,
            [
                "2: contract.payer: Peppol delivers to an electronic address: add electronic_address and scheme",
                "5: contract.peppol: Peppol wants a buyer_reference or a purchase_order: add the one that the payer gave you",
            ],
        ),
        (
            PEPPOL.replace("country: US", "country: US, electronic_address: a@b.example, scheme: EM")
            + "  buyer_reference: R\n",
            SELLER,
            ["5: contract.peppol: the issuer has no electronic address: Peppol delivers to an electronic address: add"],
        ),
        (
            PLAIN.replace("country: US", 'country: US, scheme: "0088"'),
            ISSUER,
            ["2: contract.payer.scheme: goes with 'electronic_address', which is missing: add it, or remove this"],
        ),
        (
            PLAIN.replace("category: O, reason: Not subject to VAT", "category: AE, reason: Reverse charge"),
            SELLER,
            [
                "4: contract.tax: category AE needs the issuer's VAT identifier: add vat_id to the issuer, or use O",
                "4: contract.tax: reverse charge (AE) needs the payer's VAT identifier: add vat_id to the payer",
            ],
        ),
        (
            PLAIN + "  pass_through: {tax: {category: S, rate: 19}}\n",
            ISSUER,
            [
                "5: contract.pass_through.tax: what is outside the scope of VAT (O) can't stand on a document with other categories"
            ],
        ),
        (
            PLAIN.replace("category: O,", "category: O, rate: 19,"),
            ISSUER,
            ["4: contract.tax.rate: category O has no rate: remove it, or make the category S"],
        ),
        (
            PLAIN
            + "  grants:\n"
            + "    - {award: A, funder: F, ceiling: 1, from: 2026-01-01, to: 2027-01-01, hubs: [delta/staging], components: [cpu]}\n"
            + "    - {award: A, funder: F, ceiling: 1, from: 2026-01-01, to: 2027-01-01}\n",
            ISSUER,
            [
                "6: contract.grants[0].components[0]: 'cpu' is no component",
                "6: contract.grants[0].hubs[0]: 'delta/staging' is no hub of reef",
                "7: contract.grants[1].award: 'A' is there twice: give a grant once, with its whole ceiling",
            ],
        ),
        (
            PLAIN + "  from: 2026-05-01\n  amendments: [{from: 2026-04-01}]\n",
            ISSUER,
            ["6: contract.amendments[0].from: is not after from 2026-05-01, where the contract begins"],
        ),
        (
            PLAIN + "  amendments:\n    - {from: 2026-07-15}\n    - {from: 2026-07-01}\n",
            ISSUER,
            [
                "6: contract.amendments[0].from: 2026-07-15 is not the first day of a month: a month is billed by one contract",
                "7: contract.amendments[1].from: 2026-07-01 is not after 2026-07-15, where the one before begins",
            ],
        ),
    ],
)
def test_what_contradicts_is_told_where(our_fleet: Path, contract: str, issuer: str, said: list[str]) -> None:
    found = faults(our_fleet, contract, issuer)
    assert len(found) == len(said), found
    for line, start in zip(found, said, strict=True):
        assert line.startswith(f"communities/reef.yaml:{start}")


def test_an_iban_with_a_wrong_digit_is_told(our_fleet: Path) -> None:
    assert faults(our_fleet, PLAIN, ISSUER.replace("DE89", "DE88")) == [
        "fleet.yaml:10: issuer.bank.account: 'DE88370400440532013000' looks like an IBAN, but its check digits are wrong"
    ]


def test_a_hub_of_two_communities_is_told(our_fleet: Path) -> None:
    write(our_fleet, {"communities/tides.yaml": OURS["communities/tides.yaml"] + "  - delta/prod\n"})
    with pytest.raises(
        FleetError, match=r"tides\.yaml:\d+: hubs\[\d+\]: 'delta/prod' is with community 'reef' too at all times"
    ):
        load(our_fleet)


def test_amendments_do_not_move_the_first_day(our_fleet: Path) -> None:
    text = PLAIN + "  from: 2026-03-10\n  amendments: [{from: 2026-06-01}]\n"
    first, second = community(load(with_contract(our_fleet, text)), "reef").contracts
    assert (first.start, first.first_day) == (date(2026, 3, 10), date(2026, 3, 10))
    assert (second.start, second.first_day) == (date(2026, 6, 1), date(2026, 3, 10))
