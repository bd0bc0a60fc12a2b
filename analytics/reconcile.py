"""Reconciliation: what each issuer billed beside what hubs bear, the operator keeps and nobody explains. The difference is zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.engine import connect, sql
from analytics.month import Computed, computed_of
from analytics.tables import ALLOCATIONS, CHARGES

if TYPE_CHECKING:
    from decimal import Decimal

    from analytics.lake import Lake


@dataclass(frozen=True, slots=True)
class Account:
    """One billing account's month in one currency. `bill` = `hubs` + `communities` + `operator` + `unattributed` + `difference`."""

    issuer: str
    billing_account: str
    currency: str
    bill: Decimal
    hubs: Decimal
    communities: Decimal  # a community's own account: no hub bears it
    operator: Decimal  # shared and idle cost that the policy leaves with the operator
    unattributed: Decimal
    difference: Decimal


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
    """A month's proof: `agrees` if every account's allocations add up to its bill."""

    computed: Computed
    accounts: tuple[Account, ...]
    unknown: tuple[Unknown, ...]

    @property
    def agrees(self) -> bool:
        return all(account.difference == 0 for account in self.accounts)


def reconcile(lake: Lake, month: str) -> Reconciliation:
    """Compare the newest charges of `month` with its newest allocations, per issuer, billing account and currency.

    Raises MonthError if the month is not allocated.
    """
    computed = computed_of(lake, month)
    with connect() as con:
        lake.attach(con, CHARGES, where={"x_BillingPeriod": month})
        lake.attach(con, ALLOCATIONS, where={"billing_period": month})
        accounts = con.execute(sql("report/reconcile")).fetchall()
        unknown = con.execute(sql("report/unknown")).fetchall()
    return Reconciliation(
        computed=computed,
        accounts=tuple(Account(*row) for row in accounts),
        unknown=tuple(Unknown(*row) for row in unknown),
    )
