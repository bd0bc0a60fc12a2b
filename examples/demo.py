"""`make demo`: the example fleet through the commands a user would type, each shown before its output.

python -m examples.demo DIR writes DIR/fleet, DIR/data and DIR/lake. A second run brings nothing in twice.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from examples.generate import generate

MONTHS = ("2026-09", "2026-10")


def main() -> int:
    """Generate the data where it is not there, run the pipeline, say what to do next; return the exit code."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m examples.demo DIR\n")
        return 2
    folder = Path(sys.argv[1])
    environment = {
        "HUBLEDGER_FLEET": str(folder / "fleet"),
        "HUBLEDGER_LAKE": str(folder / "lake"),
        "HUBLEDGER_LEDGER": str(folder / "ledger.sqlite"),
    }
    if not (folder / "totals.json").exists():
        sys.stdout.write(f"Generating two months of bills and usage in {folder}/\n")
        generate(folder)
    commands = [["fleet", "check"], ["costs", "ingest"]]
    commands += [["costs", "allocate", "--month", month] for month in MONTHS]
    commands += [["costs", "report", "--month", MONTHS[-1]]]
    commands += [["costs", "reconcile", "--month", month] for month in MONTHS]
    for command in commands:
        sys.stdout.write(f"\n$ {shlex.join(['hubledger', *command])}\n")
        sys.stdout.flush()
        program = [sys.executable, "-m", "hubledger", *command]
        done = subprocess.run(program, env=os.environ | environment, check=False)  # noqa: S603 – our own command
        if done.returncode:
            return done.returncode
    settings = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in environment.items())
    further = shlex.join([str(Path(sys.executable).parent / "hubledger"), "costs", "explain", "--help"])
    sys.stdout.write(f"\nTo look further, in this folder:\n\n{settings}\n  {further}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
