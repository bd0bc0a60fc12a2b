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
from examples.demand import CURRENT, FINAL
from examples.generate import generate

MONTHS = FINAL
ISSUED_ON = "2026-10-05"
CLOSING = """
What to look at first

1. The dashboard, in this folder:

{settings}
  {program} dashboard

   It prints an address; open it in a browser. November is under way: what it cost so far, what moved it, and what
   it will come to. Choose October there for the report that is printed above.
2. An invoice as its payer gets it, and the certificate that {month} adds up:

  {exports}/{month}/issued/HC-2026-0003.pdf
  {exports}/{month}/certificate.pdf

3. The way from a figure to the lines of the bill:

  {program} costs explain --hub northlight/aurora --month 2026-10

To look further: {program} --help
"""
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
    if not generated(folder):
        sys.stdout.write(
            f"Generating the bills and usage of two months, and of a third that is under way, in {folder}/\n"
        )
        generate(folder)
    commands = [["fleet", "check"], ["costs", "ingest"]]
    commands += [["costs", "allocate", "--month", month] for month in (*MONTHS, CURRENT)]
    commands += [["costs", command, "--month", MONTHS[-1]] for command in ("report", "reconcile", "replay")]
    commands += money_out(folder)
    for command in commands:
        sys.stdout.write(f"\n$ {shlex.join(['hubledger', *command])}\n")
        sys.stdout.flush()
        run = [sys.executable, "-m", "hubledger", *command]
        done = subprocess.run(run, env=os.environ | environment, check=False)  # noqa: S603 – our own command
        if done.returncode not in (0, LOOK):
            return done.returncode
    settings = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in environment.items())
    program = shlex.quote(str(Path(sys.executable).parent / "hubledger"))
    sys.stdout.write(CLOSING.format(settings=settings, program=program, month=MONTHS[0], exports=folder / "exports"))
    return 0


def generated(folder: Path) -> bool:
    """Say whether the data is there, whole, and with the month that is under way: an older demo had none."""
    totals = folder / "totals.json"
    return totals.exists() and f'"{CURRENT}"' in totals.read_text(encoding="utf-8")


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
