"""The past bills as they were read last, as long as nothing in the lake's folder changed: a plan need not read them anew."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from terraform.past_costs import PoolMonth, StorageMonth
from terraform.work import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terraform.past_costs import PastCosts

NAME = ".past-costs.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """Past bills out of the cache; what a month cost so far is always asked anew."""

    pools: tuple[PoolMonth, ...]
    storage: tuple[StorageMonth, ...]
    find: Callable[[], PastCosts | None]

    def month_to_date(self, month: str) -> Mapping[str, Mapping[str, Decimal]] | None:
        """Return what each community cost so far in a month, by currency; None where the month is not allocated."""
        found = self.find()
        return found.month_to_date(month) if found else None


def past_costs(folder: Path, lake: str, find: Callable[[], PastCosts | None]) -> PastCosts | None:
    """Return the past bills, out of the cache in `folder` where the lake's folder is as it was, else as `find` tells."""
    key = _key(lake)
    cache = folder / NAME
    if key is not None and (kept := _read(cache, key, find)) is not None:
        return kept
    found = find()
    if found is not None and key is not None:
        told = {"key": key, "pools": list(map(asdict, found.pools)), "storage": list(map(asdict, found.storage))}
        replace(cache, json.dumps(told, default=str).encode())
    return found


def _key(lake: str) -> str | None:
    """What changes with the lake's folder; None for a lake elsewhere, which is asked each time."""
    root = Path(lake.removeprefix("file://"))
    if "://" in lake.removeprefix("file://") or not root.is_dir():
        return None
    parts = [f"{path} {path.stat().st_mtime_ns}" for path in sorted(root.glob("*/*")) if path.is_dir()]
    return sha256("\n".join([str(root.absolute()), *parts]).encode()).hexdigest()


def _read(cache: Path, key: str, find: Callable[[], PastCosts | None]) -> Kept | None:
    try:
        told = json.loads(cache.read_bytes())
        if told["key"] != key:
            return None
        pools = tuple(
            PoolMonth(**one | {name: Decimal(one[name]) for name in ("node_hours", "cost")}) for one in told["pools"]
        )
        storage = tuple(
            StorageMonth(**one | {name: Decimal(one[name]) for name in ("gib_hours", "cost")})
            for one in told["storage"]
        )
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
        return None
    return Kept(pools, storage, find)
