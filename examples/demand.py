"""The people of the example hubs: who comes on a day, when their servers start and how long they run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 9, 1, tzinfo=UTC)
FINAL = ("2026-09", "2026-10")  # the months whose bills are closed
CURRENT = "2026-11"
MONTHS = (*FINAL, CURRENT)
FINAL_DAYS = 61
# The example's present, in hours: November 20 at 18:00 UTC, when bills and measurements were last read.
NOW = 24 * 80 + 18
DAYS = NOW // 24  # that are over


def at(hour: float) -> datetime:
    """The time `hour` hours after the start of the example."""
    return START + timedelta(hours=hour)


def span(hour: float, hours: float = 1) -> tuple[datetime, datetime]:
    """The time from `hour` on, for `hours`."""
    return at(hour), at(hour + hours)


def hour_of(text: str) -> int:
    """The hour index of an ISO time in UTC, the inverse of `at`."""
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - START).total_seconds() // 3600)


@dataclass(frozen=True, slots=True)
class Server:
    """What one server (or Dask worker) asks for."""

    pool: str
    cpu: float
    memory_gib: float
    gpu: int = 0
    cpu_spread: float = 0.6  # of the logarithm of use ÷ request


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch [start, end) of the example, in hours. `days` are those whose people it counts.

    Each is told from random numbers of its own, so that what comes after leaves what was before as it is.
    """

    start: int
    end: int
    days: range


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of one hub. `weekday` and `weekend` are the part of them that comes on an average day."""

    hub: str
    people: int
    weekday: float
    weekend: float
    starts_at: float  # hour of the day, UTC, at which most servers start
    hours: float  # mean length
    server: Server
    from_day: int = 0
    dask: Server | None = None
    dask_days: tuple[int, ...] = ()
    home_gib: float = 0.0  # at the start
    home_growth: float = 0.0  # GiB a day


@dataclass(frozen=True, slots=True)
class Session:
    """A server that runs in [start, end), in hours since START."""

    hub: str
    start: float
    end: float
    server: Server


@dataclass(frozen=True, slots=True)
class Visits:
    """One hub's sessions and how many distinct people came, by day and by month."""

    sessions: tuple[Session, ...]
    by_day: dict[int, int]
    by_month: dict[str, int]

    def __add__(self, later: Visits) -> Visits:
        return Visits(self.sessions + later.sessions, self.by_day | later.by_day, self.by_month | later.by_month)


def visits(audience: Audience, rng: np.random.Generator, chapter: Chapter) -> Visits:
    """Draw what happens on one hub in a chapter. A person has an eagerness of their own, and no name."""
    eagerness = rng.beta(2.0, 2.0, audience.people) * 2
    sessions: list[Session] = []
    by_day: dict[int, int] = {}
    came: dict[str, set[int]] = {month: set() for month in MONTHS}
    for day in range(max(audience.from_day, chapter.start // 24), -(-chapter.end // 24)):
        weekend = at(24 * day).weekday() >= 5
        chance = audience.weekend if weekend else audience.weekday
        people = np.flatnonzero(rng.random(audience.people) < chance * eagerness)
        starts = 24 * day + np.clip(rng.normal(audience.starts_at, 2.6, len(people)), 0.02, 23.9)
        lengths = np.clip(rng.gamma(2.2, audience.hours / 2.2, len(people)), 0.08, 14)
        sessions += [
            Session(audience.hub, float(start), min(float(start + length), chapter.end), audience.server)
            for start, length in zip(starts, lengths, strict=True)
            if chapter.start <= start < chapter.end
        ]
        people = people[starts < chapter.end]
        if day in chapter.days and len(people):
            by_day[day] = len(people)
            came[at(24 * day).strftime("%Y-%m")].update(people.tolist())
        if audience.dask is not None and day in audience.dask_days:
            sessions += _dask(audience.hub, audience.dask, 24 * day + audience.starts_at + 1, rng)
    return Visits(tuple(sessions), by_day, {month: len(people) for month, people in came.items() if people})


def _dask(hub: str, worker: Server, start: float, rng: np.random.Generator) -> Iterable[Session]:
    count = int(rng.integers(9, 26))
    end = start + float(rng.uniform(1.5, 4.5))
    return [Session(hub, start + float(late), end, worker) for late in rng.uniform(0, 0.4, count)]
