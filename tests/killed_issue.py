"""Issues a month again and again, killed without warning at another moment each time, until one run comes to its end.

python -m tests.killed_issue LEDGER MONTH prints, as JSON, what the ledger held after each run: drafts and issued numbers. A moment
is just before or just after a statement, just before the commit, or just after it, when the connection is put back.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count

from sqlalchemy import event, func, select

from billing.issuing import issue
from billing.ledger import Ledger
from billing.ledger_tables import CREDIT_NOTES, DRAFTS, EVENTS, INVOICES, LINES
from tests.books import BOOKKEEPER

TABLES = (DRAFTS, INVOICES, LINES, CREDIT_NOTES, EVENTS)


def main() -> int:
    url, month = sys.argv[1:]
    states = []
    for moment in count(1):
        child = os.fork()
        if child == 0:
            _issue(url, month, moment)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        states.append({"killed": os.WIFSIGNALED(status), **_state(url)})
        if not os.WIFSIGNALED(status):
            break
    sys.stdout.write(json.dumps(states))
    return 0 if os.WEXITSTATUS(status) == 0 else 1


def _issue(url: str, month: str, moment: int) -> None:
    ledger = Ledger(url)
    passed = 0

    def tick(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit", "checkin"):
        event.listen(ledger.engine, name, tick)
    issue(ledger, month, actor=BOOKKEEPER)


def _state(url: str) -> dict[str, int]:
    """How many rows each table has. The connection is gone before the next fork."""
    ledger = Ledger(url)
    with ledger.read() as con:
        found = {table.name: con.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}
    ledger.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
