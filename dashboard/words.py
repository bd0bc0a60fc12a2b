"""What the pages say: texts by language, in `texts/<language>.toml`, a section a page. English is complete; others may lack what it has."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
ENGLISH = "en"
_SPECIAL = frozenset("\\`*_{}[]()#+-.!|<>$~:&^=@'\"/")


class NoText(Exception):
    """A page asked for a text that nobody wrote: a defect of the page."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a language; for `paper`, without Markdown's stars, and what comes from data as it is."""

    language: str = ENGLISH
    paper: bool = False

    def __call__(self, key: str, **values: str) -> str:
        """Return the text `section.key` with `values` in its braces, for Markdown: what comes from data must be `plain`.

        Raises NoText where there is none.
        """
        section, _, name = key.partition(".")
        for language in (self.language, ENGLISH):
            text = texts(language).get(section, {}).get(name)
            if text is not None:
                if self.paper:
                    text = text.replace("**", "")
                return text.format(**values) if values else text
        raise NoText(f"no text '{key}' in {TEXTS.name}/{self.language}.toml or {ENGLISH}.toml")

    def plain(self, text: str) -> str:
        """Return what comes from data so that it is shown as it is: no link, no picture, no markup."""
        return " ".join(text.split()) if self.paper else plain(text)

    def name(self, section: str, key: str) -> str:
        """Return what a component, rule or basis is called; its own name where nobody wrote a better one."""
        for language in (self.language, ENGLISH):
            text = texts(language).get(section, {}).get(key)
            if text is not None:
                return text
        return key


@cache
def texts(language: str) -> dict[str, dict[str, str]]:
    """Return a language's sections; {} if there is no such language."""
    path = TEXTS / f"{language}.toml"
    if not language.isalpha() or not path.is_file():
        return {}
    return tomllib.loads(path.read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Return what comes from data so that Markdown shows it as it is: no link, no picture, no markup."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in " ".join(text.split()))
