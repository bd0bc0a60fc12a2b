"""Colours: one for each component and basis, the same on every chart. The most common are Okabe and Ito's eight, which people who see
few colours can tell apart; the rest are Paul Tol's muted ones. Order, gaps, tooltips and tables say the same without any colour."""

from __future__ import annotations

COMPONENTS: dict[str, str] = {  # in the order in which charts stack them
    "compute": "#0072B2",
    "gpu": "#E69F00",
    "home storage": "#009E73",
    "object storage": "#56B4E9",
    "core": "#D55E00",
    "networking": "#CC79A7",
    "observability": "#F0E442",
    "database": "#44AA99",
    "backup": "#882255",
    "registry": "#AA4499",
    "support": "#999933",
    "tax": "#8C8C8C",
    "other": "#332288",
    "credit": "#BBBBBB",
}
BASES: dict[str, str] = {
    "direct": "#0072B2",
    "usage": "#009E73",
    "idle": "#E69F00",
    "shared": "#56B4E9",
    "unattributed": "#D55E00",
}
EMPHASIS = "#0072B2"
MARK = "#D55E00"
RANGE = "#999999"


def component_color(component: str) -> str:
    """Return a component's colour; that of `other` for one nobody foresaw."""
    return COMPONENTS.get(component, COMPONENTS["other"])
