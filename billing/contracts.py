"""Which contract, and which issuer, is in force in a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.days import month_days

if TYPE_CHECKING:
    from terraform.contract import Contract, Issuer
    from terraform.fleet import Community, Fleet


class NoContract(Exception):
    """Nobody can be billed for a month; the message says what the fleet's files lack."""


def in_force(community: Community, month: str) -> Contract | None:
    """Return the community's contract of a month: the last that begins before the month is over. None: there is none, or it ended."""
    days = month_days(month)
    found = [each for each in community.contracts if each.start is None or each.start < days.end]
    if not found or (found[-1].end is not None and found[-1].end <= days.start):
        return None
    return found[-1]


def issuer_of(fleet: Fleet, month: str) -> Issuer:
    """Return who bills a month. Raises NoContract if the fleet says nobody."""
    days = month_days(month)
    found = [each for each in fleet.settings.issuers if each.start is None or each.start < days.end]
    if not found:
        raise NoContract(f"{fleet.path}/fleet.yaml: issuer: is missing: say who bills the communities")
    return found[-1]
