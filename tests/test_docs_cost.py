"""docs/how-a-cost-is-computed.md computes one hour by hand; the code must come to the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from analytics.allocate import allocate
from analytics.engine import connect
from analytics.tables import ACTIVITY, CHARGES, NODES, USAGE_TABLE, Table
from terraform.fleet import Cluster, Fleet, Hub, Policy, Provider, Settings, Weights

PAGE = Path(__file__).parents[1] / "docs" / "how-a-cost-is-computed.md"
HOUR = datetime(2026, 10, 5, 9, tzinfo=UTC)
ZERO = Decimal(0)


def arrow(table: Table, rows: list[dict[str, object]]) -> pa.Table:
    columns = {field.name: [row.get(field.name) for row in rows] for field in table.schema}
    return pa.table({name: pa.array(values, table.schema.field(name).type) for name, values in columns.items()})


def charge() -> dict[str, object]:
    month = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    cost = Decimal("35.00")
    return {
        "BilledCost": cost, "EffectiveCost": cost, "ContractedCost": cost, "ListCost": cost, "BillingCurrency": "USD",
        "BillingAccountId": "payer", "SubAccountId": "account", "InvoiceIssuerName": "Cloud", "ServiceProviderName": "Cloud",
        "ServiceName": "Machines", "ServiceCategory": "Compute", "ChargeCategory": "Usage", "x_Component": "compute",
        "BillingPeriodStart": month[0], "BillingPeriodEnd": month[1], "x_BillingPeriod": "2026-10", "x_Node": "big-1",
        "ChargePeriodStart": HOUR, "ChargePeriodEnd": HOUR + timedelta(hours=1), "x_Source": "focus:test", "x_DeliveryId": "1",
        "x_Cluster": "one",
    }  # fmt: skip


def used(hub: str | None, cpu: str, memory: str, gpu: str) -> dict[str, object]:
    return {
        "hour": HOUR, "day": "2026-10-05", "cluster": "one", "node": "big-1", "pool": "big", "purpose": "user", "hub": hub,
        "cpu_core_hours": Decimal(cpu), "memory_gib_hours": Decimal(memory), "gpu_hours": Decimal(gpu), "storage_gib_hours": ZERO,
    }  # fmt: skip


@pytest.fixture(scope="module")
def allocations() -> list[tuple[str, str, str, Decimal]]:
    weights = Weights(cpu=Decimal("0.30"), memory=Decimal("0.03"), gpu=Decimal("1.00"))
    cluster = Cluster(
        name="one", provider=Provider.GCP, provider_url=None, aliases=("one",), sub_accounts=("account",), billing_accounts=(),
        region=None, paid_by_us=None, billing=(), usage=None, policy=Policy(weights=weights),
        hubs=(Hub("one", "red", "Red", "red.example"), Hub("one", "blue", "Blue", "blue.example")), path=Path("one"),
    )  # fmt: skip
    node = used(None, "10", "100", "1") | {"provider_id": "cloud:///zone/big-1"}
    with connect() as con:
        con.register("charges", arrow(CHARGES, [charge()]))
        con.register("nodes", arrow(NODES, [node]))
        con.register("activity", arrow(ACTIVITY, []))
        usage = [used("red", "5", "40", "1"), used("blue", "2.5", "40", "0"), used(None, "0.5", "5", "0")]
        con.register("usage", arrow(USAGE_TABLE, usage))
        allocate(con, Fleet(Path("fleet"), Settings(), (cluster,), ()))
        return con.execute("select hub, component, basis, billed_cost from allocations order by all").fetchall()


def test_the_page_and_the_code_come_to_the_same(allocations: list[tuple[str, str, str, Decimal]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for hub in ("red", "blue"):
        by_basis = {basis: Decimal(0) for basis in ("usage", "idle", "shared")}
        for who, _, basis, cost in allocations:
            if who == hub:
                by_basis[basis] += cost
        cells = [f"{by_basis['usage']:.2f}", f"{by_basis['idle']:.6f}", f"{by_basis['shared']:.6f}"]
        assert f"| `{hub}` | {' | '.join(cells)} | {sum(by_basis.values()):.6f} |" in text
    assert sum(row[3] for row in allocations) == Decimal(35)


def test_the_gpu_stands_apart_from_the_machine(allocations: list[tuple[str, str, str, Decimal]]) -> None:
    gpu = [(hub, cost) for hub, component, basis, cost in allocations if (component, basis) == ("gpu", "usage")]
    assert gpu == [("red", Decimal(5))]
