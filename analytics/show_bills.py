"""Bills as tables, CSV and JSON: their deliveries, what changed between two of them, and their reconciliation."""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.text import Text

from analytics.charges import Delivery
from analytics.difference import DiffBy
from analytics.money import format_amount, round_parts, round_total
from analytics.reconcile import Invoice, differs
from analytics.show import NOBODY, csv_text, plain_table, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from analytics.deliveries import Entry
    from analytics.difference import Change, Difference
    from analytics.reconcile import Reconciliation

PROOF = ("bill", "hubs", "communities", "operator", "unattributed", "difference")
KINDS = ("charges", "support", "credits", "tax", "adjustments")
STATED = ("stated", "stated_difference")
DELIVERY = tuple(field.name for field in fields(Delivery))


def deliveries_table(found: Sequence[Entry]) -> Iterable[Table]:
    """Yield the deliveries, the newest of an account last."""
    table = plain_table(("Month", "Source", "Issuer", "Account", "Seen", "State", ""), ("Rows", "Billed", "Change", ""))
    for entry in found:
        each = entry.delivery
        state = "in force" if entry.in_force else f"superseded {entry.superseded_at:%Y-%m-%d}"
        table.add_row(
            each.billing_period,
            Text(each.source),
            Text(each.issuer),
            Text(each.billing_account),
            f"{each.seen_at:%Y-%m-%d %H:%M}",
            state,
            entry.status + (", restates a final bill" if entry.restates_final else ""),
            f"{each.rows:,}",
            rounded(each.billed_cost, each.currency),
            "" if entry.difference is None else _signed(entry.difference, each.currency),
            each.currency,
        )
    yield table


def deliveries_text(found: Sequence[Entry], form: str) -> str:
    """Return the deliveries as `json` or `csv` text, money in full precision."""
    rows = [
        {
            **{name: _plain(getattr(entry.delivery, name)) for name in DELIVERY},
            "state": "in force" if entry.in_force else "superseded",
            "superseded_at": _plain(entry.superseded_at),
            "difference": _plain(entry.difference),
            "restates_final": entry.restates_final,
        }
        for entry in found
    ]
    if form == "json":
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    header = (*DELIVERY, "state", "superseded_at", "difference", "restates_final")
    return csv_text(header, ([_cell(row[name]) for name in header] for row in rows))


def difference_table(found: Difference) -> Iterable[Table | Text]:
    """Yield what changed, one table per currency; printed cells add up to the printed totals."""
    for total in found.totals:
        rows = [row for row in found.rows if row.currency == total.currency]
        if not rows:
            continue
        before = "nothing" if found.before is None else f"version {found.before}"
        title = f"{found.month}, {found.cost} cost in {total.currency}: {found.table} {before} → version {found.after}"
        table = plain_table((found.by.value.capitalize(),), ("Before", "After", "Change"), title=title)
        for row in rows:
            table.add_row(Text(_change_name(found.by, row)), *_change_cells(row))
        table.add_section()
        table.add_row("What did not change", *_change_cells(_rest(rows, total)))
        table.add_row("Total", *_change_cells(total), style="bold")
        yield table
    for note in found.notes:
        yield Text(f"note: {note}")


def difference_text(found: Difference, form: str) -> str:
    """Return the difference as `json` or `csv` text, money in full precision."""
    if form == "json":
        return json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n"
    keys = tuple(found.rows[0].keys) if found.rows else (found.by.value,)
    return csv_text(
        (*keys, "currency", "before", "after", "difference"),
        (
            (*row.keys.values(), row.currency, f"{row.before:f}", f"{row.after:f}", f"{row.difference:f}")
            for row in found.rows
        ),
    )


def reconciliation_table(found: Reconciliation, *, invoices: bool = False) -> Iterable[Table | Text]:
    """Yield the proof, account by account, then the bills by kind of line beside what the providers state."""
    title = f"{found.computed.month}, {found.computed.status}"
    proof = plain_table(("Issuer", "Billing account"), [name.capitalize() for name in PROOF], title=title)
    proof.add_column("", no_wrap=True)
    for account in found.accounts:
        parts = (account.hubs, account.communities, account.operator, account.unattributed)
        proof.add_row(
            Text(account.issuer),
            Text(account.billing_account),
            rounded(account.bill, account.currency),
            *(format_amount(part, account.currency) for part in round_parts(parts, account.currency)),
            f"{account.difference.normalize():f}" if account.difference else "0",
            account.currency,
        )
    yield proof
    if found.unknown:
        yield Text("Services that components.csv does not know (reported as component 'other'):")
        for unknown in found.unknown:
            cost = rounded(unknown.cost, unknown.currency)
            yield Text(f"  {unknown.issuer}: {unknown.service}: {unknown.sku}: {cost} {unknown.currency}")
    yield Text("Every account adds up." if found.agrees else "The allocations do not add up to the bill as it is now.")
    yield _completeness(found)
    if invoices or any(invoice.stated is not None for invoice in found.invoices):
        yield _invoices(found)


def complaints(found: Reconciliation) -> Iterable[str]:
    """Say what does not agree, and what to do about it."""
    for each in found.incomplete:
        number = each.invoice if isinstance(each, Invoice) else ""
        about = " ".join(text for text in (each.issuer, each.billing_account, number) if text)
        yield (
            f"{about}: the invoice states {_precise(each.stated or Decimal(0), each.currency)} {each.currency}, ours is"
            f" {_precise(each.bill, each.currency)}: see which"
            " charges are missing, or correct what was entered with `hubledger costs invoice-total`"
        )
    if not found.agrees:
        month = found.computed.month
        yield f"the bill is not the one that was allocated: run `hubledger costs allocate --month {month}`"


def reconciliation_text(found: Reconciliation, form: str, *, invoices: bool = False) -> str:
    """Return the reconciliation as `json` or `csv` text, money in full precision; the CSV is of accounts or of invoices."""
    told = found.to_json()
    if form == "json":
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    names = ("bill", *STATED) if invoices else (*PROOF, *KINDS, *STATED)
    header = ("issuer", "billing_account", "currency", *(("invoice",) if invoices else ()), *names)
    rows = found.invoices if invoices else found.accounts
    return csv_text(header, ([_cell(_plain(getattr(row, name))) for name in header] for row in rows))


def _completeness(found: Reconciliation) -> Table:
    table = plain_table(
        ("Issuer", "Billing account"),
        ("Charges", "Support", "Credits", "Tax", "Adjustments", "Ours", "Stated", "Difference"),
        title="The bill, and what the provider states",
    )
    table.add_column("", no_wrap=True)
    for account in found.accounts:
        parts = [getattr(account, kind) for kind in KINDS]
        shown = round_parts(parts, account.currency, total=round_total(account.bill, account.currency))
        table.add_row(
            Text(account.issuer),
            Text(account.billing_account),
            *(format_amount(part, account.currency) if part else "" for part in shown),
            *_stated(account.bill, account.stated, account.currency),
            account.currency,
            style="bold red" if differs(account) else None,
        )
    return table


def _invoices(found: Reconciliation) -> Table:
    table = plain_table(("Issuer", "Billing account", "Invoice"), ("Ours", "Stated", "Difference"), title="Invoices")
    table.add_column("", no_wrap=True)
    for invoice in found.invoices:
        table.add_row(
            Text(invoice.issuer),
            Text(invoice.billing_account),
            Text(invoice.invoice or "(none yet)"),
            *_stated(invoice.bill, invoice.stated, invoice.currency),
            invoice.currency,
            style="bold red" if differs(invoice) else None,
        )
    return table


def _stated(bill: Decimal, stated: Decimal | None, currency: str) -> tuple[str, str, str]:
    if stated is None:
        return rounded(bill, currency), "", ""
    ours = round_total(bill, currency)
    difference = f"{'+' if stated > ours else ''}{_precise(stated - ours, currency)}" if stated != ours else "0"
    return format_amount(ours, currency), _precise(stated, currency), difference


def _change_name(by: DiffBy, row: Change) -> str:
    if by is DiffBy.SERVICE:
        return f"{row.keys['issuer']} {row.keys['billing_account']}: {row.keys['service']}"
    if row.keys["hub"] is not None:
        return f"{row.keys['cluster']}/{row.keys['hub']}"
    return " ".join(text for text in (NOBODY[row.keys["basis"] or ""], row.keys["cluster"]) if text)


def _change_cells(row: Change) -> tuple[str, str, str]:
    """Write a change in full: a difference of less than a cent is one too."""
    return f"{_full(row.before)}", f"{_full(row.after)}", f"{row.difference.normalize():+,f}" if row.difference else "0"


def _rest(rows: Sequence[Change], total: Change) -> Change:
    unchanged = total.before - sum((row.before for row in rows), Decimal(0))
    return type(total)({}, total.currency, unchanged, unchanged)


def _precise(amount: Decimal, currency: str) -> str:
    """Write an amount with the currency's decimals, or with all it has where they are more."""
    whole = amount == round_total(amount, currency)
    return format_amount(amount, currency) if whole else f"{amount.normalize():,f}"


def _full(amount: Decimal) -> str:
    return f"{amount.normalize():,f}" if amount else "0"


def _signed(amount: Decimal, currency: str) -> str:
    shown = round_total(amount, currency)
    return f"{shown:+,f}" if shown else "0" if not amount else f"{amount.normalize():+,f}"


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
