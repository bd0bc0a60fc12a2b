"""Contracts, costs and lakes in few words, for tests of what is billed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.engine import connect
from analytics.lake import Lake
from analytics.month import Computed
from analytics.tables import ACTIVITY, ALLOCATIONS, CHARGES, DELIVERIES, Table
from billing.adjusting import adjust
from billing.closing import close
from billing.drafting import Actor, draft
from billing.facts import Cost, Facts
from billing.inputs import Inputs, Signed, Stay, TableVersion
from billing.issuing import issue
from terraform.contract import Contract, Issuer, Organisation, Tax
from terraform.fleet import Community, Fleet, Membership, Rate, Settings
from tests.month import arrow, cluster

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from billing.ledger import Ledger
    from billing.ledger_rows import Issued
    from terraform.contract import Grant

MONTH = "2026-09"
NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
BOOKKEEPER = Actor("bookkeeper", NOW)
OUTSIDE = Tax("O", reason="Not subject to VAT")
NINETEEN = Tax("S", Decimal(19))
US = Issuer(
    None, "us", "INV", Organisation("Hub Commons", "DE", vat_id="DE136695976", city="Berlin", address=("Street 1",))
)


def contract(**terms: Any) -> Contract:
    """Return a contract in dollars, outside the scope of VAT, without fees."""
    defaults: dict[str, Any] = {
        "start": None, "first_day": None, "end": None, "payer": Organisation("Payer", "US", city="Woods Hole"),
        "currency": "USD", "tax": OUTSIDE,
    }  # fmt: skip
    return Contract(**defaults | terms)


def cost(amount: str | Decimal, hub: str | None = "one/blue", community: str | None = "reef", **more: Any) -> Cost:
    """Return what a community bears on a day of September."""
    name, _, of = (hub or "").partition("/")
    defaults: dict[str, Any] = {
        "issuer": "Cloud", "account": "payer", "currency": "USD", "component": "compute", "day": date(2026, 9, 10),
        "unattributed": False,
    }  # fmt: skip
    return Cost(community=community, cluster=name or None, hub=of or None, amount=Decimal(amount), **defaults | more)


def facts(*costs: Cost, users: Mapping[str, int] | None = None) -> Facts:
    """Return a month of these costs."""
    return Facts(MONTH, costs, users or {}, {}, ())


def inputs(contracts: Mapping[str, Contract] | None = None, **more: Any) -> Inputs:
    """Return the inputs of a month with these contracts, by community (one of `reef` by default)."""
    signed = {"reef": contract()} if contracts is None else contracts
    defaults: dict[str, Any] = {
        "month": MONTH,
        "versions": (TableVersion("allocations", 0),),
        "bills": "final",
        "issuer": US,
        "signed": tuple(Signed(name, each) for name, each in sorted(signed.items())),
        "stays": (Stay("reef", "one/blue", 30),),
    }
    return Inputs(**defaults | more)


@dataclass
class World:
    """A lake and a fleet whose months a test sets by hand, in dollars unless it says otherwise."""

    folder: Path
    contracts: dict[str, Contract] = field(default_factory=lambda: {"reef": contract()})
    hubs: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"reef": ("blue",)})
    rates: tuple[Rate, ...] = ()

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder))

    @property
    def fleet(self) -> Fleet:
        names = sorted({hub for hubs in self.hubs.values() for hub in hubs} | {"staging"})
        communities = tuple(
            Community(
                name,
                name,
                tuple(Membership("one", hub) for hub in hubs),
                (),
                (),
                Path("fleet"),
                (self.contracts[name],) if name in self.contracts else (),
            )
            for name, hubs in sorted(self.hubs.items())
        )
        return Fleet(Path("fleet"), Settings(issuers=(US,)), (cluster("one", names),), communities, rates=self.rates)

    def month(
        self,
        *costs: Cost,
        month: str = MONTH,
        users: Mapping[str, int] | None = None,
        final: bool = True,
        charged: Sequence[Cost] | None = None,
    ) -> None:
        """Put a month in the lake as if it had been brought in and allocated: `charged` are the bill's lines, where they differ."""
        version = self._put(CHARGES, [_charge(each, month) for each in (costs if charged is None else charged)], month)
        counted = self._put(ACTIVITY, [_users(hub, count, month) for hub, count in (users or {}).items()], month)
        self._put(DELIVERIES, _deliveries(charged or costs, month, final=final), month)
        computed = Computed(month, "final" if final else "provisional", {"charges": version, "activity": counted}, ())
        self._put(ALLOCATIONS, [_allocation(each, month) for each in costs], month, computed.to_metadata())

    def bill_changes(self, *costs: Cost, month: str = MONTH) -> None:
        """Put another bill in the lake, and leave the allocations as they were."""
        self._put(CHARGES, [_charge(each, month) for each in costs], month)

    def _put(
        self, table: Table, rows: Iterable[dict[str, Any]], month: str, metadata: Mapping[str, str] | None = None
    ) -> int:
        column = {"charges": "x_BillingPeriod", "activity": "month"}.get(table.name, "billing_period")
        with connect() as con:
            con.register("put", arrow(table, rows))
            return self.lake.replace(table, con, "from put", scope=[{column: month}], metadata=metadata)


def _charge(each: Cost, month: str) -> dict[str, Any]:
    start = datetime(each.day.year, each.day.month, each.day.day, tzinfo=UTC)
    return {
        "InvoiceIssuerName": each.issuer, "BillingAccountId": each.account, "BillingCurrency": each.currency,
        "BillingPeriodStart": start, "BillingPeriodEnd": start, "ChargePeriodStart": start,
        "ChargePeriodEnd": start + timedelta(days=1), "ChargeCategory": "Usage", "ServiceName": "Machines",
        "ServiceCategory": "Compute", "ServiceProviderName": each.issuer, "BilledCost": each.amount,
        "EffectiveCost": each.amount, "ContractedCost": each.amount, "ListCost": each.amount,
        "x_BillingPeriod": month, "x_Source": "test", "x_DeliveryId": "test", "x_Component": each.component,
    }  # fmt: skip


def _allocation(each: Cost, month: str) -> dict[str, Any]:
    return {
        "billing_period": month, "day": each.day, "issuer": each.issuer, "billing_account": each.account,
        "cluster": each.cluster, "community": each.community, "hub": each.hub, "component": each.component,
        "rule": "label", "basis": "unattributed" if each.unattributed else "direct", "charge_category": "Usage",
        "currency": each.currency, "billed_cost": each.amount, "effective_cost": each.amount, "coverage": Decimal(1),
    }  # fmt: skip


def _users(hub: str, count: int, month: str) -> dict[str, Any]:
    name, _, of = hub.partition("/")
    return {
        "period": month, "month": month, "cluster": name, "hub": of, "active_users": count, "server_hours": Decimal(0)
    }  # fmt: skip


def _deliveries(costs: Sequence[Cost], month: str, *, final: bool) -> list[dict[str, Any]]:
    accounts = sorted({(each.issuer, each.account, each.currency) for each in costs})
    return [
        {
            "delivery_id": f"{month}-{number}", "source": "test", "issuer": issuer, "billing_account": account,
            "billing_period": month, "object": "bill", "version": "1", "rows": 1, "currency": currency, "final": final,
            "billed_cost": sum((c.amount for c in costs if (c.issuer, c.account, c.currency) == (issuer, account, currency)), Decimal(0)),
            "seen_at": NOW, "superseded_at": None,
        }
        for number, (issuer, account, currency) in enumerate(accounts)
    ]  # fmt: skip


def with_grants(of: Contract, *grants: Grant) -> Contract:
    """Return the contract with these grants."""
    return replace(of, grants=grants)


def issued(ledger: Ledger, world: World) -> tuple[Issued, ...]:
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    return issue(ledger, MONTH, actor=BOOKKEEPER)


def adjusted(ledger: Ledger, world: World) -> tuple[Issued, ...]:
    adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    return issue(ledger, MONTH, actor=BOOKKEEPER)
