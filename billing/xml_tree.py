"""Building XML: elements by prefixed name, text that XML can hold, and the same bytes each time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

# XML 1.0, production 2: everything else can't be written, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """Return the text without what XML, PDF and spreadsheets can't hold (control characters, halves of surrogates)."""
    return UNWRITABLE.sub("", text)


def says(text: str) -> bool:
    """Whether anything of the text can be written and seen: EN 16931 wants no empty elements."""
    return bool(writable(text).strip())


class Tree:
    """An element and how to add to it. `add` returns the new child, so that a document is written as it is read."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    @classmethod
    def root(cls, name: str, namespaces: Mapping[str | None, str]) -> Tree:
        """Start a document: `name` is `prefix:name`, or a bare name of the default namespace."""
        prefix, _, local = name.rpartition(":")
        return cls(etree.Element(f"{{{namespaces[prefix or None]}}}{local}", nsmap=dict(namespaces)))

    def add(self, name: str, text: str | None = None, /, **attributes: str) -> Tree:
        """Append `prefix:name` with its text and attributes; return it."""
        prefix, _, local = name.rpartition(":")
        namespace = self.element.nsmap[prefix or None]
        child = etree.SubElement(self.element, f"{{{namespace}}}{local}", attributes)
        if text is not None:
            child.text = writable(text)
        return Tree(child)

    def maybe(self, name: str, text: str, /, **attributes: str) -> None:
        """Append `prefix:name` if there is text to put into it."""
        if says(text):
            self.add(name, text, **attributes)

    def to_bytes(self) -> bytes:
        """Return the whole document in UTF-8, indented."""
        etree.indent(self.element)
        return etree.tostring(self.element, xml_declaration=True, encoding="UTF-8") + b"\n"
