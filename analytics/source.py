"""What every source of bills and usage has in common: how it fails."""

from __future__ import annotations


class SourceError(Exception):
    """A source could not be read as it is; nothing of it was written. Each edge has its own class below this one."""
