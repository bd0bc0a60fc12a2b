"""Options that several commands of `hubledger invoices` have, and what they become."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.month import check_month
from billing.drafting import Actor
from billing.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER = "ledger.sqlite"
LedgerOption = Annotated[
    str,
    typer.Option("--ledger", envvar="HUBLEDGER_LEDGER", help="The ledger: a file, or postgresql://…", metavar="LEDGER"),
]
CommunityOption = Annotated[
    list[str] | None, typer.Option("--community", "-c", help="Only this community (repeatable).")
]


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """Yield the ledger at `url`."""
    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()


def maybe_month(text: str | None) -> str | None:
    """Return the month that an option says, if any. Raises MonthError if it is none."""
    return None if text is None else check_month(text)


def actor() -> Actor:
    """Return who runs the command (HUBLEDGER_USER, else the system's user), and the time."""
    return Actor(os.environ.get("HUBLEDGER_USER") or _system_user(), datetime.now(UTC))


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, whose users may have no names
        return f"user {os.getuid()}"
