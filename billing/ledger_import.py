"""Journal entries as the CSV that an accounting program imports, by a column map in YAML (billing/ledgers)."""

from __future__ import annotations

import csv
import io
import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from billing.cells import held
from billing.einvoice import digits
from billing.journal import Account, Entry, JournalError, entries, recovery
from terraform.fleet_document import Fault, read
from terraform.fleet_faults import faults
from terraform.fleet_fields import Ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from billing.certificate_figures import Certificate
    from billing.document import Document

LEDGERS = Path(__file__).parent / "ledgers"
FIELDS = (
    "journal",
    "line",
    "date",
    "account",
    "debit",
    "credit",
    "signed",
    "currency",
    "description",
    "party",
    "community",
    "hub",
    "component",
)


class LedgerMapError(Exception):
    """A column map with faults; the message has one a line: file, line, key, remedy."""


class ColumnFile(Ours):
    """A column of the file."""

    header: str
    """Its title, as the program's template has it."""
    value: str = ""
    """What is in it: text with fields in braces, as in "{journal} {party}"; a field of numbers stands alone."""
    once: bool = False
    """Only in the first line of each journal."""
    longest: int | None = Field(default=None, ge=1)
    """How many characters the program takes; more are cut off."""


class LedgerFile(Ours):
    """How an accounting program wants its journal entries."""

    name: str
    """The program, for people."""
    date_format: str = "%Y-%m-%d"
    """How it writes days, as for strftime."""
    accounts: dict[Account, str]
    """Which account each kind of entry is booked to."""
    columns: list[ColumnFile] = Field(min_length=1)
    """The columns of the file, in their order."""


@dataclass(frozen=True, slots=True)
class LedgerMap:
    """A column map, checked: every account is there, every field in its columns is known."""

    path: Path
    file: LedgerFile

    @property
    def slug(self) -> str:
        """What the map's exports are called: the name of its file."""
        return self.path.stem


def shipped() -> tuple[Path, ...]:
    """Return the column maps that come along."""
    return tuple(sorted(LEDGERS.glob("*.yaml")))


def load(path: Path) -> LedgerMap:
    """Read a column map. Raises LedgerMapError with every fault that it has."""
    document, found = read(path)
    if document is None or found:
        raise LedgerMapError("\n".join(str(fault) for fault in found))
    try:
        file = LedgerFile.model_validate(document.value)
    except ValidationError as error:
        raise LedgerMapError("\n".join(str(fault) for fault in faults(document, LedgerFile, error))) from error
    wrong: list[Fault] = [
        document.fault(("accounts",), f"is missing: say which account '{account}' is", missing=account)
        for account in Account
        if account not in file.accounts
    ]
    for at, column in enumerate(file.columns):
        try:
            asked = {field for _, field, _, _ in string.Formatter().parse(column.value) if field is not None}
        except ValueError as error:
            wrong.append(document.fault(("columns", at, "value"), f"'{column.value}': {error}"))
            continue
        wrong += [
            document.fault(("columns", at, "value"), f"knows no field '{field}': fields are {', '.join(FIELDS)}")
            for field in sorted(asked - set(FIELDS))
        ]
    if wrong:
        raise LedgerMapError("\n".join(str(fault) for fault in wrong))
    return LedgerMap(path, file)


def write(ledger: LedgerMap, documents: Iterable[Document], certificate: Certificate | None = None) -> bytes:
    """Return the entries of issued documents, and of the month's own cost, as the CSV that the program imports.

    Raises JournalError if they don't balance or if cost passed on and its recovery (7061 − 4222) are not 0 together.
    """
    found = entries(documents, certificate)
    accounts = ledger.file.accounts
    for currency, left in recovery(found, accounts).items():
        if left:
            raise JournalError(
                f"{ledger.path}: accounts {accounts[Account.COST_PASSED_ON]} − {accounts[Account.PASS_THROUGH]} leave "
                f"{left} {currency}, not 0: nothing but cloud cost passed on may be booked there"
            )
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow([column.header for column in ledger.file.columns])
    lines: dict[str, int] = {}
    for entry in found:
        lines[entry.journal] = lines.get(entry.journal, 0) + 1
        rows.writerow(_row(ledger.file, entry, lines[entry.journal]))
    return text.getvalue().encode()


def _row(file: LedgerFile, entry: Entry, line: int) -> list[str]:
    fields: Mapping[str, str] = {
        "journal": entry.journal,
        "line": str(line),
        "date": entry.date.strftime(file.date_format),
        "account": file.accounts[entry.account],
        "debit": digits(entry.amount) if entry.amount > 0 else "",
        "credit": digits(-entry.amount) if entry.amount < 0 else "",
        "signed": digits(entry.amount),
        "currency": entry.currency,
        "description": entry.description,
        "party": entry.party,
        "community": entry.community,
        "hub": entry.hub,
        "component": entry.component,
    }
    return [_cell(column, fields, line) for column in file.columns]


def _cell(column: ColumnFile, fields: Mapping[str, str], line: int) -> str:
    if column.once and line > 1:
        return ""
    text = column.value.format_map(fields)
    if column.value == "{signed}":
        return text  # a negative number, not a formula
    return held(text)[: column.longest]
