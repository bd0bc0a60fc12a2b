"""Reconciliation: what each issuer billed beside what hubs bear, the operator keeps and nobody explains, and what the invoice says.

The difference of bill and allocations is zero. An invoice is rounded to its currency's minor unit and our sum is not, so the
two agree if they are no more than half a minor unit apart: if the one is the other, rounded.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.engine import connect, sql
from analytics.invoice_totals import Statement, statements
from analytics.money import minor_unit
from analytics.month import Computed, computed_of
from analytics.tables import ALLOCATIONS, CHARGES

if TYPE_CHECKING:
    from analytics.lake import Lake


@dataclass(frozen=True, slots=True)
class Account:
    """One billing account's month in one currency. `bill` = `hubs` + `communities` + `operator` + `unattributed` + `difference`,
    and = `charges` + `support` + `credits` + `tax` + `adjustments`. `stated` is the provider's own total, None if nobody entered it.
    """

    issuer: str
    billing_account: str
    currency: str
    bill: Decimal
    hubs: Decimal
    communities: Decimal  # a community's own account: no hub bears it
    operator: Decimal  # shared and idle cost that the policy leaves with the operator
    unattributed: Decimal
    difference: Decimal
    charges: Decimal
    support: Decimal
    credits: Decimal
    tax: Decimal
    adjustments: Decimal  # rounding and corrections
    stated: Decimal | None

    @property
    def stated_difference(self) -> Decimal | None:
        """What the provider states beyond our sum."""
        return None if self.stated is None else self.stated - self.bill


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice of an account's month, by its number ('' where charges have none): our sum and the total it states."""

    issuer: str
    billing_account: str
    currency: str
    invoice: str
    bill: Decimal
    stated: Decimal | None

    @property
    def stated_difference(self) -> Decimal | None:
        """What the invoice states beyond our sum."""
        return None if self.stated is None else self.stated - self.bill


@dataclass(frozen=True, slots=True)
class Unknown:
    """A service whose charges the table of components does not know."""

    issuer: str
    service: str
    sku: str
    currency: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A month's proof: `agrees` if every account's allocations add up to its bill, `complete` if the invoices say the same."""

    computed: Computed
    accounts: tuple[Account, ...]
    invoices: tuple[Invoice, ...]
    statements: tuple[Statement, ...]
    unknown: tuple[Unknown, ...]

    @property
    def agrees(self) -> bool:
        return all(account.difference == 0 for account in self.accounts)

    @property
    def complete(self) -> bool:
        return not self.incomplete

    @property
    def incomplete(self) -> tuple[Account | Invoice, ...]:
        """The accounts and invoices whose stated total is not our sum, rounded."""
        every: list[Account | Invoice] = [*self.accounts, *self.invoices]
        return tuple(each for each in every if differs(each))

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values, money as strings of full precision."""
        return {
            "month": self.computed.month,
            "status": self.computed.status,
            "agrees": self.agrees,
            "complete": self.complete,
            "accounts": [_plain(each) for each in self.accounts],
            "invoices": [_plain(each) for each in self.invoices],
            "statements": [each.to_json() for each in self.statements],
            "unknown": [_plain(each) for each in self.unknown],
            "versions": dict(self.computed.versions),
        }


def differs(each: Account | Invoice) -> bool:
    """Tell whether the stated total is more than half a minor unit from our sum."""
    difference = each.stated_difference
    return difference is not None and abs(difference) > minor_unit(each.currency) / 2


def reconcile(lake: Lake, month: str) -> Reconciliation:
    """Compare the newest charges of `month` with its newest allocations and with what the invoices say.

    Raises MonthError if the month is not allocated.
    """
    computed = computed_of(lake, month)
    with connect() as con:
        lake.attach(con, CHARGES, where={"x_BillingPeriod": month})
        lake.attach(con, ALLOCATIONS, where={"billing_period": month})
        told = statements(con, lake, month)
        accounts = con.execute(sql("report/reconcile").replace("/* borne */", sql("report/borne"))).fetchall()
        invoices = con.execute(sql("report/invoices")).fetchall()
        unknown = con.execute(sql("report/unknown")).fetchall()
    return Reconciliation(
        computed=computed,
        accounts=tuple(Account(*row) for row in accounts),
        invoices=tuple(Invoice(*row) for row in invoices),
        statements=told,
        unknown=tuple(Unknown(*row) for row in unknown),
    )


def _plain(each: Account | Invoice | Unknown) -> dict[str, str | None]:
    values: dict[str, object] = asdict(each)
    if not isinstance(each, Unknown):
        values["stated_difference"] = each.stated_difference
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else None if value is None else str(value)
        for name, value in values.items()
    }
