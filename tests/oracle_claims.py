"""Which rule claims a charge, from the design's table: the oracle's first half."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tests.month import Month, Row

Spot = dict[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What claims a charge, and where its cost goes. Empty text is none."""

    rule: str
    cluster: str = ""
    hub: str = ""
    community: str = ""
    pool: str = ""
    purpose: str = ""
    scope: str = ""
    key: str = ""
    pot: str = ""


def text(value: object) -> str:
    """Return the text, empty for none."""
    return "" if value is None else str(value)


class Claims:
    """The claims of a month's charges."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.hubs = {cluster.name: frozenset(hub.name for hub in cluster.hubs) for cluster in month.fleet.clusters}
        self._made: dict[int, Claim] = {}

    def of(self, charge: Row) -> Claim:
        """Return the charge's claim."""
        if id(charge) not in self._made:
            self._made[id(charge)] = self._claim(charge)
        return self._made[id(charge)]

    def spot(self, node: Row) -> Spot:
        """Say which machine, pool and purpose a measured node is."""
        parts = text(node["provider_id"]).split("/")
        name = parts[-1] or text(node["node"])
        if len(parts) > 2 and parts[-2] == "virtualMachines" and name.isdigit():
            name = f"{parts[-3]}/{name}"
        return {"machine": name.lower(), "pool": text(node["pool"]), "purpose": text(node["purpose"])}

    def spot_of_usage(self, row: Row) -> Spot:
        """Say where usage was: on the node of that hour, else on the machine that this node always was, else where it says."""
        same = [node for node in self.month.nodes if (node["cluster"], node["node"]) == (row["cluster"], row["node"])]
        now = [self.spot(node) for node in same if node["hour"] == row["hour"]]
        ever = {tuple(self.spot(node).items()) for node in same}
        if now:
            return now[0]
        if len(ever) == 1:
            return dict(next(iter(ever)))
        return {"machine": text(row["node"]).lower(), "pool": text(row["pool"]), "purpose": text(row["purpose"])}

    def widest(self, claim: Claim) -> tuple[str, str]:
        """Return the pool and the purpose that a claim's place falls to: those that any charge on that place names."""
        same = [
            other
            for other in map(self.of, self.month.charges)
            if (other.scope, other.cluster, other.key) == (claim.scope, claim.cluster, claim.key)
        ]
        return max(other.pool for other in same), max(other.purpose for other in same)

    @cached_property
    def machines(self) -> dict[tuple[str, str], Spot]:
        """By cluster and machine: its newest pool and purpose, ties by name."""
        found: dict[tuple[str, str], list[tuple[datetime, Spot]]] = defaultdict(list)
        for node in self.month.nodes:
            spot = self.spot(node)
            found[text(node["cluster"]), spot["machine"]].append((node["hour"], spot))
        return {
            key: min(
                (spot for hour, spot in seen if hour == max(hour for hour, _ in seen)),
                key=lambda spot: (spot["pool"], spot["purpose"]),
            )
            for key, seen in found.items()
        }

    def _claim(self, charge: Row) -> Claim:
        label, hub = text(charge.get("x_Cluster")), text(charge.get("x_Hub"))
        namespace, machine, pool_label = (
            text(charge.get("x_Namespace")),
            text(charge.get("x_Node")),
            text(charge.get("x_Pool")),
        )
        sub_account = text(charge["SubAccountId"])
        seen = self._labelled(label, sub_account) or self._only_cluster_with(machine)
        owner, community = self._owner(sub_account, text(charge["BillingAccountId"]))
        cluster = seen or ("" if label else owner)
        if hub and (
            home := cluster
            if hub in self.hubs.get(cluster, ())
            else ""
            if cluster
            else self._only_cluster_of(hub, label)
        ):
            return Claim("label", home, hub)
        if cluster and namespace and (namespace in self.hubs[cluster] or not hub):
            if namespace in self.hubs[cluster]:
                return Claim("namespace", cluster, namespace)
            return Claim("namespace", cluster, pot="idle" if namespace == "kube:unallocated" else "shared")
        known = self.machines.get((cluster, machine))
        pool = (known["pool"] if known else "") or pool_label
        purpose = (
            (known["purpose"] if known else "")
            or text(charge.get("x_Purpose"))
            or self._purpose_of(cluster, pool_label)
        )
        pot = "" if hub else "shared"
        if known and purpose != "core":
            return Claim("node", cluster, pool=pool, purpose=purpose, scope="node", key=machine, pot=pot)
        of_nodes = purpose in ("user", "dask") or purpose in {
            s["purpose"] for (c, _), s in self.machines.items() if c == cluster and purpose
        }
        if cluster and purpose not in ("core", "home-nfs") and (pool or of_nodes):
            return Claim(
                "pool",
                cluster,
                pool=pool,
                purpose=purpose,
                scope="pool" if pool else "purpose",
                key=pool or purpose,
                pot=pot,
            )
        if cluster and (purpose == "home-nfs" or (not purpose and charge["x_Component"] == "home storage")):
            return Claim("home", cluster, purpose=purpose, scope="home", pot=pot)
        if hub or (label and not seen):
            return Claim("unattributed", cluster)
        if charge["ChargeCategory"] in ("Tax", "Credit", "Adjustment"):
            return Claim("related", seen or self._owner(sub_account, "")[0], community=community)
        if seen:
            return Claim("shared", cluster, pot="shared")
        if community:
            return Claim("account", community=community)
        return Claim("account", cluster, pot="shared") if owner else Claim("unattributed")

    def _labelled(self, label: str, sub_account: str) -> str:
        named = [c for c in self.month.fleet.clusters if label and label in (c.name, *c.aliases)]
        here = [c for c in named if sub_account in c.sub_accounts]
        for candidates in (here, named):
            if len(candidates) == 1:
                return candidates[0].name
        return ""

    def _only_cluster_with(self, machine: str) -> str:
        having = {cluster for cluster, name in self.machines if name == machine and machine}
        return having.pop() if len(having) == 1 else ""

    def _only_cluster_of(self, hub: str, label: str) -> str:
        """Return the one cluster with that hub; a label must be one of its names, together with an account of its own."""
        having = [c for c in self.month.fleet.clusters if hub in self.hubs[c.name]]
        if len(having) != 1:
            return ""
        if label and not any(self._labelled(label, account) == having[0].name for account in having[0].sub_accounts):
            return ""
        return having[0].name

    def _owner(self, sub_account: str, payer: str) -> tuple[str, str]:
        """Return the cluster or the community whose account it is, by the sub-account first."""
        for account in (sub_account, payer):
            community = next((c.name for c in self.month.fleet.communities if account and account in c.accounts), "")
            if community:
                return "", community
            named = Counter(
                c.name for c in self.month.fleet.clusters if account in (*c.sub_accounts, *c.billing_accounts)
            )
            if account and len(named) == 1:
                return next(iter(named)), ""
            if any(sub_account in c.sub_accounts for c in self.month.fleet.clusters):
                return "", ""  # several clusters' account is not its payer's
        return "", ""

    def _purpose_of(self, cluster: str, pool: str) -> str:
        purposes = {
            spot["purpose"]
            for (name, _), spot in self.machines.items()
            if name == cluster and spot["pool"] == pool and pool
        }
        return purposes.pop() if len(purposes) == 1 else ""
