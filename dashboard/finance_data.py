"""What the ledger says to a viewer: all of it to those who see the fleet, its own grants to a community, nothing to others."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing import certificate_page, ledger_rows, pdf
from billing.certificate import certificate
from billing.ledger import Ledger
from billing.review import review
from billing.spending import spending
from dashboard.sight import NotYours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from analytics.lake import Lake
    from billing.ledger_rows import DraftRow, Issued, Period
    from billing.review import Anomaly
    from billing.spending import Spending
    from dashboard.viewer import Viewer
    from terraform.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Books:
    """The months that the ledger knows, and its documents, those of the newest month first."""

    periods: tuple[Period, ...]
    drafts: tuple[DraftRow, ...]
    issued: tuple[Issued, ...]


def books(url: str, viewer: Viewer) -> Books:
    """Return what is in the ledger. Raises NotYours for a community's viewer, LedgerError where there is no ledger."""
    with _opened(url, viewer) as ledger, ledger.read() as con:
        return Books(
            tuple(reversed(ledger_rows.periods(con))),
            ledger_rows.drafts(con),
            tuple(reversed(ledger_rows.issued(con))),
        )


def findings(url: str, lake: Lake, fleet: Fleet, viewer: Viewer, month: str, today: date) -> tuple[Anomaly, ...]:
    """Return what to look at before a month is closed, as `hubledger invoices review` does."""
    with _opened(url, viewer) as ledger:
        return review(ledger, lake, fleet, month, today=today).anomalies


def document_pdf(url: str, fleet: Fleet, viewer: Viewer, number: str) -> bytes:
    """Return an issued document as PDF."""
    with _opened(url, viewer) as ledger, ledger.read() as con:
        found = ledger_rows.issued(con, number=number)
    return pdf.write(found[0].document, logo=pdf.Logo.of_fleet(fleet.path))


def certificate_pdf(url: str, lake: Lake, viewer: Viewer, month: str, today: date) -> bytes:
    """Return a closed month's certificate as PDF. It is proved anew: this alone adds the month's bills up again."""
    with _opened(url, viewer) as ledger:
        return certificate_page.to_pdf(certificate(ledger, lake, month, today=today))


def grants(url: str, fleet: Fleet, viewer: Viewer, today: date) -> tuple[Spending, ...]:
    """Return the state of the grants of communities that the viewer sees. Raises LedgerError where there is no ledger."""
    names = [each.name for each in fleet.communities if viewer.sees(each.name)]
    if not names:
        return ()
    ledger = Ledger(url)
    try:
        return spending(ledger, fleet, communities=names, today=today)
    finally:
        ledger.close()


@contextmanager
def _opened(url: str, viewer: Viewer) -> Iterator[Ledger]:
    if not viewer.sees_fleet:
        raise NotYours(f"the ledger is not for {viewer.role or 'nobody'}")
    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()
