"""Issuing: the drafts of a closed month get their numbers, and never change again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from billing import canonical, document_checks, ledger_entries, ledger_rows
from billing.compute import payment_terms
from billing.days import month_days
from billing.document import Document, Kind, Status
from billing.ledger_rows import DraftRow, Event, Issued
from billing.ledger_tables import INVOICES

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from billing.drafting import Actor
    from billing.inputs import Inputs
    from billing.ledger import Ledger

YEAR = timedelta(days=366)


class IssueError(Exception):
    """Nothing was issued."""


def issue(
    ledger: Ledger, month: str, *, communities: Collection[str] = (), day: date | None = None, actor: Actor
) -> tuple[Issued, ...]:
    """Issue every draft of a closed month, all or none, dated `day` (default: today); return what was issued now.

    What is issued already stays as it is: a second call finds nothing to issue. Raises IssueError if the month is not
    closed, if a community has no document of it, or if `day` is before the month, far ahead, or before the last document's.
    """
    on = day or actor.now.date()
    _check_day(month, on, actor.now.date())
    with ledger.write() as con:
        period = ledger_rows.period(con, month)
        if period is None or not period.closed:
            raise IssueError(
                f"{month} is not closed: review its drafts, then run `hubledger invoices close --month {month}`"
            )
        drafts, there = ledger_rows.drafts(con, month), ledger_rows.issued(con, month=month)
        known = {each.community for each in drafts} | {each.community for each in there}
        if unknown := sorted(set(communities) - known):
            raise IssueError(
                f"{month} has no document of '{unknown[0]}'; there are of {', '.join(sorted(known)) or 'none'}"
            )
        numbers = [_issue(con, each, on, actor) for each in ledger_rows.drafts(con, month, communities)]
        return tuple(each for each in ledger_rows.issued(con, month=month) if each.number in numbers)


def _check_day(month: str, on: date, today: date) -> None:
    """Refuse what can only be a slip: numbers follow dates, so that nothing could be issued before a day far ahead."""
    days = month_days(month)
    if on < days.start or on > max(today, days.end) + YEAR:
        raise IssueError(
            f"{month} can't be issued on {on}: correct --date, since the documents after it can't be dated before it"
        )


def _issue(con: Connection, draft: DraftRow, on: date, actor: Actor) -> str:
    inputs = ledger_rows.kept_inputs(con, draft.computation)
    issuer, year = inputs.issuer.key, on.year
    sequence, previous_hash, newest = _last(con, issuer, year)
    if newest is not None and on < newest:
        raise IssueError(
            f"a document of {newest} is issued already, and numbers follow dates: date this one {newest} or later"
        )
    number = f"{draft.document.series}-{year}-{sequence + 1:04}"
    document = canonical.sealed(_dated(draft, inputs, number, on), previous_hash=previous_hash)
    document_checks.check(document)
    ledger_entries.remove_drafts(con, [draft])
    ledger_entries.put_issued(
        con,
        draft,
        document,
        (issuer, year, sequence + 1),
        edition=_edition(con, draft),
        at=actor.now,
        who=actor.who,
    )
    ledger_entries.note(con, Event(actor.now, actor.who, "issue", draft.month, number, document.content_hash))
    return number


def _last(con: Connection, issuer: str, year: int) -> tuple[int, str, date | None]:
    """The last number of the year, and the hash and date of the issuer's last document."""
    of_issuer = select(INVOICES).where(INVOICES.c.issuer == issuer)
    last = con.execute(of_issuer.order_by(INVOICES.c.year.desc(), INVOICES.c.sequence.desc()).limit(1)).first()
    sequence = con.execute(
        select(func.coalesce(func.max(INVOICES.c.sequence), 0)).where(
            INVOICES.c.issuer == issuer, INVOICES.c.year == year
        )
    ).scalar_one()
    return int(sequence), last.content_hash if last else "", last.issue_date if last else None


def _dated(draft: DraftRow, inputs: Inputs, number: str, on: date) -> Document:
    contract = next((each.contract for each in inputs.signed if each.community == draft.community), None)
    due = on + timedelta(days=contract.payment_days if contract else 0)
    terms = payment_terms(contract, due) if contract and draft.document.kind is not Kind.CREDIT_NOTE else None
    return replace(
        draft.document, status=Status.ISSUED, number=number, issue_date=on, due_date=due, payment_terms=terms
    )


def _edition(con: Connection, draft: DraftRow) -> int:
    """How often the same was billed before: a second invoice may follow only a voided one."""
    if draft.corrects:
        return 0
    there = ledger_rows.issued(con, month=draft.month, communities=[draft.community])
    voided = {each.corrects for each in there if each.whole}
    same = [each for each in there if each.payer == draft.payer and not each.corrects]
    if any(each.number not in voided for each in same):
        raise IssueError(
            f"{draft.community} has an invoice of {draft.month} already: correct it with `hubledger invoices adjust`"
        )
    return len(same)
