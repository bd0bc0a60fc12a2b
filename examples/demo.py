"""`make demo`: the example fleet through the commands a user would type, each shown before its output.

python -m examples.demo DIR writes DIR/fleet, DIR/data, DIR/lake, DIR/ledger.sqlite and DIR/exports. A second run brings nothing in
twice, and issues nothing twice.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from billing import ledger_rows
from billing.ledger import Ledger
from examples.generate import generate

MONTHS = ("2026-09", "2026-10")
ISSUED_ON = "2026-10-05"
LOOK = 3  # how a review ends that found something to look at


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
    commands += [["costs", "replay", "--month", MONTHS[-1]], *money_out(folder)]
    for command in commands:
        sys.stdout.write(f"\n$ {shlex.join(['hubledger', *command])}\n")
        sys.stdout.flush()
        program = [sys.executable, "-m", "hubledger", *command]
        done = subprocess.run(program, env=os.environ | environment, check=False)  # noqa: S603 – our own command
        if done.returncode not in (0, LOOK):
            return done.returncode
    settings = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in environment.items())
    program_path = shlex.quote(str(Path(sys.executable).parent / "hubledger"))
    invoices = folder / "exports" / MONTHS[0]
    sys.stdout.write(
        f"\nThe invoices and the certificate of {MONTHS[0]} are in {invoices}/\n"
        f"\nTo open the dashboard, in this folder:\n\n{settings}\n  {program_path} dashboard\n"
        f"\nand in a browser the address that it prints. To look further: {program_path} --help\n"
    )
    return 0


def money_out(folder: Path) -> list[list[str]]:
    """Return the commands that bill the first month: from drafts on, or what is left to do if it is closed already."""
    month = ["--month", MONTHS[0]]
    drafts = [["invoices", "draft", *month], ["invoices", "review", *month], ["invoices", "close", *month]]
    ledger = folder / "ledger.sqlite"
    if ledger.exists():
        book = Ledger(str(ledger))
        with book.read() as con:
            period = ledger_rows.period(con, MONTHS[0])
        book.close()
        if period is not None and period.closed:
            drafts = [["invoices", "list"]]
    return [
        *drafts,
        ["invoices", "issue", *month, "--date", ISSUED_ON],
        ["invoices", "certificate", *month],
        ["invoices", "export", *month, "--to", str(folder / "exports")],
    ]


if __name__ == "__main__":
    sys.exit(main())
