"""What a page works with: a reading of the lake, the words and figures of its reader, and the choices that stand in its address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import streamlit as st

from analytics.money import round_parts, round_total
from analytics.report import Cost
from dashboard.figures import Figures, locale_of
from dashboard.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

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

    def rounded(self, amounts: Sequence[Decimal], total: Decimal) -> list[Decimal]:
        """Return amounts rounded so that they add up to their rounded total."""
        return round_parts(list(amounts), self.currency, total=round_total(total, self.currency))

    def hub_name(self, cluster: str | None, hub: str | None) -> str:
        """Return what people call a hub: its display name if only one hub has it, else cluster/hub; plain text, not Markdown."""
        if hub is None:
            return self.words("app.no_hub" if cluster else "app.own_account")
        known = self.hub(cluster, hub)
        title = known.display_name.strip() if known else ""
        same = [each for each in self.reading.fleet.hubs if each.display_name == title]
        return title if title and len(same) == 1 else f"{cluster}/{hub}"

    def hub(self, cluster: str | None, hub: str | None) -> Hub | None:
        """Return the fleet's hub of that name."""
        hubs = self.reading.fleet.hubs
        return next((each for each in hubs if (each.cluster, each.name) == (cluster, hub)), None)

    def community(self, name: str) -> Community | None:
        """Return the fleet's community of that name."""
        return next((each for each in self.reading.fleet.communities if each.name == name), None)


def choose(reading: Reading, words: Words, *, before: Callable[[], None] = lambda: None, closed: bool = False) -> Desk:
    """Let the viewer choose month, cost and currency, which the address keeps, and return the desk. `before` shows what else is chosen.

    The newest month comes first; with `closed`, the newest whose bills are final is what is shown until another is chosen.
    """
    state = reading.state
    months = [each.month for each in reversed(state.months)]
    newest = next((each.month for each in reversed(state.months) if each.final or not closed), months[0])
    figures = Figures(locale_of(st.context.locale))
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        before()
        month = kept(words, "month", words("app.month"), months, shown=figures.month, width=190, default=newest)
        currencies = reading.currencies(month) or (figures.currency,)
        currency = currencies[0]
        if len(currencies) > 1:
            currency = kept(words, "currency", words("app.currency"), currencies, width=110)
        cost = kept(
            words,
            "cost",
            words("app.cost"),
            [each.value for each in Cost],
            shown=lambda value: words(f"app.{value}"),
            tip=words("app.cost_help"),
            width=140,
        )
    chosen = state.of(month)
    assert chosen is not None  # noqa: S101 – one of the options
    return Desk(reading, words, replace(figures, currency=currency), chosen, Cost(cost))


def kept(
    words: Words,
    key: str,
    label: str,
    options: Sequence[str],
    *,
    shown: Callable[[str], str] = str,
    tip: str | None = None,
    width: int | Literal["stretch"] = "stretch",
    side_by_side: bool = False,
    default: str | None = None,
) -> str:
    """Let the viewer choose one of `options`; the address keeps it, in words that don't depend on the locale. Without a `default`, the
    first is it.

    A link to what is not there (any more) shows the default, and says so. `side_by_side`: all options are to be seen at once.
    """
    default = options[0] if default is None else default
    asked = st.query_params.get(key)
    if key not in st.session_state:
        st.session_state[key] = asked if asked in options else default
        if asked is not None and asked not in options:
            st.toast(words("trouble.changed", what=plain(asked), instead=plain(shown(default))), duration="long")
    elif st.session_state[key] not in options:
        st.session_state[key] = default
    if side_by_side:
        value = st.radio(label, options, format_func=shown, key=key, horizontal=True, label_visibility="collapsed")
    else:
        value = st.selectbox(label, options, format_func=shown, help=tip, key=key, width=width)
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value
    return value


def names(words: Words, section: str, keys: Sequence[str]) -> dict[str, str]:
    """Return what each key is called."""
    return {key: words.name(section, key) for key in keys}


def listed(parts: Sequence[str]) -> str:
    """Return parts of data as one text for Markdown."""
    return ", ".join(plain(part) for part in parts)
