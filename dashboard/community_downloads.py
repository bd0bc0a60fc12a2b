"""What a community takes with it: costs of a chosen period as CSV, XLSX and PDF. A file is made when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.desk import kept
from dashboard.downloads import ROW, Taken, to_csv, to_xlsx
from dashboard.report_page import Report, report_page
from dashboard.report_pdf import to_pdf
from dashboard.sentences import changed, whys
from dashboard.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.desk import Desk
    from dashboard.month_story import Compared

    Said = Callable[[Words], tuple[str, ...]]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def downloads(desk: Desk, community: str, summary: Said, compared: Compared | None) -> None:
    """Let the viewer choose a period, and take it. `summary` says the page's month in a few sentences."""
    words, figures = desk.words, desk.figures
    st.header(words("community.downloads"), anchor=False)
    st.markdown(words("community.downloads_text"))
    months = [each.month for each in reversed(desk.reading.state.months)]
    with st.container(horizontal=True, vertical_alignment="bottom", key="downloads"):
        first_place, last_place = st.container(width=190), st.container(width=190)
        with last_place:  # asked first: no period begins after its end
            last = kept(
                words,
                "to",
                words("community.last_month"),
                [desk.month.month, *(each for each in months if each != desk.month.month)],
                shown=figures.month,
                width=190,
            )
        with first_place:
            first = kept(
                words,
                "from",
                words("community.first_month"),
                [last, *(each for each in months if each < last)],
                shown=figures.month,
                width=190,
            )
        period = tuple(each for each in reversed(months) if first <= each <= last)
        name = f"{community}-{first}" + ("" if first == last else f"-to-{last}")
        for key, mime, make in (
            ("csv", "text/csv", lambda: to_csv(_taken(desk, community, period)).encode()),
            ("xlsx", XLSX, lambda: to_xlsx(_taken(desk, community, period))),
            ("pdf", "application/pdf", lambda: _pdf(desk, community, period, summary, compared)),
        ):
            st.download_button(
                words(f"community.{key}"),
                make,
                file_name=f"{name}.{key}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"download-{key}",
            )
    st.caption(words("community.link"))


def _taken(desk: Desk, community: str, period: tuple[str, ...]) -> Taken:
    costs = desk.reading.costs(period, ROW, currency=desk.currency, cost=desk.cost, only={"community": community})
    known = desk.community(community)
    title = f"{known.display_name if known else community}, {period[0]} – {period[-1]}"
    return Taken(title, costs, desk.reading.monthly_activity(period, community), desk.reading.state)


def _pdf(desk: Desk, community: str, period: tuple[str, ...], summary: Said, compared: Compared | None) -> bytes:
    taken = _taken(desk, community, period)
    state, known = desk.reading.state, desk.community(community)
    paper = Words(desk.words.language, paper=True)
    alone = period == (desk.month.month,)
    title, lines = changed(desk, compared, paper) if alone else ("", ())
    made = max(each.at for each in state.months if each.month in period).date()
    report = Report(
        community=known.display_name if known else community,
        months=period,
        final=all(each.final for each in state.months if each.month in period),
        costs=taken.costs,
        activity=taken.activity,
        summary=" ".join(summary(paper)) if alone else "",
        changes_title=title,
        changes=lines,
        why=whys(desk, taken.costs, paper),
        names={(hub[0], hub[1]): desk.hub_name(*hub) for hub in taken.costs.fold("cluster", "hub")},
        made=made,
    )
    return to_pdf(report_page(report, paper, desk.figures), made=made)
