"""How a document speaks: its language's words (billing/texts) and its number format, for people to read."""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from terraform.currencies import minor_units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from billing.document import Document, Phrase

TEXTS = Path(__file__).parent / "texts"
NARROW = "\u202f"  # a no-break space that parts thousands in French; fonts have the wide one more often
NO_BREAK = "\u00a0"


class Unspeakable(Exception):
    """A phrase or number format that nobody knows."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A language, a locale for numbers, and the currency that amounts are in."""

    language: str
    number_format: str
    currency: str

    @classmethod
    def of(cls, document: Document) -> Voice:
        """Return the voice that the document speaks with."""
        return cls(document.language.value, document.number_format, document.currency)

    def word(self, key: str, section: str = "words") -> str:
        """Return a label, or the key itself where the section has no such word (a component nobody foresaw)."""
        return texts(self.language)[section].get(key, key)

    def say(self, phrase: Phrase) -> str:
        """Return the phrase in this language. Raises Unspeakable if it or one of its arguments is not known."""
        template = texts(self.language)["phrases"].get(phrase.key)
        if template is None:
            raise Unspeakable(
                f"no phrase '{phrase.key}' in {TEXTS.name}/{self.language}.toml: add it, in all languages"
            )
        try:
            return _Formatter(self).vformat(template, (), dict(phrase.arguments))
        except (KeyError, ValueError, ArithmeticError) as error:
            raise Unspeakable(f"phrase '{phrase.key}' {dict(phrase.arguments)}: {error!r} in '{template}'") from error

    def amount(self, amount: Decimal) -> str:
        """Return an amount with the currency's decimals, without the currency."""
        decimals = minor_units().get(self.currency, 2)
        return self._decimal(amount, "#,##0" + ("." + "0" * decimals if decimals else ""))

    def money(self, amount: Decimal) -> str:
        """Return an amount and the currency's code, which are not parted at a line's end."""
        return f"{self.amount(amount)}{NO_BREAK}{self.currency}"

    def number(self, number: Decimal) -> str:
        """Return a number with all its decimals, and no more."""
        return self._decimal(number, "#,##0.############")

    def price(self, price: Decimal) -> str:
        """Return a price: the currency's decimals at least, all it has at most."""
        decimals = minor_units().get(self.currency, 2)
        return self._decimal(price, "#,##0." + "0" * decimals + "#" * (12 - decimals))

    def percent(self, rate: Decimal) -> str:
        """Return a rate that is in per cent."""
        return f"{self.number(rate)}{NO_BREAK}%"

    def date(self, day: date) -> str:
        """Return a day, with its month's name in this language."""
        return format_date(day, "medium", locale=self._dates)

    def month(self, month: str) -> str:
        """Return a month (YYYY-MM) by name and year."""
        return str(format_skeleton("yMMMM", _first(month), locale=self._dates))

    def short_month(self, month: str) -> str:
        """Return a month (YYYY-MM) for the axis of a chart: its name, short."""
        return str(format_skeleton("MMM", _first(month), locale=self._dates))

    def rounded(self, amount: Decimal) -> str:
        """Return an amount in whole units of the currency, for a chart."""
        return self._decimal(amount, "#,##0")

    def country(self, code: str) -> str:
        """Return a country's name in this language, or its code if nobody knows it."""
        return str(_locale(self.language).territories.get(code, code))

    @property
    def _locale(self) -> Locale:
        return _locale(self.number_format)

    @property
    def _dates(self) -> Locale:
        """The number format's locale, if it speaks this language; else the language's own."""
        return self._locale if self._locale.language == self.language else _locale(self.language)

    def _decimal(self, number: Decimal, pattern: str) -> str:
        return format_decimal(number, format=pattern, locale=self._locale).replace(NARROW, NO_BREAK)


@cache
def texts(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return what a language's file says, by section."""
    with (TEXTS / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


class _Formatter(string.Formatter):
    """Fills `{name:kind}`; only names that stand alone, no attributes or indices."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        voice, text = self._voice, str(value)
        match format_spec:
            case "text":
                return text
            case "number":
                return voice.number(Decimal(text))
            case "money":
                return voice.money(Decimal(text))
            case "percent":
                return voice.percent(Decimal(text))
            case "date":
                return voice.date(date.fromisoformat(text))
            case "month":
                return voice.month(text)
            case "component":
                return voice.word(text, "components")
        raise ValueError(f"no kind of argument '{format_spec}'")


@cache
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise Unspeakable(f"'{name}' is no number format; write a locale such as en_US, de_CH or fr_FR") from error


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
