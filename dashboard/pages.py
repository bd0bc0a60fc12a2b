"""The pages that a viewer has, and what is shown where there is nothing to show yet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from analytics.engine import EngineError
from analytics.lake import LakeError
from billing.ledger import LedgerError
from billing.pdf import PdfError
from dashboard import page_community, page_finance, page_fleet, page_method
from dashboard.parts import style
from dashboard.reading import Reading, reading
from dashboard.report_pdf import ReportError
from dashboard.viewer import Role, Viewer
from dashboard.words import Words, plain
from terraform.fleet_files import FleetError
from terraform.receipts import DamagedReceipts

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.navigation.page import StreamlitPage

    from dashboard.site import Site


def navigate(site: Site, viewer: Viewer, words: Words) -> None:
    """Show the viewer's pages, and run the one that the address names."""
    chosen = st.navigation(_pages(site, viewer, words), position="top")
    st.set_page_config(page_title=f"{chosen.title} · {words('app.name')}", layout="wide")
    style()
    chosen.run()


def _pages(site: Site, viewer: Viewer, words: Words) -> list[StreamlitPage]:
    shown: list[tuple[str, str, Callable[[Reading, Words], None]]] = []
    if viewer.role is None:
        return [st.Page(partial(_nobody, words), title=words("app.name"), url_path="nobody", default=True)]
    title = "app.community" if viewer.role is Role.COMMUNITY else "app.communities"
    shown.append((title, "community", page_community.show))
    if viewer.operates:
        shown.append(("app.fleet", "fleet", page_fleet.show))
    if viewer.sees_fleet:
        shown.append(("app.finance", "finance", page_finance.show))
    shown.append(("app.method", "method", page_method.show))
    pages = [
        st.Page(partial(run, show, site, viewer, words), title=words(key), url_path=path) for key, path, show in shown
    ]
    # The start page is the first one again: so that every page has an address of its own, the same for every viewer.
    first, _, show = shown[0]
    start = partial(run, show, site, viewer, words)
    return [st.Page(start, title=words(first), url_path="start", default=True, visibility="hidden"), *pages]


def _nobody(words: Words) -> None:
    st.title(words("app.name"), anchor=False)
    st.info(words("trouble.nobody"))


def run(show: Callable[[Reading, Words], None], site: Site, viewer: Viewer, words: Words) -> None:
    """Show a page, or what is in its way and what to do about it."""
    try:
        with st.spinner(words("app.loading")):
            found = reading(site.fleet, site.lake, site.ledger, viewer)
        if found.state.months:
            show(found, words)
        else:
            _empty(found, words)
    except FleetError as error:
        _trouble(words, viewer, "fleet", error)
    except (LakeError, EngineError) as error:
        _trouble(words, viewer, "lake", error)
    except (DamagedReceipts, LedgerError, PdfError, ReportError) as error:
        _trouble(words, viewer, "other", error)


def _empty(found: Reading, words: Words) -> None:
    """Say what to run when nothing is allocated yet."""
    st.title(words("app.name"), anchor=False)
    waiting = found.state.waiting
    if waiting:
        st.info(f"**{words('trouble.waiting_title')}**")
        st.markdown(words("trouble.waiting", months=", ".join(map(plain, waiting)), month=waiting[-1]))
    else:
        st.info(f"**{words('trouble.missing_title')}**")
        st.markdown(words("trouble.missing", month="2026-10"))


def _trouble(words: Words, viewer: Viewer, what: str, error: Exception) -> None:
    st.error(f"**{words(f'trouble.{what}_title')}**")
    if viewer.sees_fleet:  # paths and names are the operators' business
        st.markdown(words(f"trouble.{what}"))
        st.code(str(error), language=None)
