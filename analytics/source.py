"""What every source of bills and usage has in common: how it fails, and that names of users go no further."""

from __future__ import annotations

import re

# A pod is jupyter-<user>, its claim claim-<user>, each with --<server> where the server has a name (KubeSpawner); some
# provisioners put the namespace before the claim. The first group stays. It means the same to Python and to DuckDB.
USER_NAME = (
    r"(?i)((?:^|[^a-z0-9-]|%[0-9a-f]{2})jupyter|(?:^|[^a-z0-9]|%[0-9a-f]{2})claim)"
    r"""-[^\s/:"'=,;|&?()<>\[\]{}]+"""
)


class Step(str):
    """What a source says while it is read, and how far that is: `done` of `total` files, days or months."""

    __slots__ = ("done", "total")

    def __new__(cls, text: str, done: int, total: int) -> Step:
        """Return `text` as a step."""
        step = super().__new__(cls, text)
        step.done, step.total = done, total
        return step

    done: int
    total: int


class SourceError(Exception):
    """A source could not be read as it is; nothing of it was written. Each edge has its own class below this one."""


def nameless(text: str) -> str:
    """Return `text` with the names of users masked that stand in names of their pods and claims."""
    return re.sub(USER_NAME, r"\1-*", text)
