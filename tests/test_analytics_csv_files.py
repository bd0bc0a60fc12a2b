"""CSV files that can't be read: each is told, whatever is the matter with it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from analytics import csv_files
from analytics.engine import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = "a,b\n" + "".join(f"{number},{number * number * 7919}\n" for number in range(20_000))


def damaged(path: Path, at: int = 20, by: bytes = b"\xff") -> None:
    packed = bytearray(gzip.compress(LINES.encode(), mtime=0))
    packed[at : at + 64] = by * 64
    path.write_bytes(packed)


FAULTS: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "no file": lambda path: None,
    "no gzip": lambda path: path.write_text(LINES),
    "a damaged gzip": damaged,
    "a gzip with another checksum": lambda path: damaged(path, at=40_000, by=b"\0"),
    "a cut gzip": lambda path: path.write_bytes(gzip.compress(LINES.encode())[:-20]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_read_to_its_end_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bill.csv.gz"
    FAULTS[name](path)
    with pytest.raises(csv_files.CsvError):
        csv_files.line(path, csv_files.Dialect(), 10**9)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_damaged_gzip_is_told_while_it_is_staged(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "bill.csv.gz"
    damaged(path)
    with connect() as con, pytest.raises(csv_files.CsvError):
        csv_files.stage(con, path, tmp_path / "bill.parquet", csv_files.Dialect(encoding=encoding), ["a", "b"])
