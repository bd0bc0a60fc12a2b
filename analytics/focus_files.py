"""Where FOCUS files are: a path, a folder, a glob, or a URL of these; what is far away is fetched."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path

import pyarrow as pa
import requests
from pyarrow import fs as pafs

from analytics.source import SourceError

SUFFIXES = (".parquet", ".csv", ".csv.gz")


class FocusError(SourceError):
    """A FOCUS file can't be had or can't be read; nothing of it was written."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. `path` is where DuckDB finds it, `name` what people call it."""

    name: str
    path: Path
    mark: str  # changes when the file does
    columns: tuple[tuple[str, str], ...] = ()  # name and DuckDB type
    version: str = ""  # of FOCUS
    foreign: tuple[str, ...] = ()  # columns that are neither FOCUS's nor begin with x_

    @property
    def is_csv(self) -> bool:
        return not self.name.endswith(".parquet")


def find(path: str, scratch: Path) -> list[File]:
    """Return the files that `path` names (a file, a folder, a glob, or a URL of these), fetched if they are far away."""
    if path.startswith(("https://", "http://")):
        return [_download(path, scratch)]
    if "://" in path and not path.startswith("file://"):
        return _fetch(path, scratch)
    local = Path(path.removeprefix("file://"))
    if local.is_dir():
        found = sorted(each for each in local.rglob("*") if each.name.endswith(SUFFIXES))
    elif local.exists():
        found = [local]
    else:
        root = Path(local.anchor)
        found = sorted(each for each in root.glob(str(local.relative_to(root))) if each.is_file())
    if not found:
        raise FocusError(
            f"{path}: no such file; correct billing.path in the cluster's file, or have the export run first"
        )
    files = []
    for each in found:
        _check_suffix(str(each))
        stat = each.stat()
        files.append(File(str(each), each, f"{stat.st_size} {stat.st_mtime_ns}"))
    return files


def _download(url: str, scratch: Path) -> File:
    name = url.split("?")[0]  # a query may hold a signature: it is not for messages
    _check_suffix(name)
    target = scratch / Path(name).name
    digest = hashlib.sha256()
    try:
        with requests.get(url, stream=True, timeout=60) as answer, target.open("wb") as file:
            if not answer.ok:
                raise FocusError(
                    f"{name}: the server answered {answer.status_code} {answer.reason}; check address and access"
                )
            for chunk in answer.iter_content(2**20):
                digest.update(chunk)
                file.write(chunk)
    except requests.RequestException as error:
        raise FocusError(f"{name}: {type(error).__name__}; check the address and the network") from error
    return File(name, target, digest.hexdigest())


def _fetch(url: str, scratch: Path) -> list[File]:
    """Copy the objects of a bucket that `url` names into `scratch`."""
    head = re.split(r"[*?\[]", url, maxsplit=1)[0]
    base = head.rsplit("/", 1)[0] if has_magic(url) else url
    try:
        filesystem, root = pafs.FileSystem.from_uri(base)
        info = filesystem.get_file_info(root)
        if info.type == pafs.FileType.File:
            found = [info]
        else:
            pattern = root + url[len(base) :] if has_magic(url) else f"{root.rstrip('/')}/*"
            found = [
                each
                for each in filesystem.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True))
                if each.type == pafs.FileType.File and fnmatchcase(each.path, pattern) and each.path.endswith(SUFFIXES)
            ]
        files = []
        for number, each in enumerate(sorted(found, key=lambda each: each.path)):
            _check_suffix(each.path)
            target = scratch / f"{number} {Path(each.path).name}"
            pafs.copy_files(
                each.path, str(target), source_filesystem=filesystem, destination_filesystem=pafs.LocalFileSystem()
            )
            mark = f"{each.size} {each.mtime_ns}"
            files.append(File(f"{url.split('://')[0]}://{each.path}", target, mark))
    except (OSError, pa.ArrowException) as error:
        raise FocusError(f"{url}: {str(error).splitlines()[0]}; check the address and this account's access") from error
    if not files:
        raise FocusError(
            f"{url}: no such object; correct billing.path in the cluster's file, or have the export run first"
        )
    return files


def _check_suffix(name: str) -> None:
    if not name.endswith(SUFFIXES):
        raise FocusError(f"{name}: not a FOCUS file's name; they end in {', '.join(SUFFIXES)}")
