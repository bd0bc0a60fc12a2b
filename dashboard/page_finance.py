"""Finance: the state of each month, what to look at before it is closed, documents and their PDFs, the certificate, grants. Read-only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from billing.certificate import CertificateError
from billing.contracts import NoContract
from billing.ledger import LedgerError
from billing.lines import NoRate
from dashboard import parts
from dashboard.desk import Desk, choose, kept
from dashboard.figures import Figures
from dashboard.grant_parts import grant
from dashboard.words import Words, plain

if TYPE_CHECKING:
    from billing.ledger_rows import Issued
    from dashboard.finance_data import Books
    from dashboard.reading import Reading


def show(reading: Reading, words: Words) -> None:
    """Show the page."""
    st.title(words("finance.title"), anchor=False)
    desk = choose(reading, words, closed=True)
    st.markdown(words("finance.subtitle"))
    try:
        books = reading.books()
    except LedgerError as error:
        st.info(words("finance.no_ledger", month=desk.month.month))
        st.code(str(error), language=None)
        return
    _months(desk, books)
    _review(desk, books)
    _documents(desk, books)
    _certificate(desk, books)
    _grants(desk)


def _months(desk: Desk, books: Books) -> None:
    words, figures, state = desk.words, desk.figures, desk.reading.state
    st.header(words("finance.months"), anchor=False)
    periods = {each.month: each for each in books.periods}
    months = sorted({*periods, *(each.month for each in state.months), *state.waiting}, reverse=True)
    rows = []
    for month in months:
        allocated, period = state.of(month), periods.get(month)
        closed = period is not None and period.closed
        rows.append(
            (
                plain(figures.month(month)),
                words(f"status.{allocated.computed.status}") if allocated else words("finance.not_allocated"),
                words("finance.closed" if closed else "finance.open"),
                plain(figures.day(period.closed_at.date())) if period and period.closed_at else "",
                str(sum(each.month == month for each in books.drafts)),
                str(sum(each.month == month for each in books.issued)),
            )
        )
    keys = ("month", "bill", "state", "closed_on", "drafts", "issued")
    parts.table([words(f"finance.{key}") for key in keys], rows, alt=words("finance.months"))


def _review(desk: Desk, books: Books) -> None:
    words, month = desk.words, desk.month.month
    title = plain(desk.figures.month(month))
    st.header(words("finance.review", month=title), anchor=False)
    drafts = [each for each in books.drafts if each.month == month]
    if not drafts:
        st.markdown(words("finance.no_drafts", month=month))
    else:
        rows = []
        for each in drafts:
            document, figures = each.document, Figures(desk.figures.locale, each.document.currency)
            totals = document.totals
            rows.append(
                (
                    plain(each.community),
                    plain(document.payer.name),
                    words.name("document", document.kind.value),
                    *(plain(figures.money(amount)) for amount in (totals.tax_exclusive, totals.tax, totals.payable)),
                )
            )
        keys = ("community", "payer", "kind", "net", "tax", "payable")
        parts.table([words(f"finance.{key}") for key in keys], rows, alt=words("finance.drafts"))
    try:
        with st.spinner(words("finance.reviewing")):
            found = desk.reading.review(month)
    except (NoContract, NoRate) as error:  # nobody bills in this fleet, or not yet
        st.info(words("finance.not_reviewed", month=title), icon=":material/info:")
        st.code(str(error), language=None, wrap_lines=True)
        return
    if not found:
        st.success(words("finance.nothing", month=title), icon=":material/check_circle:")
        return
    st.markdown(words("finance.look"))
    parts.table(
        [words("finance.what"), words("finance.whose"), words("finance.why")],
        [(plain(each.kind.value), plain(each.who), plain(each.text)) for each in found],
        alt=words("finance.look"),
    )


def _documents(desk: Desk, books: Books) -> None:
    words = desk.words
    st.header(words("finance.documents"), anchor=False)
    if not books.issued:
        st.markdown(words("finance.no_documents"))
        return
    keys = ("number", "date", "month", "community", "payer", "kind", "payable", "paid", "due")
    parts.table(
        [words(f"finance.{key}") for key in keys],
        [_document(desk, each) for each in books.issued],
        alt=words("finance.documents"),
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="documents"):
        number = kept(words, "document", words("finance.number"), [each.number for each in books.issued], width=220)
        st.download_button(
            words("finance.pdf"),
            lambda: desk.reading.document_pdf(number),
            file_name=f"{number}.pdf",
            mime="application/pdf",
            on_click="ignore",
            icon=":material/download:",
            key="download-document",
        )


def _document(desk: Desk, each: Issued) -> tuple[str, ...]:
    document, figures = each.document, Figures(desk.figures.locale, each.document.currency)
    payable = each.sign * document.totals.payable
    return (
        plain(each.number),
        plain(figures.day(document.issue_date)),
        plain(figures.month(each.month)),
        plain(each.community),
        plain(document.payer.name),
        desk.words.name("document", document.kind.value),
        plain(figures.money(payable)),
        plain(figures.money(each.paid)) if each.paid else "",
        plain(figures.money(payable - each.paid)),
    )


def _certificate(desk: Desk, books: Books) -> None:
    words = desk.words
    st.header(words("finance.certificate"), anchor=False)
    closed = [each.month for each in books.periods if each.closed]
    if not closed:
        st.markdown(words("finance.no_certificate"))
        return
    st.markdown(words("finance.certificate_text"))
    with st.container(horizontal=True, vertical_alignment="bottom", key="certificate"):
        month = kept(words, "certified", words("finance.month"), closed, shown=desk.figures.month, width=220)
        if st.button(words("finance.prove"), key="prove", icon=":material/fact_check:"):
            with st.spinner(words("finance.proving")):
                st.session_state["certificate"] = _proved(desk, month)
        made = st.session_state.get("certificate")
        if made and made[0] == month and made[1]:
            st.download_button(
                words("finance.certificate_pdf"),
                made[1],
                file_name=f"certificate-{month}.pdf",
                mime="application/pdf",
                on_click="ignore",
                icon=":material/download:",
                key="download-certificate",
            )
    if made and made[0] == month and not made[1]:
        st.error(plain(made[2]))


def _proved(desk: Desk, month: str) -> tuple[str, bytes, str]:
    try:
        return month, desk.reading.certificate_pdf(month), ""
    except CertificateError as error:
        return month, b"", str(error)


def _grants(desk: Desk) -> None:
    words = desk.words
    st.header(words("finance.grants"), anchor=False)
    found = desk.reading.grants(datetime.now(UTC).date())
    if not found:
        st.markdown(words("finance.no_grants"))
    for each in found:
        title = desk.community(each.community)
        grant(desk, each, f"{title.display_name if title else each.community} · {each.award}")
