"""Generated months of money: bills of several providers and currencies, borne by communities with contracts of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from billing.facts import Cost, Facts
from billing.inputs import Balance, BillRate, Inputs, Signed, Stay, TableVersion
from terraform.contract import Billed, Contract, Grant, MembershipFee, OneOff, Organisation, Per, Tax, Tier, UsageFee
from tests.books import MONTH, NINETEEN, OUTSIDE, US

COMMUNITIES = ("atoll", "mangrove", "reef")
HUBS = {"atoll": ("one/a", "two/a"), "mangrove": ("one/m",), "reef": ("one/r", "two/r")}
COMPONENTS = ("compute", "gpu", "home storage", "credit")
BILLS = (("Cloud", "a1", "USD"), ("Cloud", "a2", "USD"), ("Yen Cloud", "y", "JPY"), ("Dinar Cloud", "d", "TND"))
CURRENCIES = ("USD", "EUR", "JPY", "TND")
RATES = {"USD": Decimal(1), "EUR": Decimal("0.8517"), "JPY": Decimal("149.33"), "TND": Decimal("3.0517")}
AMOUNTS = st.one_of(
    st.integers(-(10**5), 10**7).map(lambda units: Decimal(units).scaleb(-4)),
    st.sampled_from(
        [Decimal(text) for text in ("0.005", "0.015", "1e-12", "-1e-12", "0.01", "-0.01", "123456789.123456789012")]
    ),
)
TAXES = (NINETEEN, Tax("Z"), Tax("E", reason="Exempt"), Tax("S", Decimal("7.7")))


@dataclass(frozen=True, slots=True)
class Account:
    """What a month's documents follow from."""

    facts: Facts
    inputs: Inputs


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Months of up to twenty costs on up to four bills."""
    signed = tuple(Signed(name, draw(contracts(name))) for name in COMMUNITIES if draw(st.integers(0, 4)))
    users = {hub: draw(st.integers(0, 400)) for hubs in HUBS.values() for hub in hubs}
    balances = tuple(
        Balance(
            each.community,
            grant.award,
            Decimal(draw(st.integers(0, 3000))).scaleb(-2) if each.contract.currency == "USD" else Decimal(0),
        )
        for each in signed
        for grant in each.contract.grants
    )
    inputs = Inputs(
        month=MONTH,
        versions=(TableVersion("allocations", 3),),
        bills="final",
        issuer=US,
        signed=signed,
        stays=tuple(Stay(name, hub, draw(st.sampled_from((30, 12)))) for name in COMMUNITIES for hub in HUBS[name]),
        rates=tuple(
            BillRate(issuer, account, base, quote, (RATES[quote] / RATES[base]).quantize(Decimal("1e-14")), "the bank")
            for issuer, account, base in BILLS
            for quote in CURRENCIES
            if quote != base
        ),
        balances=tuple(each for each in balances if each.charged),
    )
    return Account(Facts(MONTH, tuple(draw(costs())), users, {}, ()), inputs)


@st.composite
def costs(draw: st.DrawFn) -> list[Cost]:
    """Up to twenty costs, each of its own place and day."""
    found: dict[tuple[object, ...], Cost] = {}
    for _ in range(draw(st.integers(0, 20))):
        issuer, account, currency = draw(st.sampled_from(BILLS))
        community = draw(st.sampled_from((*COMMUNITIES, *COMMUNITIES, None)))
        unattributed = community is None and draw(st.booleans())
        hub = draw(st.sampled_from((*HUBS[community], None))) if community else None
        name, _, of = (hub or "").partition("/")
        component = draw(st.sampled_from(COMPONENTS))
        day = date(2026, 9, draw(st.sampled_from((1, 15, 16, 30))))
        key = (issuer, account, currency, community, hub, component, day, unattributed)
        found[key] = Cost(
            issuer, account, currency, community, name or None, of or None, component, day, unattributed, draw(AMOUNTS)
        )
    return list(found.values())


@st.composite
def contracts(draw: st.DrawFn, community: str) -> Contract:
    """Contracts in any currency with any fees and up to two grants."""

    def maybe(strategy: st.SearchStrategy[object]) -> object:
        return draw(strategy) if draw(st.booleans()) else None

    currency = draw(st.sampled_from(CURRENCIES))
    inside = draw(st.booleans())
    tax = draw(st.sampled_from(TAXES)) if inside else OUTSIDE
    other = draw(st.sampled_from((None, *TAXES))) if inside else None
    return Contract(
        start=None,
        first_day=draw(st.sampled_from((None, None, date(2026, 9, 16)))),
        end=None,
        payer=Organisation(f"Payer of {community}", "DE"),
        currency=currency,
        tax=tax,
        markup_percent=draw(st.sampled_from((Decimal(0), Decimal("2.5")))),
        pass_through=draw(st.integers(0, 9)) > 0,
        pass_through_tax=other,
        membership=draw(
            st.sampled_from(
                (
                    None,
                    MembershipFee(Decimal(1000), Per.YEAR, tax=other),
                    MembershipFee(Decimal("333.33"), Per.QUARTER, Billed.IN_ADVANCE, date(2026, 9, 5)),
                    MembershipFee(Decimal(31), Per.MONTH, end=date(2026, 9, 20)),
                )
            )
        ),
        usage=draw(
            st.sampled_from((None, UsageFee((Tier(10, Decimal("1.005")), Tier(None, Decimal("0.335"))), Decimal(90))))
        ),
        one_off=draw(st.sampled_from(((), (OneOff(date(2026, 9, 3), Decimal(12), "Set-up", other),)))),
        open_source_percent=draw(st.sampled_from((Decimal(0), Decimal(30)))),
        grants=tuple(draw(grants(community, number)) for number in range(draw(st.integers(0, 2)))),
    )


@st.composite
def grants(draw: st.DrawFn, community: str, number: int) -> Grant:
    """Grants that end soon, hold little, or pay for some of it only."""
    start, end = draw(
        st.sampled_from(((1, 30), (1, 15), (16, 30))).map(
            lambda days: (date(2026, 9, days[0]), date(2026, 9, days[1]) + timedelta(days=1))
        )
    )
    return Grant(
        award=f"G{number}",
        funder="Funder",
        ceiling=Decimal(draw(st.sampled_from((0, 1, 50, 333, 10**9)))),
        start=start,
        end=end,
        hubs=draw(st.sampled_from(((), HUBS[community][:1]))),
        components=draw(st.sampled_from(((), ("compute", "credit")))),
        fees=draw(st.booleans()),
        indirect_percent=draw(st.sampled_from((Decimal(0), Decimal(25)))),
        payer=draw(st.sampled_from((None, Organisation("Agency", "US")))),
    )
