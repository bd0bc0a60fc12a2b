"""All that a month's documents follow from besides the lake: contracts, issuer, rates, what grants were charged before.

It is kept whole with the documents, so that they can be computed again when contracts have long changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from terraform.contract import Contract, Issuer  # noqa: TC001 – pydantic reads these classes' annotations

if TYPE_CHECKING:
    from collections.abc import Collection

ZERO = Decimal(0)


class NotInputs(Exception):
    """A text is not what `Inputs.to_json` wrote."""


@dataclass(frozen=True, slots=True)
class Stay:
    """How many days of the month a hub (`cluster/hub`) was a community's."""

    community: str
    hub: str
    days: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A community and the contract that is in force in the month."""

    community: str
    contract: Contract


@dataclass(frozen=True, slots=True)
class BillRate:
    """What one unit of a bill's currency is worth in `currency`, and who says so."""

    issuer: str
    account: str
    base: str
    currency: str
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What a provider's own document says that an account's month comes to."""

    issuer: str
    account: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """What a grant was charged by the documents of other months, with tax."""

    community: str
    award: str
    charged: Decimal


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A table of the lake and a version of it."""

    table: str
    version: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the documents of `month` are computed from. `bills` is final or provisional, `reason` why a provisional month
    was closed all the same, `notes` what the allocation noticed."""

    month: str
    versions: tuple[TableVersion, ...]
    bills: str
    issuer: Issuer
    signed: tuple[Signed, ...]
    stays: tuple[Stay, ...] = ()
    rates: tuple[BillRate, ...] = ()
    stated: tuple[Stated, ...] = ()
    balances: tuple[Balance, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()

    def version(self, table: str) -> int | None:
        """Return the version of a table, None where it wasn't there."""
        return self.at.get(table)

    @property
    def at(self) -> dict[str, int]:
        """The version of each table."""
        return {each.table: each.version for each in self.versions}

    def charged_before(self, community: str, award: str) -> Decimal:
        """Return what a grant was charged by the documents of other months."""
        return sum((each.charged for each in self.balances if (each.community, each.award) == (community, award)), ZERO)

    def rate(self, issuer: str, account: str, base: str, currency: str) -> BillRate | None:
        """Return the rate of a bill into `currency`, None where there is none."""
        if base == currency:
            return BillRate(issuer, account, base, currency, Decimal(1), "")
        wanted = (issuer, account, base, currency)
        return next(
            (each for each in self.rates if (each.issuer, each.account, each.base, each.currency) == wanted), None
        )

    def of(self, communities: Collection[str]) -> tuple[Signed, ...]:
        """Return what these communities have signed; of all where none is named."""
        return tuple(each for each in self.signed if not communities or each.community in communities)

    def to_json(self) -> str:
        """Return it as JSON, the same text for the same inputs."""
        return json.dumps(
            _plain(_adapter().dump_python(self)), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def because(self, reason: str) -> Inputs:
        """Return it with the reason why a provisional month is closed."""
        return replace(self, reason=reason)


def from_json(text: str) -> Inputs:
    """Return the inputs that `to_json` wrote. Raises NotInputs."""
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise NotInputs(f"{error.error_count()} values are wrong, first {error.errors()[0]['loc']}") from error


@cache
def _adapter() -> TypeAdapter[Inputs]:
    return TypeAdapter(Inputs)


def _plain(value: Any) -> object:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else value
