"""Generate the example: `python -m examples.generate --to demo` writes the fleet, its bills and its usage there.

    demo/fleet        a copy of examples/fleet
    demo/data/bills   FOCUS files, one a cloud and month
    demo/data/usage   what Prometheus measured, a folder a cluster
    demo/totals.json  what the bills amount to, added up from the files

The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import bill_aws, bill_azure, bill_gcp
from .bill import write_csv, write_parquet
from .clusters import BASALT, NORTHLIGHT, TIDEWATER, tell
from .demand import MONTHS
from .measured import write_usage
from .totals import totals

if TYPE_CHECKING:
    from collections.abc import Sequence

FLEET = Path(__file__).parent / "fleet"
SEED = 2026


def generate(to: Path, *, seed: int = SEED) -> list[dict[str, str | int]]:
    """Write the example under `to`, replacing an earlier one; return what the bills amount to."""
    bills, usage = to / "data" / "bills", to / "data" / "usage"
    for folder in (to / "fleet", bills, usage):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FLEET, to / "fleet")

    tidewater, northlight, basalt = (tell(plan, seed) for plan in (TIDEWATER, NORTHLIGHT, BASALT))
    write_usage(tidewater, usage / "tidewater")
    write_usage(northlight, usage / "northlight")
    write_usage(basalt, usage / "basalt", as_csv=True)

    google, amazon, microsoft = bill_gcp.gcp(tidewater), bill_aws.aws(northlight), bill_azure.azure(basalt)
    for month in MONTHS:
        write_csv(google.of(month), bill_gcp.COLUMNS, bills / "gcp" / f"focus-{month}.csv.gz")
        write_parquet(amazon.of(month), bill_aws.COLUMNS, bills / "aws" / f"focus-{month}.parquet")
        write_csv(microsoft.of(month), bill_azure.COLUMNS, bills / "azure" / f"focus-{month}.csv")

    result = totals(bills)
    (to / "totals.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line: the totals go to stdout."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.generate", description="Generate the example fleet's bills and usage."
    )
    parser.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="folder to write to; made if it isn't there"
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, help="another seed tells another story (default: %(default)s)"
    )
    given = parser.parse_args(arguments)
    json.dump(generate(given.to, seed=given.seed), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
