"""A desk for one test: a small fleet, no bills yet, an empty lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bills import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk."""
    return Desk(tmp_path)
