"""What AWS's line items mean: a few at a time as charges, without any bucket."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import aws_lines, engine, gzip_parts
from analytics.aws_columns import Keys
from terraform.fleet import Labels
from tests.aws_bills import (
    PLAN,
    RESERVATION,
    WRITERS,
    Line,
    Write,
    legacy_csv,
    legacy_parquet,
    line,
    modern_csv,
    modern_parquet,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fixtures_golden import Golden

Rows = list[tuple[Any, ...]]
MACHINE = "i-0123456789abcdef0"


def charges(columns: str, lines: Sequence[Line], write: Write = modern_parquet, *, labels: Labels = Labels()) -> Rows:  # noqa: B008
    """Return `columns` of the charges that `lines` become, in order."""
    with tempfile.TemporaryDirectory() as folder, engine.connect() as con:
        name = next(name for name, each in WRITERS.items() if each is write)
        path = Path(folder) / f"0.{name.split('.', 1)[1]}"
        path.write_bytes(write(lines))
        aws_lines.start(con)
        file = aws_lines.stage(con, path, "the bill", labels, talk=print)
        aws_lines.create_view(con, [file], labels)
        aws_lines.check(con, "aws:reef", talk=lambda text: None)
        return con.execute(f"select {columns} from focus order by all").fetchall()


PLANNED = {"savings_plan_a_r_n": PLAN}
RESERVED = {"reservation_a_r_n": RESERVATION}
FEE = {"resource_id": "", "usage_type": "ComputeSP:1yrNoUpfront", "product_code": "ComputeSavingsPlans", "tags": {}}
NOTHING = {"resource_id": "", "usage_type": "", "rate_code": "", "sku": ""}
KINDS: dict[str, Line] = {
    "Usage": line("1"),
    "Usage, spot": line("0.3", usage_type="USW2-SpotUsage:r5.xlarge"),
    "Usage, marketplace": line("2", billing_entity="AWS Marketplace", legal_entity="Dask Cloud", product_code="5hnn"),
    "DiscountedUsage": line("0", line_item_type="DiscountedUsage", reservation_effective_cost="0.6", **RESERVED),
    "RIFee": line(
        "50",
        line_item_type="RIFee",
        unused_amortized_upfront_fee_for_billing_period="3",
        unused_recurring_fee="4",
        **RESERVED,
    ),
    "Fee of a reservation": line("900", line_item_type="Fee", **RESERVED),
    "Fee": line("29", line_item_type="Fee", product_code="AWSSupportBusiness", **NOTHING),
    "SavingsPlanCoveredUsage alone": line(
        "1", line_item_type="SavingsPlanCoveredUsage", savings_plan_savings_plan_effective_cost="0.7", **PLANNED
    ),
    "SavingsPlanNegation alone": line("-1", line_item_type="SavingsPlanNegation", resource_id="", tags={}, **PLANNED),
    "SavingsPlanUpfrontFee": line("800", line_item_type="SavingsPlanUpfrontFee", **FEE, **PLANNED),
    "SavingsPlanRecurringFee": line(
        "10",
        line_item_type="SavingsPlanRecurringFee",
        total_commitment_to_date="10",
        used_commitment="7.5",
        **FEE,
        **PLANNED,
    ),
    "SavingsPlanRecurringFee, used up": line(
        "10",
        line_item_type="SavingsPlanRecurringFee",
        total_commitment_to_date="10",
        used_commitment="10",
        **FEE,
        **PLANNED,
    ),
    "Credit": line("-5", line_item_type="Credit"),
    "Tax": line("1.9", line_item_type="Tax", tax_type="VAT"),
    "Refund of usage": line("-2", line_item_type="Refund", bill_type="Refund"),
    "Refund of tax": line("-0.4", line_item_type="Refund", tax_type="VAT"),
    "Refund of a reservation": line("-90", line_item_type="Refund", **RESERVED),
    "Refund of something": line("-1", line_item_type="Refund", **NOTHING),
    "EdpDiscount": line("-0.5", line_item_type="EdpDiscount"),
    "PrivateRateDiscount": line("-0.5", line_item_type="PrivateRateDiscount"),
    "BundledDiscount": line("-0.5", line_item_type="BundledDiscount"),
    "SppDiscount": line("-0.5", line_item_type="SppDiscount"),
    "What is yet to come": line("0.1", line_item_type="LoyaltyBonus"),
}
SHOWN = (
    "ChargeCategory, ChargeClass, ChargeFrequency, PricingCategory, CommitmentDiscountType, CommitmentDiscountStatus,"
    " BilledCost, EffectiveCost, ListCost, ContractedCost"
)


def test_each_line_item_type_has_its_place_in_focus(golden: Golden) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["line item", *SHOWN.split(", ")])
    for name, each in KINDS.items():
        for row in charges(SHOWN, [each]):
            writer.writerow([name, *(f"{v.normalize():f}" if isinstance(v, Decimal) else v for v in row)])
    golden("aws-line-items.csv", out.getvalue())


def test_a_plan_s_covered_usage_and_negation_are_billed_together() -> None:
    plan = {"line_item_type": "SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost": "0.7", **PLANNED}
    lines = [
        line("1.0000000004", tags={"user:2i2c:hub-name": "prod"}, **plan),
        line("2", tags={"user:2i2c:hub-name": "staging"}, **plan),
        line("-1.5", line_item_type="SavingsPlanNegation", tags={}, **PLANNED),
        line("-1.5", line_item_type="SavingsPlanNegation", tags={}, **PLANNED),
    ]
    found = charges("Tags, BilledCost, EffectiveCost, CommitmentDiscountStatus", lines)
    assert found == [
        ('{"2i2c:hub-name":"prod"}', 0, Decimal("0.7"), "Used"),
        ('{"2i2c:hub-name":"staging"}', 0, Decimal("0.7"), "Used"),
        (None, Decimal("0.0000000004"), 0, "Used"),
    ]


def test_net_costs_count_where_an_account_has_private_discounts() -> None:
    net = {"line_item_net_unblended_cost": "0.8"}
    lines = [
        line("1") | net,
        line("2") | {"line_item_net_unblended_cost": ""},
        line("-0.2", line_item_type="EdpDiscount") | {"line_item_net_unblended_cost": ""},
        line("1", line_item_type="SavingsPlanCoveredUsage", savings_plan_savings_plan_effective_cost="0.7", **PLANNED)
        | net
        | {"savings_plan_net_savings_plan_effective_cost": "0.6"},
    ]
    for write in (modern_parquet, legacy_csv):
        assert charges("BilledCost, EffectiveCost", lines, write) == [
            (0, 0),
            (Decimal("0.8"), Decimal("0.6")),
            (Decimal("0.8"), Decimal("0.8")),
            (2, 2),
        ]


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_tags_are_found_under_the_keys_they_were_set_with(write: Write) -> None:
    tags = {
        "user:2i2c:hub-name": "prod",
        "user:2i2c.org/cluster-name": "reef",
        "user:alpha.eksctl.io/cluster-name": "reef-eks",
        "user:kubernetes.io/cluster/reef-eks": "owned",
        "aws:eks:namespace": "prod",
        "user:hub.jupyter.org/node-purpose": "user",
        "user:cost-centre": "nobody asks",
        "user:Name": "reef-nb-r5",
    }
    (row,) = charges("Tags", [line(tags=tags)], write)
    assert row == (
        '{"2i2c.org/cluster-name":"reef","2i2c:hub-name":"prod","alpha.eksctl.io/cluster-name":"reef-eks",'
        '"aws:eks:namespace":"prod","hub.jupyter.org/node-purpose":"user","kubernetes.io/cluster/reef-eks":"owned"}',
    )


def test_further_tags_are_read_where_the_fleet_keeps_them() -> None:
    found = charges("Tags", [line(tags={"user:cost-centre": "7"})], labels=Labels(keep=("cost-centre",)))
    assert found == [('{"cost-centre":"7"}',)]


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("user:2i2c:hub-name", "2i2c:hub-name"),
        ("user_2i2c_hub_name", "2i2c:hub-name"),
        ("resourceTags/user:2i2c:hub-name", "2i2c:hub-name"),
        ("user:Hub-Name", "hub-name"),
        ("aws_eks_namespace", "aws:eks:namespace"),
        ("user_kubernetes_io_cluster_reef_eks", "kubernetes.io/cluster/reef-eks"),
        ("userAttribute/email", None),
        ("accountTag/hub-name", None),
        ("iamPrincipal/hub-name", None),
        ("user:owner", None),
    ],
)
def test_a_tag_s_key_is_recovered(raw: str, key: str | None) -> None:
    assert Keys(Labels()).key(raw) == key


def pods(costs: dict[str, str], unused: str = "0", **changes: Any) -> list[Line]:
    """Return the lines of pods on a machine, of namespaces with these costs."""
    return [
        line(
            "",
            product_code="AmazonEKS",
            usage_type="USW2-EKS-EC2-vCPU-Hours",
            resource_id=f"arn:aws:eks:us-west-2:111122223333:pod/reef/{namespace}/jupyter-quillon/8c9",
            split_line_item_parent_resource_id=MACHINE,
            split_line_item_split_cost=cost,
            split_line_item_unused_cost=unused,
            tags={"aws:eks:namespace": namespace, "aws:eks:cluster-name": "reef"},
            **changes,
        )
        for namespace, cost in costs.items()
    ]


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_machine_s_cost_is_shared_by_its_namespaces_and_what_is_left_stays(write: Write) -> None:
    machine = line("0.3", tags={"user:2i2c:cluster-name": "reef"})
    lines = [machine, *pods({"prod": "0.1"}, "0.05"), *pods({"prod": "0.04", "support": "0.01"}, "0.05")]
    found = charges("Tags, ResourceId, BilledCost, EffectiveCost, PricingQuantity, ListCost", lines, write)
    assert [(tags, resource, billed) for tags, resource, billed, *_ in found] == [
        ('{"2i2c:cluster-name":"reef","aws:eks:namespace":"prod"}', MACHINE, Decimal("0.14")),
        ('{"2i2c:cluster-name":"reef","aws:eks:namespace":"support"}', MACHINE, Decimal("0.01")),
        ('{"2i2c:cluster-name":"reef"}', MACHINE, Decimal("0.15")),
    ]
    assert sum(effective for _, _, _, effective, _, _ in found) == Decimal("0.3")
    assert sum(quantity for *_, quantity, _ in found) == 1
    assert all(abs(listed - quantity * Decimal("0.3")) < Decimal("1e-11") for *_, quantity, listed in found)


@pytest.mark.parametrize(
    "split",
    [
        pods({"prod": "0.1"}),  # a part of the machine's cost is not told
        pods({"prod": "0.3"}, usage_start_date="2026-10-05T11:00:00Z"),  # of another hour
        pods({"prod": "0.3"}, usage_account_id="999999999999"),  # of another account
        pods({"": "0.3"}),  # no namespace
    ],
)
def test_a_machine_whose_pods_aren_t_told_whole_stays_whole(split: list[Line]) -> None:
    assert charges("ResourceId, BilledCost", [line("0.3"), *split]) == [(MACHINE, Decimal("0.3"))]


def test_only_an_instance_s_own_time_is_shared() -> None:
    transfer = line("0.02", usage_type="USW2-DataTransfer-Out-Bytes")
    found = charges("SkuMeter, BilledCost", [line("0.3"), transfer, *pods({"prod": "0.3"})])
    assert found == [
        ("USW2-BoxUsage:r5.xlarge", 0),
        ("USW2-BoxUsage:r5.xlarge", Decimal("0.3")),
        ("USW2-DataTransfer-Out-Bytes", Decimal("0.02")),
    ]


def test_a_pod_with_a_cost_of_its_own_is_charged() -> None:
    fargate = line("0.05", product_code="AmazonEKS", usage_type="USW2-Fargate-vCPU-Hours:perCPU")
    assert charges("BilledCost", [fargate]) == [(Decimal("0.05"),)]


AMOUNTS = st.one_of(
    st.decimals("-1000", "1000", places=10, allow_nan=False),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: Decimal(repr(value))),
)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_the_lines_their_sum_is_billed(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), AMOUNTS), min_size=1, max_size=12))
    lines = [KINDS[kind] | {"line_item_unblended_cost": str(amount)} for kind, amount in kinds]
    machine = data.draw(AMOUNTS.map(abs))
    used = data.draw(st.decimals(0, 1, places=4))
    lines.append(line(str(machine)))
    lines += pods({"prod": str(float(machine * used)), "support": "0"}, str(float(machine * (1 - used) / 2)))
    write = data.draw(st.sampled_from([modern_parquet, legacy_parquet, modern_csv, legacy_csv]))
    # What a float can't hold is rounded when the file is written: the sum is of what was written.
    if write in (modern_parquet, legacy_parquet):
        lines = [each | {"line_item_unblended_cost": _float(each["line_item_unblended_cost"])} for each in lines]
    billed = charges("sum(BilledCost)", lines, write)
    assert billed == [(total(lines),)]


def _float(amount: str) -> str:
    return repr(float(amount)) if amount else ""


@pytest.mark.parametrize("size", [1, 100, 5000, 10**9])
def test_the_parts_of_a_gzip_are_its_rows(tmp_path: Path, size: int) -> None:
    lines = [line(str(number), description=f'{number} a "quoted"\nline, of two') for number in range(300)]
    path = tmp_path / "0.csv.gz"
    path.write_bytes(legacy_csv(lines))
    whole = gzip.decompress(path.read_bytes())
    parts = [part.read_bytes() for part in gzip_parts.parts(path, tmp_path, size=size)]
    assert b"".join(parts) == whole[whole.index(b"\n") + 1 :]
    assert all(part.count(b'"') % 2 == 0 for part in parts)


def test_a_gzip_of_two_members_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "0.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"))
    assert [part.read_bytes() for part in gzip_parts.parts(path, tmp_path)] == [b"1,2\n3,4\n"]
