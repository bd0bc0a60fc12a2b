"""Figures as people read them: money to the currency's smallest unit, numbers, shares and dates, by the reader's locale."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal

from analytics.money import minor_unit, round_total

DEFAULT = "en_US"
NOTHING = "–"
FEW = "<5"
_CODE_BESIDE_DIGITS = re.compile(r"(?<=[A-Za-z])(?=[-\d])")


@dataclass(frozen=True, slots=True)
class Figures:
    """A locale for numbers and dates, and the currency that amounts are in."""

    locale: str = DEFAULT
    currency: str = "USD"

    def money(self, amount: Decimal) -> str:
        """Return an amount with its currency: $1,234.50."""
        text = format_currency(self.cents(amount), self.currency, locale=self.locale, decimal_quantization=False)
        return _CODE_BESIDE_DIGITS.sub("\xa0", text)  # as CLDR asks for, and Babel does not do yet

    def about(self, amount: Decimal) -> str:
        """Return an amount that is no more than an estimate: from 10 on without cents: $2,071."""
        if abs(amount) < 10:
            return self.money(amount)
        pattern = str(Locale.parse(self.locale).currency_formats["standard"].pattern).replace(".00", "")
        text = format_currency(
            amount.quantize(Decimal(1)), self.currency, pattern, locale=self.locale, currency_digits=False
        )
        return _CODE_BESIDE_DIGITS.sub("\xa0", text)

    def change(self, amount: Decimal) -> str:
        """Return a difference with its sign: +$412.00."""
        cents = self.cents(amount)
        return ("+" if cents > 0 else "") + self.money(cents)

    def share(self, part: Decimal, *, whole: bool = True) -> str:
        """Return a part as a percentage that, of a `whole`, says 100 only when it is."""
        shown = part.quantize(Decimal("0.001"))
        if whole and part < 1:
            shown = min(shown, Decimal("0.999"))
        return f"{format_decimal(shown * 100, format='0.0', locale=self.locale)}%"

    def hours(self, hours: Decimal) -> str:
        """Return hours as a whole number."""
        return str(format_decimal(hours.quantize(Decimal(1)), locale=self.locale))

    def number(self, number: int) -> str:
        """Return a whole number."""
        return str(format_decimal(number, locale=self.locale))

    def users(self, *counts: int | None) -> str:
        """Return how many people, added up; <5 for each count that is not this viewer's to know: 62 + <5."""
        known = [count for count in counts if count is not None]
        parts = [self.number(sum(known))] if known else []
        return " + ".join([*parts, *(FEW for count in counts if count is None)]) or NOTHING

    def day(self, day: date) -> str:
        """Return a date: Oct 31, 2026."""
        return str(format_date(day, format="medium", locale=self.locale))

    def month(self, month: str) -> str:
        """Return a month and its year: October 2026."""
        return str(format_skeleton("yMMMM", first_day(month), locale=self.locale))

    def month_name(self, month: str) -> str:
        """Return a month's name alone: October."""
        return str(format_date(first_day(month), format="LLLL", locale=self.locale))

    def decimal(self, number: Decimal) -> str:
        """Return a number with all its decimals."""
        return str(format_decimal(number, format="#,##0.############", locale=self.locale))

    def ratio(self, part: float) -> str:
        """Return a measured part as a whole percentage."""
        return f"{format_decimal(round(part * 100), locale=self.locale)}%"

    @property
    def smallest(self) -> Decimal:
        """The currency's smallest unit."""
        return minor_unit(self.currency)

    def cents(self, amount: Decimal) -> Decimal:
        """Return an amount rounded to the currency's smallest unit."""
        return round_total(amount, self.currency) + 0  # no minus before nothing


def locale_of(browser: str | None) -> str:
    """Return the locale that a browser names (de-DE), or the default where nobody knows it."""
    try:
        return str(Locale.parse((browser or "").replace("-", "_"))) if browser else DEFAULT
    except (UnknownLocaleError, ValueError, TypeError):
        return locale_of(browser.split("-")[0]) if browser and "-" in browser else DEFAULT


def first_day(month: str) -> date:
    """Return the first day of a month YYYY-MM."""
    return date(int(month[:4]), int(month[5:]), 1)


def next_month(month: str) -> date:
    """Return the day after a month."""
    first = first_day(month)
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
