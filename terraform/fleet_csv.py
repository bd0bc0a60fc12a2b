"""One CSV file of the fleet: its lines with their numbers."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from terraform.fleet_document import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_lines(path: Path) -> tuple[Sequence[tuple[int, list[str]]], list[Fault]]:
    """Return the lines that aren't empty with their numbers, as cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)], []
    except OSError as error:
        return [], [Fault(path, None, "", f"can't be read ({error.strerror}): check the path and its permissions")]
    except UnicodeDecodeError:
        return [], [Fault(path, None, "", "is not UTF-8: save the file in that encoding")]
    except csv.Error as error:
        return [], [Fault(path, reader.line_num, "", f"is not CSV: {error}")]
