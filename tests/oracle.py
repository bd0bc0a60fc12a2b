"""Allocation once more, from the design and not from the SQL: small, slow, in exact fractions. What the SQL's results are compared with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from tests.month import HOUR, Month, Row
from tests.oracle_claims import Claim, Claims, text

Parts = dict[str | None, dict[str, tuple[Fraction, Fraction]]]  # hub → resource → its part by use, by idle
Key = tuple[object, ...]
RESOURCES = ("cpu", "memory", "gpu")
COLUMNS = {"cpu": "cpu_core_hours", "memory": "memory_gib_hours", "gpu": "gpu_hours"}


@dataclass(slots=True)
class Piece:
    """Money on its way: whose charge it is, who bears it so far and why."""

    charge: Row
    claim: Claim
    hub: str | None
    basis: str
    billed: Fraction
    effective: Fraction
    gpu: bool = False
    cluster: str = ""
    community: str = ""


@dataclass
class Oracle:
    """The allocations of a month, worked out charge by charge."""

    month: Month
    pieces: list[Piece] = field(default_factory=list)

    def allocate(self) -> dict[Key, tuple[Fraction, Fraction]]:
        """Return billed and effective cost by all that tells allocations apart but coverage."""
        related = []
        for charge in self.month.charges:
            claim = self.claims.of(charge)
            if claim.rule == "related":
                related.append((charge, claim))
            elif claim.scope:
                self._split(charge, claim)
            elif claim.pot:
                self._add(charge, claim, None, f"pot {claim.pot}", Fraction(1))
            else:
                self._add(
                    charge,
                    claim,
                    claim.hub or None,
                    "unattributed" if claim.rule == "unattributed" else "direct",
                    Fraction(1),
                )
        self._spread()
        borne = list(self.pieces)
        for charge, claim in related:
            self._relate(charge, claim, borne)
        result: dict[Key, tuple[Fraction, Fraction]] = defaultdict(lambda: (Fraction(0), Fraction(0)))
        for piece in self.pieces:
            billed, effective = result[self._key(piece)]
            result[self._key(piece)] = billed + piece.billed, effective + piece.effective
        return result

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.month)

    @cached_property
    def clusters(self) -> dict[str, object]:
        return {cluster.name: cluster for cluster in self.month.fleet.clusters}

    @cached_property
    def readings(self) -> dict[str, list[tuple[dict[str, str], datetime, str | None, dict[str, Fraction]]]]:
        """By cluster: where it was (machine, pool, purpose), hour, 'capacity' or a hub or None, and how much. Core nodes left out."""
        found = defaultdict(list)
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

    def _add(
        self, charge: Row, claim: Claim, hub: str | None, basis: str, part: Fraction, *, gpu: bool = False
    ) -> None:
        self.pieces.append(
            Piece(
                charge, claim, hub, basis, Fraction(charge["BilledCost"]) * part, Fraction(charge["EffectiveCost"]) * part,
                gpu, claim.cluster, claim.community,
            )
        )  # fmt: skip

    # What usage splits

    def _split(self, charge: Row, claim: Claim) -> None:
        parts = self._home(charge, claim) if claim.scope == "home" else self._machines(charge, claim)
        if parts is None:
            self._add(charge, claim, None, f"pot {claim.pot}" if claim.pot else "unattributed", Fraction(1))
            return
        resources = [text(charge.get("x_Part"))] if text(charge.get("x_Part")) else ["rest", "gpu rest"]
        for hub, shares in parts.items():
            for resource in resources:
                use, idle = shares[resource]
                gpu = resource == "gpu rest"
                self._add(charge, claim, hub, "usage" if hub is not None else "pot shared", use, gpu=gpu)
                self._add(charge, claim, hub, "idle" if hub is not None else "pot idle", idle, gpu=gpu)

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
        policy = self.clusters[cluster].policy  # type: ignore[attr-defined]
        weight = {resource: Fraction(getattr(policy.weights, resource)) for resource in RESOURCES}
        used = {resource: sum((by_hub[resource] for by_hub in use.values()), Fraction(0)) for resource in RESOURCES}
        size = {resource: max(capacity[resource], used[resource]) for resource in RESOURCES}
        if not sum(weight[resource] * size[resource] for resource in RESOURCES):
            return None
        basis = capacity if sum(weight[resource] * capacity[resource] for resource in RESOURCES) else size
        value = sum(weight[resource] * basis[resource] for resource in RESOURCES)
        hubs_value = {
            hub: sum(weight[r] * by_hub[r] for r in RESOURCES) for hub, by_hub in use.items() if hub is not None
        }
        parts: Parts = {}
        for hub, by_hub in use.items():
            if policy.idle.value == "proportional" and sum(hubs_value.values()):
                takes = hubs_value.get(hub, Fraction(0)) / sum(hubs_value.values()) if hub is not None else Fraction(0)
            else:
                takes = Fraction(hub is None)
            shares = {
                r: (by_hub[r] / size[r], (size[r] - used[r]) / size[r] * takes)
                if size[r]
                else (Fraction(0), Fraction(0))
                for r in RESOURCES
            }
            scaled = {r: tuple(weight[r] * basis[r] / value * share for share in shares[r]) for r in RESOURCES}
            rest = (scaled["cpu"][0] + scaled["memory"][0], scaled["cpu"][1] + scaled["memory"][1])
            whole = (rest[0] + scaled["gpu"][0], rest[1] + scaled["gpu"][1])
            parts[hub] = {r: shares[r] if size[r] else whole for r in RESOURCES}
            parts[hub] |= {"rest": rest, "gpu rest": (scaled["gpu"][0], scaled["gpu"][1])}
        return parts

    def _home(self, charge: Row, claim: Claim) -> Parts | None:
        start, last = hours_of(charge)
        hours = (last - start) // HOUR + 1
        capacity = sum(
            Fraction(other.get("x_StorageGibHours") or 0)  # type: ignore[arg-type]
            for other in self.month.charges
            if self.claims.of(other).scope == "home" and self.claims.of(other).cluster == claim.cluster
            and (other["ChargePeriodStart"], other["ChargePeriodEnd"]) == (charge["ChargePeriodStart"], charge["ChargePeriodEnd"])
        )  # fmt: skip
        for first, final in ((start, last), (start.replace(hour=0), last.replace(hour=23)), self._span(claim.cluster)):
            rows = [
                row for row in self.month.usage
                if row["node"] is None and row["purpose"] == "home-nfs" and row["cluster"] == claim.cluster
                and first <= row["hour"] <= final  # type: ignore[operator]
            ]  # fmt: skip
            held: dict[str | None, Fraction] = {None: Fraction(0)}
            for row in rows:
                held[self._hub(row)] = held.get(self._hub(row), Fraction(0)) + Fraction(row["storage_gib_hours"])  # type: ignore[arg-type]
            used = sum(held.values())
            size = max(used, capacity * len({row["hour"] for row in rows}) / hours)
            if size:
                return self._home_parts(claim.cluster, held, Fraction(used), Fraction(size))
        return None

    def _home_parts(self, cluster: str, held: dict[str | None, Fraction], used: Fraction, size: Fraction) -> Parts:
        policy = self.clusters[cluster].policy.idle.value  # type: ignore[attr-defined]
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

    # What policy spreads

    def _spread(self) -> None:
        own: dict[Key, Fraction] = defaultdict(Fraction)
        for piece in self.pieces:
            if (
                piece.basis in ("usage", "direct")
                and piece.hub
                and piece.charge["ChargeCategory"] in ("Usage", "Purchase")
            ):
                own[piece.charge["x_BillingPeriod"], piece.cluster, piece.charge["BillingCurrency"], piece.hub] += (
                    piece.effective
                )
        waiting = [piece for piece in self.pieces if piece.basis.startswith("pot ")]
        self.pieces = [piece for piece in self.pieces if not piece.basis.startswith("pot ")]
        for piece in waiting:
            pot = piece.basis.removeprefix("pot ")
            policy = self.clusters[piece.cluster].policy  # type: ignore[attr-defined]
            way = (policy.idle if pot == "idle" else policy.shared).value
            weights = self._weights(piece, pot, way, own)
            if not weights:
                basis = pot if way == "operator" else "unattributed"
                self._give(piece, None, basis, Fraction(1))
            for hub, weight in weights.items():
                self._give(piece, hub, pot, weight / sum(weights.values()))

    def _give(self, piece: Piece, hub: str | None, basis: str, part: Fraction) -> None:
        self.pieces.append(
            Piece(
                piece.charge,
                piece.claim,
                hub,
                basis,
                piece.billed * part,
                piece.effective * part,
                piece.gpu,
                piece.cluster,
                piece.community,
            )
        )

    def _weights(self, piece: Piece, pot: str, way: str, own: dict[Key, Fraction]) -> dict[str, Fraction]:
        hubs = self.claims.hubs.get(piece.cluster, frozenset())
        if way == "operator":
            return {}
        if way == "even":
            return dict.fromkeys(hubs, Fraction(1))
        if way == "by-users":
            weights = {hub: Fraction(self._users(piece, hub)) for hub in hubs}
        elif pot == "shared":
            where = piece.charge["x_BillingPeriod"], piece.cluster, piece.charge["BillingCurrency"]
            weights = {hub: millionths(own[(*where, hub)]) for hub in hubs}
        else:
            weights = self._idle_weights(piece)
        weights = {hub: weight for hub, weight in weights.items() if weight > 0}
        return weights or (dict.fromkeys(hubs, Fraction(1)) if len(hubs) == 1 else {})

    def _users(self, piece: Piece, hub: str) -> int:
        rows = [
            row for row in self.month.activity
            if (row["month"], row["cluster"], row["hub"]) == (piece.charge["x_BillingPeriod"], piece.cluster, hub)
        ]  # fmt: skip
        months = [row["active_users"] for row in rows if len(text(row["period"])) == 7]
        return max(months or [row["active_users"] for row in rows], default=0)  # type: ignore[type-var, return-value]

    def _idle_weights(self, piece: Piece) -> dict[str, Fraction]:
        weight = self.clusters[piece.cluster].policy.weights  # type: ignore[attr-defined]
        day, pool = day_of(piece.charge), piece.claim.pool
        for wanted in ((pool, day), ("", day), ("", None)) if pool else (("", day), ("", None)):
            found: dict[str, Fraction] = defaultdict(Fraction)
            for spot, hour, who, amounts in self.readings.get(piece.cluster, ()):
                if (
                    who in (None, "capacity")
                    or wanted[0] not in ("", spot["pool"])
                    or wanted[1] not in (None, hour.date())
                ):
                    continue
                found[text(who)] += sum(Fraction(getattr(weight, r)) * amounts[r] for r in RESOURCES)
            if any(found.values()):
                return dict(found)
        return {}

    # What follows others

    def _relate(self, charge: Row, claim: Claim, borne: list[Piece]) -> None:
        account = ("x_BillingPeriod", "InvoiceIssuerName", "BillingAccountId", "BillingCurrency")
        near = [
            piece for piece in borne
            if piece.charge["ChargeCategory"] in ("Usage", "Purchase") and all(piece.charge[name] == charge[name] for name in account)
        ]  # fmt: skip
        sub_account = text(charge["SubAccountId"])
        levels = []
        if claim.cluster:
            levels.append([piece for piece in near if piece.cluster == claim.cluster])
        if sub_account:
            levels.append([piece for piece in near if text(piece.charge["SubAccountId"]) == sub_account])
        if not claim.cluster and not (claim.community and sub_account):
            levels.append(near)
        for level in levels:
            weights: dict[Key, Fraction] = defaultdict(Fraction)
            for piece in level:
                weights[piece.cluster, piece.community, piece.hub, piece.basis] += piece.effective
            positive = {who: millionths(weight) for who, weight in weights.items() if millionths(weight) > 0}
            if positive:
                for (cluster, community, hub, basis), weight in positive.items():
                    self._bear(
                        charge, claim, text(cluster), text(community), hub, text(basis), weight / sum(positive.values())
                    )
                return
        if claim.community:
            self._bear(charge, claim, "", claim.community, None, "direct", Fraction(1))
        else:
            self._bear(charge, claim, claim.cluster, "", None, "unattributed", Fraction(1))

    def _bear(
        self, charge: Row, claim: Claim, cluster: str, community: str, hub: object, basis: str, part: Fraction
    ) -> None:
        self._add(charge, claim, text(hub) or None, basis, part)
        self.pieces[-1].cluster, self.pieces[-1].community = cluster, community

    def _key(self, piece: Piece) -> Key:
        charge = piece.charge
        component = "gpu" if piece.gpu and charge["x_Component"] == "compute" else charge["x_Component"]
        return (
            charge["x_BillingPeriod"], day_of(charge), charge["InvoiceIssuerName"], charge["BillingAccountId"], piece.cluster or None,
            self._community(piece) or piece.community or None, piece.hub, component, piece.claim.rule, piece.basis,
            charge["ChargeCategory"], charge["BillingCurrency"],
        )  # fmt: skip

    def _community(self, piece: Piece) -> str | None:
        for community in self.month.fleet.communities:
            for member in community.hubs:
                inside = (member.start or date.min) <= day_of(piece.charge) < (member.end or date.max)
                if (member.cluster, member.hub) == (piece.cluster, piece.hub) and inside:
                    return community.name
        return None


def hours_of(charge: Row) -> tuple[datetime, datetime]:
    """Return the first and the last hour that the charge touches."""
    start, end = charge["ChargePeriodStart"], charge["ChargePeriodEnd"]
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    last = max(end - timedelta(microseconds=1), start)
    return start.replace(minute=0, second=0, microsecond=0), last.replace(minute=0, second=0, microsecond=0)


def day_of(charge: Row) -> date:
    start = charge["ChargePeriodStart"]
    assert isinstance(start, datetime)
    return start.date()


def millionths(value: Fraction) -> Fraction:
    """Round to a millionth."""
    return Fraction(round(value * 10**6), 10**6)
