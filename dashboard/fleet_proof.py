"""The proof: each account's bill beside where every cent of it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.figures import NOTHING, Figures
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk


def proof(desk: Desk, _: Costs) -> None:
    """Show the reconciliation of the month by provider and account, in each bill's own currency."""
    words, month = desk.words, desk.month.month
    found = desk.reading.bills(month)
    st.markdown(words("fleet.proof_text"))
    wrong = [each for each in found if each.difference]
    if wrong:
        st.error(words("fleet.differs", count=str(len(wrong)), month=month))
    else:
        st.success(words("fleet.agrees"), icon=":material/check_circle:")
    rows = []
    for each in found:
        figures = Figures(desk.figures.locale, each.currency)
        amounts = (each.delivered, each.hubs, each.communities, each.operator, each.unattributed)
        rows.append(
            (
                plain(each.issuer),
                plain(each.billing_account),
                *(plain(figures.money(amount)) for amount in amounts),
                plain(figures.money(each.difference)) if each.difference else "0",
                NOTHING if each.stated is None else plain(figures.money(each.stated)),
                words("status.final" if each.final else "status.provisional"),
            )
        )
    keys = (
        "issuer",
        "account",
        "bill",
        "hubs",
        "communities",
        "operator",
        "unattributed",
        "difference",
        "stated",
        "delivered",
    )
    parts.table([words(f"fleet.{key}") for key in keys], rows, alt=words("fleet.proof_alt"))
    st.caption(words("fleet.proof_more", month=month))
