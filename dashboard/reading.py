"""What the pages read, remembered: every answer is kept by the versions of the lake's tables, the fleet's files, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from analytics.lake import Lake
from analytics.report import Cost
from dashboard import data
from dashboard import state as states
from terraform.fleet_files import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.data import Activity, Costs
    from dashboard.state import State
    from dashboard.viewer import Viewer
    from terraform.fleet import Fleet

T = TypeVar("T")

LOOK_AGAIN_SECONDS = 5.0  # how old the knowledge of the lake's versions may be
MOST = 300  # answers kept


@dataclass(frozen=True, slots=True)
class Reading:
    """A lake, a fleet and a viewer, at one moment. Its methods are those of data.py, each asked once."""

    lake: Lake
    fleet: Fleet
    viewer: Viewer
    state: State
    mark: tuple[object, ...]  # what answers depend on

    def costs(
        self,
        months: tuple[str, ...],
        by: tuple[str, ...],
        *,
        currency: str,
        cost: Cost = Cost.BILLED,
        only: Mapping[str, str] | None = None,
    ) -> Costs:
        """Return data.costs."""
        asked = ("costs", months, by, currency, cost.value, tuple(sorted((only or {}).items())))
        return _kept(
            self.mark,
            asked,
            lambda: data.costs(
                self.lake, self.fleet, self.viewer, self.state, months, by, currency=currency, cost=cost, only=only
            ),
        )

    def currencies(self, month: str) -> tuple[str, ...]:
        """Return data.currencies."""
        return self._ask("currencies", data.currencies, month)

    def communities(self, months: tuple[str, ...]) -> tuple[str, ...]:
        """Return data.communities."""
        return self._ask("communities", data.communities, months)

    def monthly_activity(self, months: tuple[str, ...], community: str | None = None) -> tuple[Activity, ...]:
        """Return data.monthly_activity."""
        return self._ask("monthly_activity", data.monthly_activity, months, community)

    def daily_activity(self, months: tuple[str, ...], community: str | None = None) -> tuple[Activity, ...]:
        """Return data.daily_activity."""
        return self._ask("daily_activity", data.daily_activity, months, community)

    def _ask(self, name: str, ask: Callable[..., T], *values: object) -> T:
        return _kept(self.mark, (name, *values), lambda: ask(self.lake, self.fleet, self.viewer, self.state, *values))


def reading(fleet_path: Path, lake_url: str, viewer: Viewer) -> Reading:
    """Return what there is now. Raises FleetError, LakeError where the fleet or the lake can't be read."""
    lake = Lake(lake_url)
    stamp = _stamp(fleet_path)
    fleet = _fleet(str(fleet_path), stamp)
    found = _state(lake_url, _versions(lake_url))
    mark = (lake_url, found.versions, str(fleet_path), stamp, _scope(viewer))
    return Reading(lake, fleet, viewer, found, mark)


def _scope(viewer: Viewer) -> tuple[object, ...]:
    return (viewer.role, tuple(sorted(viewer.communities)), viewer.guest)


def _stamp(folder: Path) -> tuple[int, int]:
    """What changes when the fleet's files do: their number, and the time of the last change."""
    times = [each.stat().st_mtime_ns for each in folder.rglob("*") if each.suffix in (".yaml", ".yml", ".csv")]
    return len(times), max(times, default=0)


@st.cache_resource(max_entries=4, show_spinner=False)
def _fleet(path: str, stamp: tuple[int, int]) -> Fleet:  # noqa: ARG001 – part of the key
    return load(Path(path))


@st.cache_data(ttl=LOOK_AGAIN_SECONDS, max_entries=4, show_spinner=False)
def _versions(lake_url: str) -> tuple[tuple[str, int], ...]:
    return states.versions(Lake(lake_url))


@st.cache_resource(max_entries=4, show_spinner=False)
def _state(lake_url: str, versions: tuple[tuple[str, int], ...]) -> State:
    return states.state(Lake(lake_url), versions)


def _kept(mark: tuple[object, ...], asked: tuple[object, ...], _ask: Callable[[], T]) -> T:
    """Return what was answered to the same question before, or ask. Answers are never changed: nobody needs a copy."""
    return _answers(repr(mark), repr(asked), _ask)  # type: ignore[return-value]


@st.cache_resource(max_entries=MOST, show_spinner=False)
def _answers(mark: str, asked: str, _ask: Callable[[], object]) -> object:  # noqa: ARG001 – parts of the key
    return _ask()
