"""The example fleet for everybody: generated into a folder of its own, so that nothing configured is near it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from dashboard.opening import OpeningError
from dashboard.site import Mode, Site

_MARK = "made-by"  # the version that generated it, written when it was whole


def demo_site() -> Site:
    """Generate the example fleet where it isn't there yet, and return what to serve. Raises OpeningError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "hubledger" / "public-demo"
    if find_spec("examples") is None:
        raise OpeningError("the example fleet comes with the repository: run this in a copy of it")
    made = folder / _MARK
    if made.exists() and made.read_text() == version("hubledger"):
        return _site(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A process without the environment's fleet, lake and ledger: it can't read or write them by mistake.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUBLEDGER_")}
    done = subprocess.run(  # noqa: S603 – our own command
        [sys.executable, "-m", "examples.demo", str(folder)], env=clean, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise OpeningError(f"{folder}: the example fleet can't be made: {said[-1]}; remove the folder and try again")
    made.write_text(version("hubledger"))
    return _site(folder)


def _site(folder: Path) -> Site:
    return Site(Mode.DEMO, folder / "fleet", str(folder / "lake"), str(folder / "ledger.sqlite"), folder / "dashboard")
