"""What documents say: every language has every text, arguments read as its people write them."""

from __future__ import annotations

import string
from datetime import date
from decimal import Decimal

import pytest

from billing.document import Language, Phrase
from billing.voice import TEXTS, Unspeakable, Voice, texts

ARGUMENTS = {
    "text": "Hub",
    "number": "1234",
    "money": "1234.50",
    "percent": "2.5",
    "date": "2026-10-01",
    "month": "2026-10",
    "component": "home storage",
}


def _fields(template: str) -> dict[str, str]:
    return {name: kind or "" for _, name, kind, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_text_and_its_arguments(language: Language) -> None:
    english, other = texts("en"), texts(language)

    assert {section: set(english[section]) for section in english} == {
        section: set(other[section]) for section in other
    }
    for section in english:
        for key, template in english[section].items():
            assert _fields(other[section][key]) == _fields(template), f"{language}: {section}.{key}"
            assert bool(other[section][key]) == bool(template)


@pytest.mark.parametrize("language", Language)
def test_every_phrase_can_be_said(language: Language) -> None:
    voice = Voice(language, language, "EUR")

    for key, template in texts("en")["phrases"].items():
        said = voice.say(Phrase.of(key, **{name: ARGUMENTS[kind] for name, kind in _fields(template).items()}))
        assert "{" not in said
        assert said


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert {file.stem for file in TEXTS.glob("*")} == {language.value for language in Language}


@pytest.mark.parametrize(
    ("number_format", "currency", "said"),
    [
        ("en_US", "USD", "-1,234,567.50\u00a0USD"),
        ("de_DE", "EUR", "-1.234.567,50\u00a0EUR"),
        ("de_CH", "CHF", "-1’234’567.50\u00a0CHF"),
        ("fr_FR", "EUR", "-1\u00a0234\u00a0567,50\u00a0EUR"),
        ("pt-BR", "BRL", "-1.234.567,50\u00a0BRL"),
        ("en_GB", "JPY", "-1,234,568\u00a0JPY"),
        ("en_GB", "TND", "-1,234,567.500\u00a0TND"),
    ],
)
def test_money_is_written_by_the_number_format(number_format: str, currency: str, said: str) -> None:
    assert Voice("en", number_format, currency).money(Decimal("-1234567.5")) == said


def test_a_price_shows_all_it_has() -> None:
    voice = Voice("en", "en_US", "USD")

    assert [voice.price(Decimal(text)) for text in ("10", "0.031611")] == ["10.00", "0.031611"]
    assert voice.number(Decimal("3.50")) == "3.5"


def test_months_are_named_in_the_documents_language_whatever_its_number_format() -> None:
    assert Voice("de", "en_US", "USD").month("2026-10") == "Oktober 2026"
    assert Voice("fr", "de_CH", "CHF").date(date(2026, 10, 1)) == "1 oct. 2026"
    assert Voice("pt", "pt_PT", "EUR").country("DE") == "Alemanha"


def test_a_component_nobody_foresaw_is_said_as_it_is() -> None:
    assert (
        Voice("es", "es_ES", "EUR")
        .say(Phrase.of("pass_through_component", component="quantum", hub="tidewater/estuary"))
        .startswith("quantum")
    )


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        (Phrase.of("nothing_like_it"), r"no phrase 'nothing_like_it' in texts/en\.toml"),
        (Phrase.of("usage_fee"), "users"),
        (Phrase.of("usage_fee", users="many"), "many"),
    ],
)
def test_what_cannot_be_said_names_the_phrase(phrase: Phrase, said: str) -> None:
    with pytest.raises(Unspeakable, match=said):
        Voice("en", "en_US", "USD").say(phrase)


def test_an_argument_is_text_and_never_a_template() -> None:
    assert Voice("en", "en_US", "USD").say(Phrase.text("{0.__class__} {text}")) == "{0.__class__} {text}"


def test_an_unknown_number_format_names_some_that_are_known() -> None:
    with pytest.raises(Unspeakable, match="'xx_YY' is no number format; write a locale such as en_US"):
        Voice("en", "xx_YY", "USD").money(Decimal(1))
