"""What a column of FOCUS may be made of, as pydantic models: source columns, a constant, and a few transformations."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from terraform.fleet_fields import Ours, Text, Texts, fault

_LOOKS_AROUND = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]")
_CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")


def _expression(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise fault(f"'{text}' is not a regular expression: {error}") from error
    if _LOOKS_AROUND.search(text):
        raise fault(f"'{text}' looks around or back, which can't be done here: write it without (?=, (?!, (?< and \\1")
    if groups > 1:
        raise fault(f"'{text}' has {groups} groups: put (?: before those that are not wanted")
    return text


def _one_group(text: str) -> str:
    if re.compile(_expression(text)).groups != 1:
        raise fault(f"'{text}' has no group: put what is wanted in round brackets")
    return text


def _format(text: str) -> str:
    day = datetime(2026, 10, 31, 13, 5, 59, tzinfo=UTC)
    try:
        read = datetime.strptime(day.strftime(text), text)  # noqa: DTZ007 - the zone is the mapping's
    except ValueError as error:
        raise fault(f"'{text}' is not a format of dates: write it as %d/%m/%Y or %Y-%m-%d %H:%M") from error
    if (read.year, read.month) != (2026, 10):
        raise fault(f"'{text}' has no year and month: write it as %d/%m/%Y, or %Y-%m")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise fault(f"'{text}' is not a time zone: write it as Europe/Paris, or UTC") from error
    return text


def _codec(text: str) -> str:
    try:
        return codecs.lookup(text).name
    except LookupError as error:
        raise fault(f"'{text}' is not an encoding: write it as utf-8, latin-1 or cp1252") from error


def _column_alone(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


_PLAIN = WithJsonSchema({"type": "string"})
Expression = Annotated[str, AfterValidator(_expression), _PLAIN]
OneGroup = Annotated[str, AfterValidator(_one_group), _PLAIN]
DateFormat = Annotated[str, AfterValidator(_format), _PLAIN]
Zone = Annotated[str, AfterValidator(_zone), _PLAIN]
Codec = Annotated[str, AfterValidator(_codec), _PLAIN]
Character = Annotated[str, Field(min_length=1, max_length=1)]
Factor = Annotated[Decimal, Field(max_digits=18, decimal_places=8), WithJsonSchema({"type": "number"})]
Thousands = Literal["", ",", ".", " ", "'", "’", "_"]


class NumbersFile(Ours):
    """How numbers are written."""

    decimal: Literal[".", ","] = "."
    """The decimal mark."""
    thousands: Thousands = ""
    """What parts thousands; a blank is any kind of blank."""

    @model_validator(mode="after")
    def _two_marks(self) -> Self:
        if self.decimal == self.thousands:
            raise fault(f"decimal and thousands are both '{self.decimal}': they must differ")
        return self


class OriginFile(Ours):
    """What a column is made of."""

    column: Texts = Field(default_factory=list)
    """The source column; several are joined."""
    constant: Text | None = None
    """The same for every line."""
    extract: OneGroup | None = None
    """A regular expression whose group is what is wanted of the text."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.column) == (self.constant is not None):
            raise fault("give column or constant: one of them says what it is")
        return self


class TextOriginFile(OriginFile):
    """What a text is made of."""

    separator: str = " "
    """What stands between several columns."""
    values: dict[Text, str] = Field(default_factory=dict)
    """What each value means; one that isn't here is a fault, unless 'otherwise' says what it means."""
    otherwise: str | None = None
    """What every other value means; '' for nothing."""


class CategoryOriginFile(TextOriginFile):
    """What the charge's category is made of: Usage, Purchase, Tax, Credit or Adjustment."""

    @model_validator(mode="after")
    def _categories(self) -> Self:
        said = [*self.values.values(), self.constant, self.otherwise]
        for category in said:
            if category is not None and category not in _CATEGORIES:
                raise fault(f"'{category}' is none of {', '.join(_CATEGORIES)}")
        return self


class NumberOriginFile(OriginFile):
    """What a number is made of."""

    times: Factor = Decimal(1)
    """What it is multiplied by: a rate, or -1."""
    times_column: Text | None = None
    """The column of the rate it is multiplied by."""
    numbers: NumbersFile | None = None
    """How this number is written, where it isn't as the others."""

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if self.times_column and abs(self.times) != 1:
            raise fault(f"times is {self.times} and times_column is given: beside a column of rates, times is 1 or -1")
        return self


class TimeOriginFile(OriginFile):
    """What a day or a time is made of."""

    format: DateFormat | None = None
    """How it is written, where it isn't as the others."""
    inclusive: bool = False
    """It is the last day: the period ends when it does."""


TextOrigin = Annotated[TextOriginFile, BeforeValidator(_column_alone, json_schema_input_type=TextOriginFile | Text)]
CategoryOrigin = Annotated[
    CategoryOriginFile, BeforeValidator(_column_alone, json_schema_input_type=CategoryOriginFile | Text)
]
NumberOrigin = Annotated[
    NumberOriginFile, BeforeValidator(_column_alone, json_schema_input_type=NumberOriginFile | Text)
]
TimeOrigin = Annotated[TimeOriginFile, BeforeValidator(_column_alone, json_schema_input_type=TimeOriginFile | Text)]
