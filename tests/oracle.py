"""Allocation once more, from the design and not from the SQL: small, slow, in exact fractions. What the SQL's results are compared with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from tests.oracle_claims import Claim, Claims, text
from tests.oracle_measures import RESOURCES, Measures

if TYPE_CHECKING:
    from terraform.fleet import Cluster
    from tests.month import Month, Row

Key = tuple[object, ...]


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
    def measures(self) -> Measures:
        return Measures(self.month, self.claims)

    @cached_property
    def clusters(self) -> dict[str, Cluster]:
        return {cluster.name: cluster for cluster in self.month.fleet.clusters}

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
        parts = self.measures.parts(charge, claim)
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
            policy = self.clusters[piece.cluster].policy
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
        else:
            where = piece.charge["x_BillingPeriod"], piece.cluster, piece.charge["BillingCurrency"]
            weights = {} if pot == "shared" else self._idle_weights(piece)
            weights = weights or {hub: millionths(own[(*where, hub)]) for hub in hubs}
        weights = {hub: weight for hub, weight in weights.items() if weight > 0}
        return weights or (dict.fromkeys(hubs, Fraction(1)) if len(hubs) == 1 else {})

    def _users(self, piece: Piece, hub: str) -> int:
        rows = [
            row for row in self.month.activity
            if (row["month"], row["cluster"], row["hub"]) == (piece.charge["x_BillingPeriod"], piece.cluster, hub)
        ]  # fmt: skip
        months = [row["active_users"] for row in rows if len(text(row["period"])) == 7]
        return max(months or [row["active_users"] for row in rows], default=0)

    def _idle_weights(self, piece: Piece) -> dict[str, Fraction]:
        weight = self.clusters[piece.cluster].policy.weights
        day, pool = day_of(piece.charge), piece.claim.pool
        for wanted in ((pool, day), ("", day), ("", None)) if pool else (("", day), ("", None)):
            found: dict[str, Fraction] = defaultdict(Fraction)
            for spot, hour, who, amounts in self.measures.readings.get(piece.cluster, ()):
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


def day_of(charge: Row) -> date:
    start = charge["ChargePeriodStart"]
    assert isinstance(start, datetime)
    return start.date()


def millionths(value: Fraction) -> Fraction:
    """Round to a millionth."""
    return Fraction(round(value * 10**6), 10**6)
