"""Text in the cells of CSV files: never a formula."""

from __future__ import annotations

import re

# What spreadsheets take for the start of a formula, tab and carriage return included: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def harmless(value: object) -> object:
    """Return a cell's value as it is, but with an apostrophe before a text that a spreadsheet would take for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
