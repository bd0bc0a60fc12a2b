"""The fleet as it was read last, as long as no file of it changed: reading it anew takes longer than Terraform needs.

The cache is this user's own file in the folder of --work; whatever is wrong with it, the fleet is read anew.
"""

from __future__ import annotations

import os
import pickle
import stat
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraform.fleet import Fleet

NAME = ".fleet"
_HASH_BYTES = 32


def load(path: Path, folder: Path | None) -> Fleet:
    """Return the fleet in the folder `path`, from the cache in `folder` where that holds it. Raises InfraError with its faults."""
    key = sha256(b"".join(_parts(path))).digest()
    cache = folder / NAME if folder is not None else None
    if cache is not None and (known := _cached(cache, key)) is not None:
        return known
    from terraform.fleet_files import FleetError, load  # what is cached need not wait for its import

    try:
        fleet = load(path)
    except FleetError as error:
        raise InfraError(str(error)) from error
    if cache is not None:
        _keep(cache, key, fleet)
    return fleet


def _parts(path: Path) -> Iterator[bytes]:
    """All that a fleet depends on: its files, where they are, and the code that reads them."""
    yield f"{sys.version} {Path.cwd()} {path}".encode()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        there = file.stat()
        yield f"{file.name} {there.st_size} {there.st_mtime_ns}\n".encode()
    roots = [path, *([path.parent] if path.name == "clusters" else [])]
    for root in roots:
        for pattern in ("*.yaml", "*.yml", "*.csv", "*.zip", "*/*.yaml", "*/*.yml", "*/*/*.yaml", "*/*/*.yml"):
            for file in sorted(root.glob(pattern)):
                if file.suffix in (".csv", ".zip"):
                    there = file.stat()
                    yield f"{file} {there.st_size} {there.st_mtime_ns}\n".encode()
                elif not file.name.startswith("enc-") and file.is_file():
                    content = _content(file)
                    yield f"{file} {len(content)}\n".encode() + content


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return os.urandom(16)  # its fault is the reader's to tell


def _cached(cache: Path, key: bytes) -> Fleet | None:
    try:
        there = cache.lstat()
        mine = there.st_uid == os.geteuid() and stat.S_ISREG(there.st_mode) and not there.st_mode & 0o077
        if not mine:
            return None
        content = cache.read_bytes()
        if content[:_HASH_BYTES] != key:
            return None
        return cast("Fleet", pickle.loads(content[_HASH_BYTES:]))  # noqa: S301 – it is ours: nobody else may write it
    except (OSError, pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, TypeError):
        return None


def _keep(cache: Path, key: bytes, fleet: Fleet) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    beside = cache.with_name(f"{NAME}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key + pickle.dumps(fleet))
    beside.replace(cache)
