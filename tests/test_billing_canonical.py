"""The canonical JSON of documents: exact there and back, the same bytes, a hash that anything changes."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from billing.canonical import NotADocument, content_hash, from_json, json_schema, sealed, to_json
from billing.document import Document, Phrase, TaxCategory
from tests.any_document import documents
from tests.fixtures_documents import draft, invoice


@given(documents())
def test_any_document_is_the_same_after_its_json(document: Document) -> None:
    text = to_json(document)

    back = from_json(text)

    assert back == document
    assert to_json(back) == text
    assert content_hash(back) == document.content_hash


def test_json_is_described_by_its_schema() -> None:
    validator = Draft202012Validator(json_schema())

    for document in (invoice(), draft()):
        validator.validate(json.loads(to_json(document)))
    assert not validator.is_valid(json.loads(to_json(invoice())) | {"total": "1"} | {"totals": None})


def test_amounts_are_text_without_exponents() -> None:
    document = replace(invoice(), number=None, basis=replace(invoice().basis, coverage=Decimal("1E-7")))

    assert '"coverage":"0.0000001"' in to_json(document)


def test_what_has_its_default_is_left_out_so_that_hashes_outlive_new_fields() -> None:
    text = to_json(invoice())

    assert '"prepaid"' in text
    assert '"rounding"' not in text


def test_whatever_changes_changes_the_hash() -> None:
    document = invoice()
    changed = (
        replace(document, due_date=document.issue_date),
        replace(document, previous_hash="ef" * 32),
        replace(document, lines=(replace(document.lines[0], text=Phrase.text("another")), *document.lines[1:])),
        replace(document, payer=replace(document.payer, city="Paris")),
    )

    assert len({content_hash(each) for each in (document, *changed)}) == len(changed) + 1


def test_the_hash_does_not_cover_itself_but_the_one_before() -> None:
    document = invoice()

    assert content_hash(replace(document, content_hash="")) == document.content_hash
    assert sealed(document, previous_hash="").content_hash != document.content_hash


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON: line 1"),
        ("[]", 'its key "schema" says otherwise'),
        ('{"schema": "hubledger/document/2"}', "hubledger/document/1"),
    ],
)
def test_what_is_no_document_is_refused(text: str, said: str) -> None:
    with pytest.raises(NotADocument, match=said):
        from_json(text)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(NotADocument, match=r"payer\.fax"):
        from_json(to_json(invoice()).replace('"city":"Brest"', '"city":"Brest","fax":"1"'))


def test_a_value_of_the_wrong_type_is_not_written() -> None:
    plain = replace(invoice().lines[0], tax="S")  # type: ignore[arg-type]

    assert plain.tax is not TaxCategory.STANDARD
    with pytest.raises(NotADocument, match="HUB-2026-0042"):
        to_json(replace(invoice(), lines=(plain,)))


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(NotADocument, match="half of a character"):
        to_json(replace(invoice(), purchase_order="PO \ud800"))
