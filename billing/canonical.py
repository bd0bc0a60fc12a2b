"""The canonical JSON of a document: exact there and back, the same bytes for the same content, and what is hashed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from billing.document import Document

SCHEMA = "hubledger/document/1"


class NotADocument(Exception):
    """A text is no document in canonical JSON, or a document has a value of another type than it should."""


def to_json(document: Document) -> str:
    """Return the document as JSON: keys sorted, numbers as text of full precision, one line.

    What has its default is left out, so that a document keeps its hash when the model gains a field. Raises NotADocument
    if a value has the wrong type.
    """
    text = _dumps({"schema": SCHEMA, **_values(document)})
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotADocument(
            f"a text holds half of a character: {error.object[error.start - 20 : error.start]!r}…"
        ) from error
    return text


def from_json(text: str) -> Document:
    """Return the document that `to_json` wrote.

    Raises NotADocument, which names the keys that are wrong.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotADocument(f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(values, dict) or values.pop("schema", None) != SCHEMA:
        raise NotADocument(f'not a document of schema "{SCHEMA}": its key "schema" says otherwise or is missing')
    try:
        found = _adapter().validate_json(json.dumps(values), strict=None, extra="forbid")
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in error.errors()
        )
        raise NotADocument(wrong) from error
    return found


def content_hash(document: Document) -> str:
    """Return the SHA-256, in hexadecimal, of everything but `content_hash` itself; `previous_hash` counts."""
    return hashlib.sha256(to_json(replace(document, content_hash="")).encode()).hexdigest()


def sealed(document: Document, *, previous_hash: str) -> Document:
    """Return the document chained to the one before it ("" for the first) and with its own hash."""
    chained = replace(document, previous_hash=previous_hash)
    return replace(chained, content_hash=content_hash(chained))


def json_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of what `to_json` writes."""
    schema = _adapter().json_schema(mode="serialization")
    schema["properties"] = {"schema": {"const": SCHEMA}} | schema["properties"]
    schema["required"] = ["schema", *schema["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(Document)


def _values(document: Document) -> dict[str, object]:
    try:
        values = _adapter().dump_python(document, exclude_defaults=True, warnings="error")
    except PydanticSerializationError as error:
        raise NotADocument(f"{document.number or document.community}: {error}") from error
    return cast("dict[str, object]", _plain(values))


def _plain(value: Any) -> object:
    """Decimals as plain digits (no exponent, no negative zero), the rest as JSON has it."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return _digits(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise InvalidOperation(f"{value} is not an amount")
    return f"{value if value else abs(value):f}"


def _dumps(values: object) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
