"""Text from bills and fleets in CSV: no spreadsheet runs it."""

from __future__ import annotations

import pytest

from analytics.show import csv_text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1 555 0100", "'+1 555 0100"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-12.345000000000", "-12.345000000000"),
        ("+7", "+7"),
        (-5, "-5"),
        (None, '""'),
    ],
)
def test_a_text_is_no_formula_and_a_number_stays_one(value: object, cell: str) -> None:
    assert csv_text(["a"], [[value]]) == f"a\n{cell}\n"
