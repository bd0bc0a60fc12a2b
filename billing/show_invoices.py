"""Documents as tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from analytics.money import format_amount
from analytics.show import plain_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.ledger_rows import DraftRow, Issued


def drafts_table(month: str, drafts: Sequence[DraftRow]) -> Iterable[Table]:
    """Yield the drafts and what they come to."""
    table = plain_table(("Community", "Kind", "Payer"), ("Net", "Tax", "To pay", ""), title=f"{month}, DRAFTS")
    for draft in drafts:
        document = draft.document
        totals = document.totals
        table.add_row(
            Text(draft.community),
            document.kind.value + (f" for {draft.corrects}" if draft.corrects else ""),
            Text(document.payer.name),
            format_amount(totals.tax_exclusive, document.currency),
            format_amount(totals.tax, document.currency),
            format_amount(totals.payable, document.currency),
            document.currency,
        )
    yield table


def issued_table(documents: Sequence[Issued]) -> Iterable[Table]:
    """Yield the issued documents, what they come to and what is paid."""
    if not documents:
        return
    table = plain_table(("Number", "Date", "Month", "Community", "Kind", "Payer"), ("To pay", "Paid", ""))
    for each in documents:
        document = each.document
        table.add_row(
            each.number,
            document.issue_date.isoformat(),
            each.month,
            Text(each.community),
            document.kind.value + (f" for {each.corrects}" if each.corrects else ""),
            Text(document.payer.name),
            format_amount(document.totals.payable, document.currency),
            format_amount(each.paid, document.currency) if each.paid else "",
            document.currency,
        )
    yield table
