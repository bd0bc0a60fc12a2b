"""Receipts: a line for every apply, with who, when, what and what became of the state. They are never changed, only added to.

Anyone who wants to mark applies on a cost curve reads them with `receipts(folder)`: `ended_at`, `cluster`, `delta`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "receipts.jsonl"


class DamagedReceipts(InfraError):
    """A file of receipts has a line that is none."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One apply. `outcome` is applied, failed, interrupted or lost (nobody saw its end).

    `delta` is what a month was to cost more, as text, in `currency`; empty where there was no basis. `serial_after` is None
    where the state could not be asked. `reason` is why a budget was overridden.
    """

    cluster: str
    outcome: str
    began_at: str
    ended_at: str
    by: str
    host: str
    plan: str
    planned_at: str
    planned_by: str
    commit: str
    terraform: str
    added: int
    changed: int
    destroyed: int
    serial_before: int
    serial_after: int | None
    delta: str = ""
    currency: str = ""
    reason: str = ""
    error: str = ""


def add(folder: Path, receipt: Receipt) -> None:
    """Add a receipt to those of the cluster whose work folder it is."""
    line = json.dumps(asdict(receipt), ensure_ascii=False, sort_keys=True) + "\n"
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def receipts(folder: Path) -> list[Receipt]:
    """Return the receipts of all clusters below `folder` (the one of --work), oldest first."""
    found = [receipt for file in sorted(folder.glob(f"*/{NAME}")) for receipt in read(file)]
    return sorted(found, key=lambda one: (one.ended_at, one.cluster))


def read(file: Path) -> Iterable[Receipt]:
    """Return the receipts in a file; the last line may be cut off, where a disk was full. Raises DamagedReceipts."""
    if not file.exists():
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if not line.endswith("\n"):
            continue
        try:
            yield Receipt(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise DamagedReceipts(
                f"{file}:{number}: is no receipt ({error}): restore the line, or take it out"
            ) from error
