"""One cluster at work: the fleet's word for it, its work folder, and Terraform in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from terraform import plan, secret_values
from terraform.infra_errors import InfraError
from terraform.plan import Origin
from terraform.render import MAIN, Root, digest, render
from terraform.run_terms import Patience, Watch
from terraform.runner import Terraform
from terraform.work import Work, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from terraform.binary import Binary
    from terraform.fleet import Cluster, Fleet
    from terraform.process import Interrupts

_STAMP = "hubledger-init.json"


class NoSuchCluster(InfraError):
    """A cluster was named that the fleet doesn't have."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all clusters of one command share. `cache` is the folder that keeps providers; one command at a time fills it."""

    fleet: Fleet
    folder: Path
    binary: Binary
    environment: Mapping[str, str]
    interrupts: Interrupts
    watch: Watch
    day: date
    patience: Patience = field(default_factory=Patience)
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One cluster at work."""

    surroundings: Surroundings
    cluster: Cluster
    work: Work
    root: Root
    terraform: Terraform

    @property
    def name(self) -> str:
        return self.cluster.name

    def origin(self) -> Origin:
        """Return what a plan made now would be made of."""
        lock = self.work.lock_file
        return Origin(
            configuration=self.root.configuration_hash(),
            variables=self.root.variables_hash(),
            lock_file=digest(lock.read_bytes()) if lock.exists() else "",
            commit=plan.commit(self.surroundings.fleet.path),
        )

    def initialise(self, *, migrate_state: bool = False, reconfigure: bool = False, upgrade: bool = False) -> None:
        """Initialise the folder, unless it is already, of the same things."""
        asked = migrate_state or reconfigure or upgrade
        stamp = self.work.data / _STAMP
        if not asked and stamp.exists() and stamp.read_text(encoding="utf-8") == self._inputs():
            return
        self.terraform.init(migrate_state=migrate_state, reconfigure=reconfigure, upgrade=upgrade)
        self.work.data.mkdir(exist_ok=True)
        replace(stamp, self._inputs().encode())

    def serial(self) -> int | None:
        """Return the state's serial after an apply, even if a signal came meanwhile; None where it can't be asked."""
        try:
            return self.terraform.state(afterwards=True).serial
        except InfraError:
            return None

    def _inputs(self) -> str:
        """What an initialisation depends on: everything but the arguments of modules."""
        lock = self.work.lock_file
        backend = json.loads(self.root.files[MAIN])["terraform"]["backend"]
        inputs = [
            self.root.configuration_hash(),
            self.surroundings.binary.identity,
            digest(lock.read_bytes()) if lock.exists() else "",
            backend,
            str(self.work.folder.absolute()),
        ]
        return json.dumps(inputs)


def find(surroundings: Surroundings, name: str) -> Cluster:
    """Return the cluster of that name. Raises NoSuchCluster, with the nearest name there is."""
    clusters = {cluster.name: cluster for cluster in surroundings.fleet.clusters}
    if name not in clusters:
        from terraform.fleet_faults import suggestion  # it takes its time to import

        raise NoSuchCluster(
            f"there is no cluster '{name}' in {surroundings.fleet.path}: {suggestion(name, list(clusters))}"
        )
    return clusters[name]


def open_site(surroundings: Surroundings, cluster: Cluster, *, secrets_needed: bool = True) -> Site:
    """Return a cluster at work; nothing is written yet. Raises InfraError where its files or its secrets don't suffice.

    Only what plans and applies needs the secrets: whoever looks at a state or unlocks it need not have them.
    """
    work = Work(cluster.name, surroundings.folder / cluster.name)
    root = render(surroundings.fleet, cluster, work.folder, surroundings.day)
    sources = cluster.infrastructure.secrets if cluster.infrastructure else ()
    secrets = secret_values.read(cluster.name, sources, surroundings.environment, needed=secrets_needed)
    terraform = Terraform(
        surroundings.binary,
        cluster,
        work,
        environment=surroundings.environment,
        secrets=secrets,
        interrupts=surroundings.interrupts,
        watch=surroundings.watch,
        patience=surroundings.patience,
        plugin_cache=surroundings.cache,
    )
    return Site(surroundings, cluster, work, root, terraform)
