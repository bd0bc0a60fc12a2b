"""The report of a community as PDF: what the page says, on paper, set by Typst as PDF/UA, so that a screen reader can read it too."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import typst

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

TEMPLATES = Path(__file__).parent / "templates"
EPOCH = 719163  # 1 January 1970, as an ordinal
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class ReportError(Exception):
    """A report that can't be set; the message says why."""


def to_pdf(values: Mapping[str, Json], *, made: date) -> bytes:
    """Return the report that the template makes of `values` (report_page.py), dated `made`. Raises ReportError."""
    try:
        return typst.compile(
            TEMPLATES / "report.typ",
            root=TEMPLATES,
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"page": json.dumps(values)},
            pdf_standards="ua-1",
            timestamp=(made.toordinal() - EPOCH) * 86400,
        )
    except typst.TypstError as error:
        hints = "".join(f" ({hint})" for hint in error.hints)
        raise ReportError(f"the report can't be set: {error.message}{hints}") from error


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()
