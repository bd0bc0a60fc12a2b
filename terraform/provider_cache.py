"""The folder that keeps providers for all clusters. Terraform may fill it only while nobody starts a provider out of it.

An initialisation takes an entry of the cache away before it puts it there anew, and a plan of another cluster would find nothing.
So those that use it share a lock and one that fills it has it alone; who can't have it soon enough does without the cache.
"""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME, _FILLING = ".lock", ".filling"
_LOOK_SECONDS = 0.05


@contextmanager
def used(cache: Path | None) -> Iterator[list[int]]:
    """Use the cache; yield the files that a process inherits so that the lock lives as long as it does."""
    if cache is None:
        yield []
        return
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / _NAME).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield [lock.fileno()]


@contextmanager
def filled(cache: Path | None, seconds: float) -> Iterator[bool]:
    """Fill the cache, after others that fill it; yield whether that is possible, those who use it being done in so many seconds."""
    if cache is None:
        yield False
        return
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / _FILLING).open("a") as filling, (cache / _NAME).open("a") as lock:
        fcntl.flock(filling, fcntl.LOCK_EX)
        until = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    yield False
                    return
                time.sleep(_LOOK_SECONDS)
            else:
                yield True
                return
