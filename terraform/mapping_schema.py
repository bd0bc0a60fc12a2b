"""What a mapping's file may say, as pydantic models: FOCUS column → source column, constant or a few transformations.

The file is `mappings/<name>.yaml` of the fleet, or stands in a cluster's file at `billing.mapping`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from terraform import mapping
from terraform.fleet_fields import Ours, Text, Texts, fault
from terraform.mapping_columns import ColumnsFile
from terraform.mapping_origins import (
    Character,
    Codec,
    DateFormat,
    Expression,
    NumberOriginFile,
    NumbersFile,
    OneGroup,
    OriginFile,
    TextOrigin,
    TextOriginFile,
    TimeOriginFile,
    Zone,
)


class CsvFile(Ours):
    """How the file is written."""

    delimiter: Character = ","
    """What stands between values."""
    quote: Character = '"'
    """What stands around a value that has the delimiter in it."""
    encoding: Codec = "utf-8"
    """How letters are written: utf-8, latin-1, cp1252, …"""
    skip_rows: Annotated[int, Field(ge=0, le=1000)] = 0
    """How many lines stand before the header."""
    empty: Texts = Field(default_factory=list)
    """Values that mean there is none, as in '-'."""


class DatesFile(Ours):
    """How days and times are written."""

    format: DateFormat | None = None
    """The format as strptime knows it, as in %d/%m/%Y; by default ISO 8601."""
    timezone: Zone = "UTC"
    """Where the bill's clocks are, as in Europe/Paris."""


class PeriodFile(Ours):
    """Which month a line is billed in."""

    column: Text | None = None
    """The column with a day of it, or the month."""
    file: OneGroup | None = None
    """A regular expression whose group takes it out of the file's name."""
    format: DateFormat
    """How it is written, as in %Y-%m."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.column is None) == (self.file is None):
            raise fault("give column or file: one of them says the month")
        return self


class LeftOutFile(Ours):
    """Lines that are no charges, such as totals."""

    column: Text
    """The column to look at."""
    matches: Expression
    """The regular expression that it matches."""


class MappingFile(Ours):
    """How a vendor's CSV bill becomes charges in FOCUS's columns."""

    columns: ColumnsFile
    """What each column of FOCUS is made of."""
    tags: dict[Text, TextOrigin] = Field(default_factory=dict)
    """What each tag is made of, as in 2i2c:hub-name."""
    period: PeriodFile | None = None
    """Which month a line is billed in; by default that of ChargePeriodStart."""
    leave_out: list[LeftOutFile] = Field(default_factory=list)
    """Lines that are no charges, such as totals."""
    csv: CsvFile = Field(default_factory=CsvFile)
    """What the file itself is like, where it isn't a CSV with commas in UTF-8."""
    numbers: NumbersFile = Field(default_factory=NumbersFile)
    """What every number is like, where it isn't 1234.50."""
    dates: DatesFile = Field(default_factory=DatesFile)
    """What every day and time is like, where it isn't ISO 8601 in UTC."""
    final: bool | None = None
    """Whether the bill is final; by default lines with an InvoiceId are."""

    @model_validator(mode="after")
    def _some_period(self) -> Self:
        if not (self.period or self.columns.BillingPeriodStart or self.columns.ChargePeriodStart):
            raise fault("nothing says which month a line is billed in: give period, or map ChargePeriodStart")
        return self


def value(content: MappingFile, name: str) -> mapping.Mapping:
    """The mapping that a file's content describes."""
    columns = {key: each for key in ColumnsFile.model_fields if (each := getattr(content.columns, key)) is not None}
    period = content.period
    return mapping.Mapping(
        name=name,
        columns=tuple((key, _origin(each)) for key, each in columns.items()),
        tags=tuple((key, _origin(each)) for key, each in content.tags.items()),
        period=mapping.Period(period.format, period.column, period.file) if period else None,
        left_out=tuple(mapping.LeftOut(each.column, each.matches) for each in content.leave_out),
        delimiter=content.csv.delimiter,
        quote=content.csv.quote,
        encoding=content.csv.encoding,
        skip_rows=content.csv.skip_rows,
        empty=tuple(content.csv.empty),
        numbers=_numbers(content.numbers),
        days=mapping.Days(content.dates.format, content.dates.timezone),
        final=content.final,
    )


def _numbers(content: NumbersFile) -> mapping.Numbers:
    return mapping.Numbers(content.decimal, content.thousands)


def _origin(content: OriginFile) -> mapping.Origin:
    origin = mapping.Origin(tuple(content.column), content.constant, extract=content.extract)
    match content:
        case TextOriginFile():
            values = tuple(content.values.items())
            return replace(origin, separator=content.separator, values=values, otherwise=content.otherwise)
        case NumberOriginFile():
            numbers = _numbers(content.numbers) if content.numbers else None
            return replace(origin, times=content.times, times_column=content.times_column, numbers=numbers)
        case TimeOriginFile():
            return replace(origin, inclusive=content.inclusive, format=content.format)
    return origin
