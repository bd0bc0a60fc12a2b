"""A desk with a small fleet, bills in FOCUS files and a lake: lines in few words, delivered as often as a test wants."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.deliveries import history
from analytics.engine import connect
from analytics.ingest import ingest
from analytics.lake import Lake
from analytics.month import allocate_month
from analytics.progress import progress
from analytics.tables import CHARGES
from terraform.fleet_files import load

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.deliveries import Entry
    from analytics.ingest import Ingested
    from analytics.month import Computed
    from terraform.fleet import Fleet

Line = dict[str, str]
NOW = datetime(2026, 11, 10, tzinfo=UTC)
CLUSTER = """\
name: reef
provider: kubeconfig
hubs: [{name: blue}, {name: red}]
accounts: [reef]
billing:
  - {source: focus, name: bills, path: "../../../bills/*.csv"}
"""


def line(
    cost: str | Decimal,
    *,
    hub: str = "blue",
    service: str = "Machines",
    month: str = "2026-10",
    day: int = 5,
    currency: str = "USD",
    issuer: str = "Cloud",
    account: str = "payer",
    category: str = "Usage",
    invoice: str = "INV-1",
    priced: tuple[str, str] | None = None,
    **columns: str,
) -> Line:
    """Return a line of a bill. Without an invoice the month is provisional; `priced` is the cost in the pricing currency."""
    year, number = int(month[:4]), int(month[5:])
    end = f"{year + number // 12}-{number % 12 + 1:02}-01T00:00:00Z"
    cost = f"{cost:f}" if isinstance(cost, Decimal) else cost
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "BillingCurrency": currency,
        "BillingAccountId": account,
        "BillingPeriodStart": f"{month}-01T00:00:00Z",
        "BillingPeriodEnd": end,
        "ChargePeriodStart": f"{month}-{day:02}T00:00:00Z",
        "ChargePeriodEnd": f"{month}-{day + 1:02}T00:00:00Z",
        "ChargeCategory": category,
        "InvoiceIssuerName": issuer,
        "InvoiceId": invoice,
        "ServiceCategory": "Compute",
        "ServiceName": service,
        "ServiceProviderName": issuer,
        "HostProviderName": issuer,
        "SubAccountId": "reef",
        "PricingCurrency": priced[0] if priced else "",
        "PricingCurrencyEffectiveCost": priced[1] if priced else "",
        "Tags": json.dumps({"hub-name": hub, "cluster-name": "reef"}) if hub else "{}",
        **columns,
    }


@dataclass(slots=True)
class Desk:
    """A folder with `fleet/`, `bills/` and `lake/`."""

    folder: Path
    writes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write_fleet("clusters/reef/cluster.yaml", CLUSTER)
        (self.folder / "bills").mkdir()

    @property
    def fleet_folder(self) -> Path:
        return self.folder / "fleet"

    @property
    def fleet(self) -> Fleet:
        return load(self.fleet_folder)

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / "lake"))

    def write_fleet(self, name: str, text: str) -> None:
        """Write a file of the fleet."""
        path = self.fleet_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write_bill(self, *lines: Line, name: str = "bill", age: int | None = None) -> Path:
        """Write a bill; each writing is a second younger than the one before, or as old as `age` says."""
        path = self.folder / "bills" / f"{name}.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        self.writes.append(name)
        second = 1_800_000_000 + (len(self.writes) if age is None else age)
        os.utime(path, (second, second))
        return path

    def ingest(self, now: datetime = NOW) -> Ingested:
        """Bring in what is there; nothing may fail."""
        with progress() as watch:
            found = ingest(self.fleet, self.lake, clusters=None, months=None, now=now, watch=watch)
        assert not found.failures, found.failures
        return found

    def deliver(self, *lines: Line, now: datetime = NOW, name: str = "bill") -> Ingested:
        """Write a bill and bring it in."""
        self.write_bill(*lines, name=name)
        return self.ingest(now)

    def allocate(self, month: str = "2026-10", *, refresh_rates: bool = False) -> Computed:
        """Allocate a month."""
        return allocate_month(self.lake, self.fleet, month, refresh_rates=refresh_rates)

    def history(self, month: str | None = None) -> tuple[Entry, ...]:
        """Return the deliveries there were."""
        return history(self.lake, month)

    def billed(self) -> dict[str, Decimal]:
        """Return what the lake's charges come to, by month."""
        with connect() as con:
            self.lake.attach(con, CHARGES)
            query = "select x_BillingPeriod, sum(BilledCost) from charges group by all order by all"
            return dict(con.execute(query).fetchall())
