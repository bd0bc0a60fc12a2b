"""The kinds of value that contracts hold: parties' identifiers, amounts, per cent; and ranges of days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, WithJsonSchema
from pydantic_core import InitErrorDetails

from terraform.fleet_fields import Text, fault, matching, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date


class _Amendment(Protocol):
    @property
    def start(self) -> date: ...


Dated = TypeVar("Dated", bound=_Amendment)


def _locale(value: str) -> str:
    from babel import localedata  # it and stdnum take their time to import, and most commands read no contract

    if not localedata.exists(value):
        raise fault(f"'{value}' is no locale: write language and country, as in en_US or de_CH")
    return value


def _vat_id(value: str) -> str:
    from stdnum.eu import vat

    prefix = value[:2].lower()
    if prefix == "el":
        prefix = "gr"
    if prefix in vat.MEMBER_STATES and not vat.is_valid(value):
        raise fault(f"'{value}' is no VAT identifier of {prefix.upper()}: one of its digits is wrong or missing")
    return value


def bank_account(value: str) -> str:
    from stdnum import iban

    if value[:2].isalpha() and value[2:4].isdigit() and not iban.is_valid(value):
        raise fault(f"'{value}' looks like an IBAN, but its check digits are wrong")
    return value


def located(found: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise every fault that was found at its place within the value; nothing where there is none."""
    details = [InitErrorDetails(type=fault(text), loc=place, input=None) for place, text in found]
    if details:
        raise ValidationError.from_exception_data("contract", details)


def after(end: date | None, info: ValidationInfo) -> date | None:
    """Check that `to` is after `from`."""
    start = info.data.get("start")
    if start and end and start >= end:
        raise fault(f"{end} is not after from {start}: 'to' is the day after the last one")
    return end


_COUNTRY, _COUNTRY_SCHEMA = matching(r"[A-Z]{2}", "not a country of ISO 3166: write its two capital letters, as in DE")
_VAT, _VAT_SCHEMA = matching(
    r"[A-Z]{2}[A-Za-z0-9+*.]{2,18}", "not a VAT identifier: write it with its country's prefix, as in DE136695976"
)
_SCHEME, _SCHEME_SCHEMA = matching(
    r"\d{4}|[A-Z]{2}", "not a scheme of electronic addresses: write its code, as in 0088 (GLN), 9930 (DE VAT) or EM"
)
_KEY, _KEY_SCHEMA = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "not a series: use letters, digits, '-', '_' and '.'")
_EMAIL, _EMAIL_SCHEMA = matching(r"[^@\s]+@[^@\s]+", "not an e-mail address")

Country = Annotated[str, _COUNTRY, _COUNTRY_SCHEMA]
VatId = Annotated[str, _VAT, AfterValidator(_vat_id), _VAT_SCHEMA]
Scheme = Annotated[str, _SCHEME, _SCHEME_SCHEMA]
Key = Annotated[str, _KEY, _KEY_SCHEMA]
Email = Annotated[str, _EMAIL, _EMAIL_SCHEMA]
Locale = Annotated[str, AfterValidator(_locale)]
_AMOUNT_SCHEMA = WithJsonSchema({"type": "number", "minimum": 0})
Amount = Annotated[Decimal, Field(ge=0, le=10**12, decimal_places=12), BeforeValidator(measure), _AMOUNT_SCHEMA]
Percent = Annotated[
    Decimal,
    Field(ge=0, le=100, decimal_places=12),
    BeforeValidator(measure),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Whole = Annotated[int, Field(gt=0, le=10**9), BeforeValidator(measure)]
Days = Annotated[int, Field(ge=0, le=366), BeforeValidator(measure)]
Account = Annotated[Text, AfterValidator(bank_account)]


def ascending(amendments: list[Dated]) -> list[Dated]:
    located(_amendment_faults(amendments))
    return amendments


def _amendment_faults(amendments: Sequence[Dated]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    before: date | None = None
    for index, each in enumerate(amendments):
        if each.start.day != 1:
            yield (index, "from"), f"{each.start} is not the first day of a month: a month is billed by one contract"
        if before is not None and each.start <= before:
            yield (
                (index, "from"),
                f"{each.start} is not after {before}, where the one before begins: put the oldest first",
            )
        before = each.start
