"""How what was measured splits a charge, in exact fractions, from the design: the oracle's second half."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from tests.month import HOUR, Month, Row
from tests.oracle_claims import Claim, Claims, Spot, text

if TYPE_CHECKING:
    from terraform.fleet import Policy

Parts = dict[str | None, dict[str, tuple[Fraction, Fraction]]]  # hub → resource → its part by use, by idle
RESOURCES = ("cpu", "memory", "gpu")
COLUMNS = {"cpu": "cpu_core_hours", "memory": "memory_gib_hours", "gpu": "gpu_hours"}


@dataclass
class Measures:
    """What was measured in a month."""

    month: Month
    claims: Claims

    def parts(self, charge: Row, claim: Claim) -> Parts | None:
        """Return each hub's parts of the charge; hub None is nobody's use, and idle that no hub of that scope takes."""
        return self._home(charge, claim) if claim.scope == "home" else self._machines(charge, claim)

    def _policy(self, cluster: str) -> Policy:
        return next(each.policy for each in self.month.fleet.clusters if each.name == cluster)

    @cached_property
    def readings(self) -> dict[str, list[tuple[Spot, datetime, str | None, dict[str, Fraction]]]]:
        """By cluster: where it was (machine, pool, purpose), hour, 'capacity' or a hub or None, and how much. Core nodes left out."""
        found: dict[str, list[tuple[Spot, datetime, str | None, dict[str, Fraction]]]] = defaultdict(list)
        for row in self.month.nodes:
            found[row["cluster"]].append((self.claims.spot(row), row["hour"], "capacity", self._amounts(row)))
        for row in self.month.usage:
            if row["node"] is not None:
                found[row["cluster"]].append(
                    (self.claims.spot_of_usage(row), row["hour"], self._hub(row), self._amounts(row))
                )
        return {
            cluster: [entry for entry in entries if entry[0]["purpose"] != "core"] for cluster, entries in found.items()
        }

    def _hub(self, row: Row) -> str | None:
        return text(row["hub"]) if text(row["hub"]) in self.claims.hubs.get(text(row["cluster"]), ()) else None

    @staticmethod
    def _amounts(row: Row) -> dict[str, Fraction]:
        return {resource: Fraction(row[COLUMNS[resource]]) for resource in RESOURCES}

    def _machines(self, charge: Row, claim: Claim) -> Parts | None:
        start, last = hours_of(charge)
        days = start.replace(hour=0), last.replace(hour=23)
        pool, purpose = self.claims.widest(claim)
        steps = [(claim.scope, claim.key, (start, last)), (claim.scope, claim.key, days)]
        steps += [("pool", pool, days)] if pool else []
        steps += [("purpose", purpose, days)] if purpose else []
        steps += [("cluster", "", days), ("cluster", "", self._span(claim.cluster))]
        for scope, key, (first, final) in steps:
            parts = self._measure(claim.cluster, scope, key, first, final)
            if parts is not None:
                return parts
        return None

    def _span(self, cluster: str) -> tuple[datetime, datetime]:
        spans = [
            hours_of(charge)
            for charge in self.month.charges
            if self.claims.of(charge).scope and self.claims.of(charge).cluster == cluster
        ]
        return min(first for first, _ in spans).replace(hour=0), max(last for _, last in spans).replace(hour=23)

    def _measure(self, cluster: str, scope: str, key: str, first: datetime, last: datetime) -> Parts | None:
        capacity = dict.fromkeys(RESOURCES, Fraction(0))
        use: dict[str | None, dict[str, Fraction]] = {None: dict.fromkeys(RESOURCES, Fraction(0))}
        for spot, hour, who, amounts in self.readings.get(cluster, ()):
            if not first <= hour <= last or (
                scope != "cluster" and spot["machine" if scope == "node" else scope] != key
            ):
                continue
            into = capacity if who == "capacity" else use.setdefault(who, dict.fromkeys(RESOURCES, Fraction(0)))
            for resource in RESOURCES:
                into[resource] += amounts[resource]
        policy = self._policy(cluster)
        weight = {resource: Fraction(getattr(policy.weights, resource)) for resource in RESOURCES}
        used = {resource: sum((by_hub[resource] for by_hub in use.values()), Fraction(0)) for resource in RESOURCES}
        size = {resource: max(capacity[resource], used[resource]) for resource in RESOURCES}
        if not sum(weight[resource] * size[resource] for resource in RESOURCES):
            return None
        basis = capacity if sum(weight[resource] * capacity[resource] for resource in RESOURCES) else size
        value = sum((weight[resource] * basis[resource] for resource in RESOURCES), Fraction(0))
        hubs_value = {
            hub: sum((weight[r] * by_hub[r] for r in RESOURCES), Fraction(0))
            for hub, by_hub in use.items()
            if hub is not None
        }
        all_value = sum(hubs_value.values(), Fraction(0))
        parts: Parts = {}
        for hub, by_hub in use.items():
            if policy.idle.value == "proportional" and all_value:
                takes = hubs_value[hub] / all_value if hub is not None else Fraction(0)
            else:
                takes = Fraction(hub is None)
            shares = {
                r: (by_hub[r] / size[r], (size[r] - used[r]) / size[r] * takes)
                if size[r]
                else (Fraction(0), Fraction(0))
                for r in RESOURCES
            }
            scaled: dict[str, tuple[Fraction, Fraction]] = {
                r: (weight[r] * basis[r] / value * shares[r][0], weight[r] * basis[r] / value * shares[r][1])
                for r in RESOURCES
            }
            rest = (scaled["cpu"][0] + scaled["memory"][0], scaled["cpu"][1] + scaled["memory"][1])
            whole = (rest[0] + scaled["gpu"][0], rest[1] + scaled["gpu"][1])
            parts[hub] = {r: shares[r] if size[r] else whole for r in RESOURCES}
            parts[hub] |= {"rest": rest, "gpu rest": (scaled["gpu"][0], scaled["gpu"][1])}
        return parts

    def _home(self, charge: Row, claim: Claim) -> Parts | None:
        start, last = hours_of(charge)
        hours = (last - start) // HOUR + 1
        capacity = sum(
            Fraction(other.get("x_StorageGibHours") or 0)
            for other in self.month.charges
            if self.claims.of(other).scope == "home" and self.claims.of(other).cluster == claim.cluster
            and (other["ChargePeriodStart"], other["ChargePeriodEnd"]) == (charge["ChargePeriodStart"], charge["ChargePeriodEnd"])
        )  # fmt: skip
        for first, final in ((start, last), (start.replace(hour=0), last.replace(hour=23)), self._span(claim.cluster)):
            rows = [
                row for row in self.month.usage
                if row["node"] is None and row["purpose"] == "home-nfs" and row["cluster"] == claim.cluster
                and first <= row["hour"] <= final
            ]  # fmt: skip
            held: dict[str | None, Fraction] = {None: Fraction(0)}
            for row in rows:
                held[self._hub(row)] = held.get(self._hub(row), Fraction(0)) + Fraction(row["storage_gib_hours"])
            used = sum(held.values(), Fraction(0))
            size = max(used, capacity * len({row["hour"] for row in rows}) / hours)
            if size:
                return self._home_parts(claim.cluster, held, Fraction(used), Fraction(size))
        return None

    def _home_parts(self, cluster: str, held: dict[str | None, Fraction], used: Fraction, size: Fraction) -> Parts:
        policy = self._policy(cluster).idle.value
        hubs_used = used - held[None]
        parts: Parts = {}
        for hub, amount in held.items():
            if policy == "proportional" and hubs_used:
                takes = Fraction(0) if hub is None else amount / hubs_used
            else:
                takes = Fraction(hub is None)
            share = (amount / size, (size - used) / size * takes)
            parts[hub] = dict.fromkeys((*RESOURCES, "rest"), share) | {"gpu rest": (Fraction(0), Fraction(0))}
        return parts


def hours_of(charge: Row) -> tuple[datetime, datetime]:
    """Return the first and the last hour that the charge touches."""
    start, end = charge["ChargePeriodStart"], charge["ChargePeriodEnd"]
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    last = max(end - timedelta(microseconds=1), start)
    return start.replace(minute=0, second=0, microsecond=0), last.replace(minute=0, second=0, microsecond=0)
