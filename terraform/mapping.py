"""A mapping: how the columns of a vendor's CSV bill become FOCUS's, as values. `mapping_schema.py` reads it from YAML."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a bill writes numbers."""

    decimal: str = "."
    thousands: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """How a bill writes days and times: a strptime format (None: ISO 8601), and where its clocks are."""

    format: str | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a column of FOCUS or a tag is made of: source columns joined by `separator`, or the `constant`.

    Of that text `extract`'s group is taken, then `values` say what it means; one that they don't have is a fault unless
    `otherwise` says what it means. A number is multiplied by `times` and by the column `times_column`; an `inclusive` day
    is a period's last.
    """

    columns: tuple[str, ...] = ()
    constant: str | None = None
    separator: str = " "
    extract: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    otherwise: str | None = None
    times: Decimal = Decimal(1)
    times_column: str | None = None
    inclusive: bool = False
    numbers: Numbers | None = None
    format: str | None = None

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Every source column it takes."""
        return (*self.columns, *((self.times_column,) if self.times_column else ()))


@dataclass(frozen=True, slots=True)
class Period:
    """Which month a line is billed in: a day of it, in a column or in the file's name (`extract` takes it out)."""

    format: str
    column: str | None = None
    extract: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines that are no charges: those whose `column` matches the regular expression `matches`."""

    column: str
    matches: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a vendor's CSV bill becomes charges. `period` None: the month of ChargePeriodStart; `final` None: by InvoiceId."""

    name: str
    columns: tuple[tuple[str, Origin], ...]
    tags: tuple[tuple[str, Origin], ...] = ()
    period: Period | None = None
    left_out: tuple[LeftOut, ...] = ()
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    skip_rows: int = 0
    empty: tuple[str, ...] = ()
    numbers: Numbers = Numbers()
    days: Days = Days()
    final: bool | None = None
