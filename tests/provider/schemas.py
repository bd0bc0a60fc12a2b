"""Make `reduced/<provider>.json` anew: the schemas of the types that the modules and the tests use.

    python -m tests.provider.schemas              # the same versions as before, for the types used now
    python -m tests.provider.schemas --upgrade    # the newest versions
    python -m tests.provider.schemas --wheels DIR # with wheels that are there already

They come from the wheels of `cdktn-provider-*`, which pip fetches; each JSON says which wheel it was made from.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tests.provider.jsii import Source

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = REPOSITORY / "terraform" / "modules"
SCHEMAS = Path(__file__).resolve().parent / "reduced"
TYPES = SCHEMAS / "types.txt"  # what the tests use beside the modules
PROVIDERS = ("google", "aws", "azurerm", "helm", "kubernetes")
FRAMEWORK = ("helm",)  # providers whose resources have nested attributes throughout
BLOCK = re.compile(r'^\s*(resource|data)\s+"([a-z0-9]+_[a-z0-9_]+)"', re.MULTILINE)
SECTIONS = {"resource": "resource_schemas", "data": "data_source_schemas"}
OWN = "terraform_"  # built into Terraform itself


class Missing(Exception):
    """A type has no schema in the wheel."""


def used(folder: Path = MODULES) -> set[tuple[str, str]]:
    """Return what the modules and the tests use: ("resource", "aws_vpc"), ("data", "aws_partition")."""
    found = {tuple(line.split()) for line in TYPES.read_text().splitlines() if line and not line.startswith("#")}
    for path in folder.rglob("*.tf"):
        found |= set(BLOCK.findall(path.read_text()))
    return {(section, kind) for section, kind in found if not kind.startswith(OWN)}


def provenance(provider: str) -> dict[str, str]:
    """Return what the committed schemas of `provider` were made from; nothing where there are none."""
    path = SCHEMAS / f"{provider}.json"
    result: dict[str, str] = json.loads(path.read_text())["provenance"] if path.exists() else {}
    return result


def make(wheel: Path, provider: str, wanted: set[tuple[str, str]]) -> dict[str, Any]:
    """Return the document of schemas for the `wanted` types of `provider`."""
    folders = {_folder(section, kind): (section, kind) for section, kind in wanted}
    sources: dict[str, list[str]] = {}
    package: dict[str, Any] = {}
    with zipfile.ZipFile(wheel) as archive:
        (inner,) = (name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        content = archive.read(inner)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as files:
        for member in files:
            parts = member.name.split("/")
            wants = len(parts) > 3 and parts[1] == "lib" and parts[2] in {*folders, "provider"}
            if not (wants and parts[-1].endswith(".js")) and member.name != "package/package.json":
                continue
            stream = files.extractfile(member)
            assert stream is not None, member.name
            text = stream.read().decode()
            if member.name == "package/package.json":
                package = json.loads(text)
            else:
                sources.setdefault(parts[2], []).append(text)
    told = package["cdktn"]["provider"]
    schemas: dict[str, Any] = {"resource_schemas": {}, "data_source_schemas": {}, "provider": {}}
    for texts in sources.values():
        for section, found in Source("\n".join(texts), framework=provider in FRAMEWORK).schemas().items():
            schemas[section].update(found)
    (schemas["provider"],) = schemas["provider"].values()
    missing = sorted(kind for section, kind in wanted if kind not in schemas[SECTIONS[section]])
    if missing:
        raise Missing(f"{wheel.name} has no {', '.join(missing)}")
    name, version = wheel.name.split("-")[:2]
    return {
        "format_version": "1.0",
        "provenance": {
            "made_by": "python -m tests.provider.schemas",
            "package": name.replace("_", "-"),
            "version": version,
            "file": wheel.name,
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "provider": told["name"],
            "provider_version": told["version"],
        },
        "provider_schemas": {told["name"]: schemas},
    }


def _folder(section: str, kind: str) -> str:
    """Return the folder of a type in the package: container-cluster, data-google-client-config."""
    provider, _, rest = kind.partition("_")
    return (f"data-{provider}-{rest}" if section == "data" else rest).replace("_", "-")


def text(document: dict[str, Any]) -> str:
    """Return the document as JSON with a line for each type, which keeps it small and its changes readable."""
    (name, schemas), *_ = document["provider_schemas"].items()

    def line(value: Any) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))

    sections = []
    for section in SECTIONS.values():
        rows = ",\n".join(f"{json.dumps(kind)}:{line(schema)}" for kind, schema in sorted(schemas[section].items()))
        sections.append(f"{json.dumps(section)}:{{\n{rows}\n}}")
    return (
        f'{{\n"format_version":{line(document["format_version"])},\n"provenance":{json.dumps(document["provenance"])},\n'
        f'"provider_schemas":{{{json.dumps(name)}:{{\n"provider":{line(schemas["provider"])},\n'
        + ",\n".join(sections)
        + "\n}}\n}\n"
    )


def fetch(provider: str, folder: Path, *, upgrade: bool) -> Path:
    """Let pip fetch the provider's wheel, in the version of before unless `upgrade`."""
    before = provenance(provider)
    package = f"cdktn-provider-{provider}"
    wanted = package if upgrade or not before else f"{package}=={before['version']}"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder, wanted],
        check=True,
    )
    return _wheel(provider, folder)


def _wheel(provider: str, folder: Path) -> Path:
    (wheel,) = folder.glob(f"cdktn_provider_{provider}-*.whl")
    return wheel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest wheels")
    parser.add_argument("--wheels", type=Path, help="a folder that has the wheels")
    options = parser.parse_args()
    types = used()
    with tempfile.TemporaryDirectory() as scratch:
        for provider in PROVIDERS:
            there = options.wheels and _wheel(provider, options.wheels)
            wheel = there or fetch(provider, Path(scratch), upgrade=options.upgrade)
            wanted = {(section, kind) for section, kind in types if kind.split("_")[0] == provider}
            document = make(wheel, provider, wanted)
            (SCHEMAS / f"{provider}.json").write_text(text(document))
            told = document["provenance"]
            print(f"{provider} {told['provider_version']}: {len(wanted)} types from {told['file']}")


if __name__ == "__main__":
    main()
