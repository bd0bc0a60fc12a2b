"""What each billing account's bill of a month comes to, at any version of the charges."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analytics.engine import connect
from analytics.tables import CHARGES

if TYPE_CHECKING:
    from decimal import Decimal

    from analytics.lake import Lake


class Account(NamedTuple):
    """A billing account in one currency."""

    issuer: str
    billing_account: str
    currency: str


def bill_totals(lake: Lake, month: str, *, version: int | None = None) -> dict[Account, Decimal]:
    """Return the exact sum of the charges of `month` by account, at `version` of `charges` (default: the newest)."""
    with connect() as con:
        lake.attach(con, CHARGES, where={"x_BillingPeriod": month}, version=version)
        rows = con.execute(
            "select InvoiceIssuerName, BillingAccountId, BillingCurrency, sum(BilledCost) from charges group by all order by all"
        ).fetchall()
    return {Account(*row[:3]): row[3] for row in rows}
