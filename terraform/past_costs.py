"""What the cost of a change is reckoned from: this fleet's own past bills. Who reads the lake supplies it; nothing here does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from terraform.fleet import Fleet


class UnreadableBills(InfraError):
    """There are past bills, and they can't be read."""


@dataclass(frozen=True, slots=True)
class PoolMonth:
    """A node pool in a month: the hours that its nodes ran, and their effective cost."""

    cluster: str
    pool: str
    month: str
    node_hours: Decimal
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class StorageMonth:
    """Storage of one price in a month: the bill's word for it, the GiB-hours, and their effective cost."""

    cluster: str
    kind: str
    month: str
    gib_hours: Decimal
    cost: Decimal
    currency: str


class PastCosts(Protocol):
    """The fleet's past bills, as far as changes of its infrastructure ask for them."""

    @property
    def pools(self) -> Sequence[PoolMonth]:
        """Node pools in the latest months."""

    @property
    def storage(self) -> Sequence[StorageMonth]:
        """Storage in the latest months."""

    def month_to_date(self, month: str) -> Mapping[str, Mapping[str, Decimal]] | None:
        """Return what each community cost so far in a month, by currency; None where the month is not allocated."""


class Books(Protocol):
    """Who reads the lake."""

    def past_costs(self, fleet: Fleet, lake: str) -> PastCosts | None:
        """Return the past bills; None where there are none. Raises UnreadableBills."""

    def history(self, fleet: Fleet, lake: str, community: str, folder: Path) -> list[str]:
        """Write the costs and use of a community into a folder; return the files' names. Raises UnreadableBills."""
