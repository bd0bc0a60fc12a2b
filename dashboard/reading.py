"""What the pages read, remembered: every answer is kept by the versions of the lake's tables, the fleet's files, and who asks."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from analytics.lake import Lake
from analytics.report import Cost
from dashboard import data, finance_data, fleet_data
from dashboard import state as states
from terraform.fleet_files import load
from terraform.receipts import receipts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from billing.review import Anomaly
    from billing.spending import Spending
    from dashboard.data import Activity, Costs, Key
    from dashboard.finance_data import Books
    from dashboard.fleet_data import Bill, Finding, IdleHour, Replayed, UnusualDay
    from dashboard.state import State
    from dashboard.viewer import Viewer
    from terraform.fleet import Fleet
    from terraform.receipts import Receipt

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
    ledger: str = ""
    infrastructure: Path = Path("infra")  # where `hubledger infra` keeps its receipts

    def costs(
        self,
        months: tuple[str, ...],
        by: tuple[str, ...],
        *,
        currency: str,
        cost: Cost = Cost.BILLED,
        only: Mapping[str, str] | None = None,
        days: int | None = None,
        without: frozenset[Key] = frozenset(),
    ) -> Costs:
        """Return data.costs."""
        left_out = sorted(without, key=repr)
        asked = ("costs", months, by, currency, cost.value, tuple(sorted((only or {}).items())), days, left_out)
        return _kept(
            self.mark,
            asked,
            lambda: data.costs(
                self.lake,
                self.fleet,
                self.viewer,
                self.state,
                months,
                by,
                currency=currency,
                cost=cost,
                only=only,
                days=days,
                without=without,
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

    def bills(self, month: str) -> tuple[Bill, ...]:
        """Return fleet_data.bills."""
        return self._ask("bills", fleet_data.bills, month)

    def idle_hours(self, month: str, cluster: str) -> tuple[IdleHour, ...]:
        """Return fleet_data.idle_hours."""
        return self._ask("idle_hours", fleet_data.idle_hours, month, cluster)

    def findings(self, month: str) -> tuple[Finding, ...]:
        """Return fleet_data.findings."""
        return self._ask("findings", fleet_data.findings, month)

    def unusual_days(self, month: str, currency: str, cost: Cost) -> tuple[UnusualDay, ...]:
        """Return fleet_data.unusual_days."""
        return self._ask("unusual_days", fleet_data.unusual_days, month, currency, cost)

    def replays(self, month: str, currency: str) -> tuple[Replayed, ...]:
        """Return fleet_data.replays."""
        return self._ask("replays", fleet_data.replays, month, currency)

    def receipts(self) -> tuple[Receipt, ...]:
        """Return what was applied to the infrastructure, oldest first; nothing for who doesn't operate it."""
        return tuple(receipts(self.infrastructure)) if self.viewer.operates else ()

    def books(self) -> Books:
        """Return finance_data.books."""
        return _kept(
            (*self.mark, _moment()), ("books", self.ledger), lambda: finance_data.books(self.ledger, self.viewer)
        )

    def review(self, month: str) -> tuple[Anomaly, ...]:
        """Return finance_data.findings."""
        today = datetime.now(UTC).date()
        return _kept(
            (*self.mark, _moment()),
            ("review", self.ledger, month, today),
            lambda: finance_data.findings(self.ledger, self.lake, self.fleet, self.viewer, month, today),
        )

    def grants(self, today: date) -> tuple[Spending, ...]:
        """Return finance_data.grants."""
        return _kept(
            (*self.mark, _moment()),
            ("grants", self.ledger, today),
            lambda: finance_data.grants(self.ledger, self.fleet, self.viewer, today),
        )

    def document_pdf(self, number: str) -> bytes:
        """Return finance_data.document_pdf."""
        return finance_data.document_pdf(self.ledger, self.fleet, self.viewer, number)

    def certificate_pdf(self, month: str) -> bytes:
        """Return finance_data.certificate_pdf."""
        return finance_data.certificate_pdf(self.ledger, self.lake, self.viewer, month, datetime.now(UTC).date())

    def _ask(self, name: str, ask: Callable[..., T], *values: object) -> T:
        return _kept(self.mark, (name, *values), lambda: ask(self.lake, self.fleet, self.viewer, self.state, *values))


def reading(fleet_path: Path, lake_url: str, ledger: str, viewer: Viewer) -> Reading:
    """Return what there is now. Raises FleetError, LakeError where the fleet or the lake can't be read."""
    lake = Lake(lake_url)
    stamp = _stamp(fleet_path)
    fleet = _fleet(str(fleet_path), stamp)
    found = _state(lake_url, _versions(lake_url))
    mark = (lake_url, found.versions, str(fleet_path), stamp, _scope(viewer))
    return Reading(lake, fleet, viewer, found, mark, ledger, Path(os.environ.get("HUBLEDGER_INFRA", "infra")))


def _scope(viewer: Viewer) -> tuple[object, ...]:
    return (viewer.role, tuple(sorted(viewer.communities)), viewer.guest)


def _moment() -> int:
    """A number that changes every few seconds: what the ledger said before is then asked again."""
    return int(time.time() // LOOK_AGAIN_SECONDS)


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
