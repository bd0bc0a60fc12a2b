"""What a page works with: a reading of the lake, the words and figures of its reader, and the choices that stand in its address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from analytics.report import Cost
from dashboard.figures import Figures, locale_of
from dashboard.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.reading import Reading
    from dashboard.state import Allocated
    from terraform.fleet import Community, Hub

TWELVE = 12


@dataclass(frozen=True, slots=True)
class Desk:
    """A viewer's desk. `month` and `cost` are what it chose to look at; `figures` has the chosen currency."""

    reading: Reading
    words: Words
    figures: Figures
    month: Allocated
    cost: Cost

    @property
    def currency(self) -> str:
        return self.figures.currency

    @property
    def year(self) -> tuple[str, ...]:
        """The twelve months that end with the chosen one, as far as they are allocated."""
        return self.reading.state.until(self.month.month, TWELVE)

    def hub_name(self, cluster: str | None, hub: str | None) -> str:
        """Return what people call a hub: its display name if only one hub has it, else cluster/hub; plain text, not Markdown."""
        if hub is None:
            return self.words("app.no_hub" if cluster else "app.own_account")
        return f"{cluster}/{hub}"

    def hub(self, cluster: str | None, hub: str | None) -> Hub | None:
        """Return the fleet's hub of that name."""
        hubs = self.reading.fleet.hubs
        return next((each for each in hubs if (each.cluster, each.name) == (cluster, hub)), None)

    def community(self, name: str) -> Community | None:
        """Return the fleet's community of that name."""
        return next((each for each in self.reading.fleet.communities if each.name == name), None)


def choose(reading: Reading, words: Words) -> Desk:
    """Let the viewer choose month, cost and currency, which the address keeps, and return the desk."""
    state = reading.state
    months = [each.month for each in reversed(state.months)]
    figures = Figures(locale_of(st.context.locale))
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        month = st.selectbox(
            words("app.month"), months, format_func=figures.month, key="month", bind="query-params", width=210
        )
        currencies = reading.currencies(month)
        currency = currencies[0] if currencies else figures.currency
        if len(currencies) > 1:
            currency = st.selectbox(
                words("app.currency"), currencies, key="currency", bind="query-params", width=120
            )
        cost = st.selectbox(
            words("app.cost"),
            [each.value for each in Cost],
            format_func=lambda value: words(f"app.{value}"),
            help=words("app.cost_help"),
            key="cost",
            bind="query-params",
            width=150,
        )
    chosen = state.of(month)
    assert chosen is not None  # noqa: S101 – one of the options
    return Desk(reading, words, replace(figures, currency=currency), chosen, Cost(cost))


def names(words: Words, section: str, keys: Sequence[str]) -> dict[str, str]:
    """Return what each key is called."""
    return {key: words.name(section, key) for key in keys}


def listed(parts: Sequence[str]) -> str:
    """Return parts of data as one text for Markdown."""
    return ", ".join(plain(part) for part in parts)
