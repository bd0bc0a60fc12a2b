"""Text for cells of CSV files and spreadsheets: never a formula, nothing that the file can't hold."""

from __future__ import annotations

from billing.xml_tree import writable

# What spreadsheets take for the start of a formula, tab and carriage return included: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def held(text: str) -> str:
    """Return a text as a cell of a CSV file: an apostrophe before what would be a formula, on one line."""
    clean = " ".join(writable(text).split("\n")).strip(" ")
    return f"'{clean}" if clean.startswith(FORMULA) else clean
