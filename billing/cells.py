"""Text for cells of CSV files and spreadsheets: never a formula, nothing that the file can't hold."""

from __future__ import annotations

from analytics.cells import FORMULA
from billing.xml_tree import writable


def held(text: str) -> str:
    """Return a text as a cell of a CSV file: an apostrophe before what would be a formula, on one line."""
    clean = " ".join(writable(text).split("\n")).strip(" ")
    return f"'{clean}" if clean.startswith(FORMULA) else clean
