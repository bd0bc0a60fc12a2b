"""Takes a `.tfvars` of the kind that 2i2c keeps per project over into an infrastructure section, where its fields map."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from terraform.fleet import Provider
from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraform.binary import Binary

Values = Mapping[str, object]
_NAME = re.compile(r"^([A-Za-z_][A-Za-z0-9_-]*)\s*=(?!=)", re.MULTILINE)
_HEREDOC = re.compile(r"<<-?\s*(\w+)\n.*?^\s*\1$", re.MULTILINE | re.DOTALL)


class NotReadable(InfraError):
    """A file of variables can't be read as one."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An infrastructure section, and what of the file has no place in it, each with why."""

    section: dict[str, object]
    left_out: tuple[str, ...]


def read(binary: Binary, file: Path, environment: Mapping[str, str]) -> dict[str, object]:
    """Return the variables in a file. Terraform itself reads its own language. Raises NotReadable."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotReadable(f"{file}: can't be read ({error}): name a file of variables") from error
    names = sorted(set(_NAME.findall(_HEREDOC.sub("", text))))
    if not names:
        raise NotReadable(f"{file}: has no variables: each is written as name = value")
    root: dict[str, object] = {"variable": {name: {"type": "any"} for name in names}}
    wanted = ", ".join(f"{name} = var.{name}" for name in names)
    with tempfile.TemporaryDirectory(prefix="hubledger-tfvars-") as folder:
        (Path(folder) / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 – the words are ours, and no shell reads them
            binary.command("console", var_file=str(file.absolute())),
            cwd=folder,
            env={**environment, "TF_DATA_DIR": str(Path(folder) / "data"), "CHECKPOINT_DISABLE": "1"},
            input=f"base64encode(jsonencode({{{wanted}}}))\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    found = re.search(r'"([A-Za-z0-9+/=]+)"\s*$', done.stdout)
    if done.returncode or found is None:
        said = " ".join((done.stderr or done.stdout).replace("│", " ").split())
        raise NotReadable(f"{file}: Terraform can't read it: {said or 'it printed nothing'}")
    return cast("dict[str, object]", json.loads(base64.b64decode(found[1])))


def imported(provider: Provider, variables: Values) -> Imported:
    """Return the infrastructure section that the variables of a cluster on that cloud make."""
    mapping = _Mapping(provider, variables)
    section = mapping.section()
    return Imported(section, tuple(sorted(mapping.left_out)))


class _Mapping:
    """Goes through the variables once, and remembers what had no place."""

    def __init__(self, provider: Provider, variables: Values) -> None:
        self._provider = provider
        self._rest = {name: value for name, value in variables.items() if value is not None}
        self.left_out: list[str] = []

    def section(self) -> dict[str, object]:
        takers: tuple[Callable[[], Values], ...] = (
            self._known_elsewhere,
            self._versions,
            self._pools,
            self._storage,
            self._buckets,
            self._registries,
            self._budget,
            self._labels,
        )
        found: dict[str, object] = {}
        for take in takers:
            found |= {name: value for name, value in take().items() if value not in ({}, None)}
        self.left_out += [f"{name}: has no place in Hubledger's modules" for name in self._rest]
        return found

    def _known_elsewhere(self) -> Values:
        """What the cluster's file says outside of its infrastructure already."""
        for name in ("prefix", "project_id", "region", "regional_cluster", "cluster_name"):
            if name in self._rest:
                value = self._rest.pop(name)
                self.left_out.append(f"{name} = {json.dumps(value)}: is said outside of the infrastructure section")
        zone = self._rest.pop("zone", None) or self._rest.pop("cluster_nodes_location", None)
        return {"zones": [zone]} if zone else {}

    def _versions(self) -> Values:
        versions = _values(self._rest.pop("k8s_versions", {}))
        found = str(versions.get("min_master_version") or "")
        if self._rest.pop("enable_network_policy", None) is not None:
            self.left_out.append("enable_network_policy: network policy is always enforced")
        return {"kubernetes_version": found} if found else {}

    def _pools(self) -> Values:
        pools: dict[str, object] = {}
        core = self._rest.pop("core_node_machine_type", None)
        most = self._rest.pop("core_node_max_count", None)
        if core:
            pools["core"] = {"purpose": "core", "machine_type": core, "min": 1, "max": int(str(most or 5))}
        elif self._provider is not Provider.GCP:
            self.left_out.append("node pools: eksctl makes them, not these variables: write them under node_pools")
        for variable, purpose in (("notebook_nodes", "user"), ("dask_nodes", "dask")):
            for name, given in _values(self._rest.pop(variable, {})).items():
                pool = dict(_values(given))
                gpu = _values(pool.pop("gpu", {}))
                key = _name(name if name.startswith(("nb", "user")) or purpose == "dask" else f"user-{name}")
                key = key if purpose == "user" or key.startswith("dask") else f"dask-{key}"
                spot = pool.pop("preemptible", None)
                if spot is None and purpose == "dask" and self._provider is Provider.GCP:
                    spot = True  # what that variable is by default there
                pools[key] = {"purpose": purpose} | {
                    "machine_type": pool.pop("machine_type", ""),
                    "min": int(str(pool.pop("min", 0))),
                    "max": int(str(pool.pop("max", 1))),
                }
                extra: dict[str, object] = {
                    "spot": spot if spot else None,
                    "gpu": {"type": gpu.get("type"), "count": int(str(gpu.get("count") or 1))}
                    if gpu.get("enabled")
                    else None,
                    "labels": pool.pop("labels", None),
                    "taints": pool.pop("taints", None),
                    "disk_gib": pool.pop("disk_size_gb", None),
                    "disk_type": pool.pop("disk_type", None),
                    "zones": pool.pop("zones", None),
                }
                cast("dict[str, object]", pools[key]).update({name: value for name, value in extra.items() if value})
                self.left_out += [f"{variable}.{name}.{field}: has no place" for field, value in pool.items() if value]
        return {"node_pools": pools}

    def _storage(self) -> Values:
        found: dict[str, object] = {}
        if self._rest.pop("enable_filestore", False):
            tier = self._rest.pop("filestore_tier", None)
            size = int(str(self._rest.pop("filestore_capacity_gb", 1024)))
            found["home"] = {"kind": "share", "size_gib": size} | ({"tier": tier} if tier else {})
        for name, given in _values(self._rest.pop("filestores", {})).items():
            store = _values(given)
            if "capacity_gb" in store or self._provider is Provider.GCP:
                size = int(str(store.get("capacity_gb") or 1024))
                found[_name(name)] = {"kind": "share", "size_gib": size} | (
                    {"tier": store["tier"]} if "tier" in store else {}
                )
            else:
                found[_name(name)] = {"kind": "share", "size_gib": 1024}
                self.left_out.append(
                    f"filestores.{name}: EFS has no size: 1024 GiB is written, what its budget is made of"
                )
        for variable in ("persistent_disks", "ebs_volumes"):
            for name, given in _values(self._rest.pop(variable, {})).items():
                disk = _values(given)
                tier = disk.get("type")
                found[_name(name)] = {"kind": "disk", "size_gib": int(str(disk.get("size") or 10))} | (
                    {"tier": tier} if tier else {}
                )
                hubs = [str(value) for key, value in _values(disk.get("tags")).items() if key.endswith("hub-name")]
                if hubs:
                    cast("dict[str, object]", found[_name(name)])["hub"] = hubs[0]
        return {"home_storage": found}

    def _buckets(self) -> Values:
        buckets: dict[str, dict[str, object]] = {}
        for name, given in _values(self._rest.pop("user_buckets", {})).items():
            bucket = dict(_values(given))
            days = bucket.pop("delete_after", None)
            buckets[name] = {"expire_days": int(str(days))} if days else {}
            hubs = [str(value) for key, value in _values(bucket.pop("tags", {})).items() if key.endswith("hub-name")]
            if hubs:
                buckets[name]["hub"] = hubs[0]
            self.left_out += [f"user_buckets.{name}.{field}: has no place" for field, value in bucket.items() if value]
        for hub, given in sorted(_values(self._rest.pop("hub_cloud_permissions", {})).items()):
            rights = dict(_values(given))
            rights.pop("hub_namespace", None)
            for field, way in (("bucket_admin_access", "writers"), ("bucket_readonly_access", "readers")):
                for name in cast("list[str]", rights.pop(field, None) or []):
                    if name not in buckets:
                        self.left_out.append(f"hub_cloud_permissions.{hub}.{field}: {name} is no bucket of this file")
                        continue
                    bucket = buckets[name]
                    if way == "writers" and bucket.setdefault("hub", hub) == hub:
                        continue
                    cast("list[str]", bucket.setdefault(way, [])).append(hub)
            self.left_out += [
                f"hub_cloud_permissions.{hub}.{field}: has no place" for field, value in rights.items() if value
            ]
        return {"buckets": {_name(name): bucket for name, bucket in buckets.items()}}

    def _registries(self) -> Values:
        repositories = cast("list[str]", self._rest.pop("container_repos", None) or [])
        return {"registries": {_name(name): {"hub": name} for name in repositories}}

    def _budget(self) -> Values:
        amount = self._rest.pop("budget_alert_amount", None)
        email = self._rest.pop("budget_alert_email", None)
        self._rest.pop("budget_alert_enabled", None)
        if not amount:
            return {}
        if not email:
            self.left_out.append(f"budget_alert_amount = {amount}: a budget needs somebody to tell")
            return {}
        return {"budget": {"monthly_amount": amount, "emails": [email]}}

    def _labels(self) -> Values:
        tags = dict(_values(self._rest.pop("default_tags", {})))
        for name in [name for name in tags if name.rpartition("/")[2].rpartition(":")[2] == "cluster-name"]:
            tags.pop(name)
        managed_by = tags.pop("ManagedBy", None)
        labels = {"managed_by": managed_by, "extra": tags}
        return {"labels": {name: value for name, value in labels.items() if value}}


def lines(section: Mapping[str, object]) -> Iterator[str]:
    """Yield an infrastructure section as the YAML of a cluster's file."""
    from io import StringIO

    from ruamel.yaml import YAML

    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump({"infrastructure": section}, text)
    yield from text.getvalue().splitlines()


def _values(value: object) -> Values:
    return cast("Values", value) if isinstance(value, Mapping) else {}


def _name(name: str) -> str:
    """A name that every cloud takes."""
    legal = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")
    return legal if legal[:1].isalpha() else f"x-{legal}"
