"""A small fleet of fourteen months, the last one provisional, written once a test run; tests read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dashboard import state as states
from terraform.fleet_files import load
from tests.long_lake import Shape, write_fleet, write_lake

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.lake import Lake
    from dashboard.state import State
    from terraform.fleet import Fleet

SCRIPT = "<script>alert(1)</script>"


@dataclass(frozen=True, slots=True)
class LongLake:
    """A folder with a fleet and its lake, read. The first hub's display name is SCRIPT."""

    folder: Path
    fleet: Fleet
    lake: Lake
    state: State


@pytest.fixture(scope="session")
def long_lake(tmp_path_factory: pytest.TempPathFactory) -> LongLake:
    """Return it."""
    folder = tmp_path_factory.mktemp("long-lake")
    shape = Shape()
    fleet = load(write_fleet(folder / "fleet", shape, display_name=SCRIPT))
    lake = write_lake(folder / "lake", shape)
    return LongLake(folder, fleet, lake, states.state(lake, states.versions(lake)))
