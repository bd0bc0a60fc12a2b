"""A gzipped CSV in parts of whole rows: DuckDB reads a plain file on every core, and a gzipped one on one only.

While one part is read, the next is unpacked (by ISA-L, five times as fast as zlib); no more than two lie on the disk at a time.
"""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART = 128 * 2**20
BUFFER = 2**20
QUOTE = ord('"')


class CutError(Exception):
    """A file that is no gzip, or not the whole of one."""


def parts(path: Path, folder: Path, *, size: int = PART) -> Iterator[Path]:
    """Yield files in `folder` with the rows of `path`, without its header; each goes when the next is asked for.

    A part ends where a row does: after a line break that isn't within quotes. Raises CutError.
    """
    rows = _rows(path)
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(_write, rows, folder / "part-0.csv", size)
        number = 0
        while (part := coming.result()) is not None:
            number += 1
            coming = pool.submit(_write, rows, folder / f"part-{number % 2}.csv", size)
            yield part


def _write(rows: Iterator[memoryview], target: Path, size: int) -> Path | None:
    """Write about `size` bytes of whole rows; None where there are no more."""
    written = 0
    target.touch()
    with target.open("r+b", buffering=0) as file:  # over what was there: its pages are in memory already
        while written < size and (piece := next(rows, None)) is not None:
            written += len(piece)
            while piece:
                piece = piece[file.write(piece) :]
        file.truncate(written)
    return target if written else None


def _rows(path: Path) -> Iterator[memoryview]:
    """Yield whole rows, many at once, without the header; what is yielded is good until the next is asked for."""
    held = bytearray(BUFFER)
    filled = 0
    header = True
    with igzip.open(path, "rb") as file:  # type: ignore[no-untyped-call]  # a stub without types
        while count := _read(file, held, filled):
            filled += count
            if end := _end_of_row(held, filled):
                start = held.find(b"\n") + 1 if header else 0
                header = False
                with memoryview(held) as view, view[start:end] as rows:
                    yield rows
                held[: filled - end] = held[end:filled]
                filled -= end
            elif filled == len(held):  # a row that is longer
                held = held + bytes(len(held))
    if filled and not header:
        with memoryview(held) as view, view[:filled] as rows:
            yield rows


def _read(file: igzip.IGzipFile, held: bytearray, filled: int) -> int:
    with memoryview(held) as view, view[filled:] as room:
        try:
            return file.readinto(room)
        except EOFError as error:
            raise CutError("the file ends in the middle") from error
        except (OSError, zlib.error) as error:
            raise CutError(f"it is not gzip, or damaged ({error})") from error


def _end_of_row(held: bytearray, filled: int) -> int:
    """Return where the last whole row of `held` ends, which begins with a row; 0 where none does."""
    end = held.rfind(b"\n", 0, filled) + 1
    odd = _quotes(held, 0, end) % 2
    while end and odd:
        before = held.rfind(b"\n", 0, end - 1) + 1
        odd = (odd + _quotes(held, before, end)) % 2
        end = before
    return end


def _quotes(held: bytearray, start: int, end: int) -> int:
    """Count quotes, five times as fast as bytearray.count."""
    return int(np.count_nonzero(np.frombuffer(held, np.uint8, end - start, start) == QUOTE))
