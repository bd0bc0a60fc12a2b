"""Invoice totals: what an invoice says a month comes to, as a person read it there, kept with every correction."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.engine import connect, sql
from analytics.month import check_month
from analytics.tables import INVOICE_TOTALS
from terraform.currencies import minor_units

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from analytics.lake import Lake


class StatementError(Exception):
    """An invoice total can't be what was entered; nothing was written."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody entered. `invoice` '' is the account's whole month; `amount` None takes back what was entered before."""

    entry: str
    billing_period: str
    issuer: str
    billing_account: str
    invoice: str
    amount: Decimal | None
    currency: str
    note: str
    stated_at: datetime
    corrected: bool = False

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        amount = None if self.amount is None else f"{self.amount:f}"
        return asdict(self) | {"amount": amount, "stated_at": self.stated_at.isoformat()}


def read_amount(text: str) -> Decimal:
    """Return the amount that `text` says: digits with a point. Raises StatementError."""
    if not re.fullmatch(r"-?[0-9]{1,24}(\.[0-9]{1,12})?", text):
        raise StatementError(f"'{text}' is not an amount: write it with a point and no other marks, as 1234.56")
    return Decimal(text)


def state(
    lake: Lake,
    month: str,
    *,
    issuer: str,
    billing_account: str,
    invoice: str = "",
    amount: Decimal | None,
    currency: str,
    note: str = "",
    now: datetime,
) -> Statement:
    """Keep what an invoice, or all of an account's month, comes to; what was entered for it before stays as history.

    Every entry is a partition of its own, so that entries of two people never meet. Entering the same again changes nothing.
    """
    check_month(month)
    if currency not in minor_units():
        raise StatementError(f"'{currency}' is no currency of ISO 4217: write its three capital letters, as in EUR")
    text = "\0".join((month, issuer, billing_account, invoice, str(amount), currency, note, now.isoformat()))
    entry = hashlib.sha256(text.encode()).hexdigest()[:24]
    new = Statement(entry, month, issuer, billing_account, invoice, amount, currency, note, now)
    about = (new.issuer, new.billing_account, new.invoice, new.currency)
    with connect() as con:
        for each in statements(con, lake, month):
            same = (each.issuer, each.billing_account, each.invoice, each.currency) == about
            if same and not each.corrected and (each.amount, each.note) == (amount, note):
                return each
        row = asdict(new)
        del row["corrected"]
        con.register("stated", pa.Table.from_pylist([row], schema=INVOICE_TOTALS.schema))
        lake.replace(INVOICE_TOTALS, con, "from stated", scope=[{"billing_period": month, "entry": entry}])
    return new


def statements(con: duckdb.DuckDBPyConnection, lake: Lake, month: str) -> tuple[Statement, ...]:
    """Return all that was entered for `month`, oldest first; create the table `stated_totals` of what holds."""
    lake.attach(con, INVOICE_TOTALS, where={"billing_period": month})
    con.execute(f"create or replace temp table told as {sql('report/statements')}")
    con.execute(
        "create or replace temp table stated_totals as select * from told where not corrected and amount is not null"
    )
    return tuple(Statement(*row) for row in con.execute("from told").fetchall())
