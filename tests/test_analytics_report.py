"""Every view of a month gives the same total: the bill's."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.table import Table

from analytics.lake import Lake
from analytics.report import By, mark_applies, report
from analytics.show import report_table
from examples.demand import CURRENT
from examples.demo import MONTHS
from terraform import receipts
from terraform.receipts import Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo


def _bill(demo: Demo, month: str) -> Decimal:
    return sum((Decimal(row["billed_cost"]) for row in demo.totals if row["billing_period"] == month), Decimal(0))


@pytest.mark.parametrize("month", [*MONTHS, CURRENT])
@pytest.mark.parametrize("by", list(By))
def test_every_view_adds_up_to_the_bill(demo: Demo, by: By, month: str) -> None:
    found = report(Lake(str(demo.lake)), month, by=by)
    assert sum(row.cost for row in found.rows) == found.totals["USD"] == _bill(demo, month)
    assert found.computed.status == ("final" if month in MONTHS else "provisional")


def test_the_command_prints_the_same_report_as_json(demo: Demo) -> None:
    printed = demo.report(by="community")
    assert printed == report(Lake(str(demo.lake)), MONTHS[-1], by=By.COMMUNITY).to_json()
    assert (printed["currency"], printed["status"]) == ("USD", "final")
    assert sum(Decimal(row["cost"]) for row in printed["rows"]) == Decimal(printed["total"])


def test_what_no_community_bears_is_the_operator_s_or_unattributed(demo: Demo) -> None:
    (table, *_) = report_table(report(Lake(str(demo.lake)), MONTHS[-1], by=By.COMMUNITY))
    assert isinstance(table, Table)
    names = [str(cell) for cell in table.columns[0].cells]
    assert names[-2:] == ["(unattributed)", "(kept by the operator)"]
    assert len(names) == 6


def test_what_was_applied_in_the_month_is_marked(demo: Demo, tmp_path: Path) -> None:
    for cluster, ended_at in (("tidewater", f"{MONTHS[-1]}-14T09:12:00Z"), ("basalt", f"{MONTHS[0]}-14T09:12:00Z")):
        (tmp_path / cluster).mkdir()
        receipts.add(
            tmp_path / cluster,
            Receipt(
                cluster, "applied", ended_at, ended_at, "op", "host", "p", ended_at, "op", "c", "1.11.4",
                2, 1, 0, 7, 8, delta="-41.5", currency="USD",
            ),
        )  # fmt: skip
    command = ("costs", "report", "--month", MONTHS[-1], "--work", str(tmp_path))
    printed = demo.run(*command).stdout
    assert (
        "2026-10-14 09:12 tidewater: applied, 2 added, 1 changed, 0 destroyed, estimated -41.50 USD a month" in printed
    )
    assert "basalt: applied" not in printed
    found = json.loads(demo.run(*command, "--format", "json").stdout)
    assert [(each["cluster"], each["serial_before"], each["serial_after"]) for each in found["applies"]] == [
        ("tidewater", 7, 8)
    ]
    elsewhere = mark_applies(
        report(Lake(str(demo.lake)), MONTHS[-1], hub="northlight/aurora"), receipts.receipts(tmp_path)
    )
    assert elsewhere.applies == ()


def test_what_no_hub_bears_stands_there_with_its_rule(demo: Demo) -> None:
    rows = demo.report()["rows"]
    nobody = [row for row in rows if row["hub"] is None]
    assert {row["rule"] for row in nobody} >= {"unattributed", "account"}
    assert all(row["basis"] in ("direct", "shared", "idle", "unattributed") for row in nobody)
    assert {"hub", "cluster", "community", "component", "basis", "cost", "coverage"} <= set(rows[0])


def test_a_hub_costs_the_same_in_every_format(demo: Demo) -> None:
    rows = demo.report(hub="northlight/aurora")["rows"]
    whole = sum(Decimal(row["cost"]) for row in rows)
    assert whole == sum(
        Decimal(row["cost"])
        for row in demo.report()["rows"]
        if (row["cluster"], row["hub"]) == ("northlight", "aurora")
    )
    printed = demo.run("costs", "report", "--month", MONTHS[-1], "--hub", "northlight/aurora", "--format", "csv").stdout
    assert sum(Decimal(row["cost"]) for row in csv.DictReader(io.StringIO(printed))) == whole


def test_parquet_goes_to_a_file_in_full_precision(demo: Demo, tmp_path: Path) -> None:
    target = tmp_path / "report.parquet"
    with target.open("wb") as file:
        subprocess.run(
            [
                sys.executable, "-m", "hubledger", "costs", "report", "--month", MONTHS[-1], "--lake", str(demo.lake),
                "--format", "parquet",
            ],
            stdout=file,
            check=True,
        )  # fmt: skip
    assert sum(pq.read_table(target)["cost"].to_pylist()) == _bill(demo, MONTHS[-1])


def test_the_printed_table_adds_up_to_the_cent(demo: Demo) -> None:
    printed = demo.run("costs", "report", "--month", MONTHS[-1]).stdout
    cells = [[cell.strip() for cell in line.strip("│┃ \n").split("│")] for line in printed.splitlines() if "│" in line]
    *lines, total = [[Decimal(cell.replace(",", "") or 0) for cell in line[2:-1]] for line in cells]
    for line in (*lines, total):
        assert sum(line[:-1]) == line[-1]
    assert [sum(column) for column in zip(*lines, strict=True)] == total
    assert total[-1] == _bill(demo, MONTHS[-1]).quantize(Decimal("0.01"))


def test_billed_and_effective_cost_are_both_the_whole(demo: Demo) -> None:
    effective = demo.report(cost="effective")
    told = sum(
        (Decimal(row["effective_cost"]) for row in demo.totals if row["billing_period"] == MONTHS[-1]), Decimal(0)
    )
    assert Decimal(effective["total"]) == told
    assert effective["total"] != demo.report()["total"]  # the example has a savings plan


def test_reconcile_proves_each_account(demo: Demo) -> None:
    done = demo.run("costs", "reconcile", "--month", MONTHS[-1])
    by_account: dict[str, Decimal] = defaultdict(Decimal)
    for row in demo.totals:
        if row["billing_period"] == MONTHS[-1]:
            by_account[row["billing_account"]] += Decimal(row["billed_cost"])
    for account, bill in by_account.items():
        line = next(line for line in done.stdout.splitlines() if account[:20] in line)  # a long id is folded
        assert f"{bill.quantize(Decimal('0.01')):,}" in line
        assert line.split("│")[-3].strip() == "0"
    assert "Every account adds up." in done.stdout


def test_reconcile_fails_when_the_bill_changed_after_it_was_allocated(demo: Demo, tmp_path: Path) -> None:
    copy = tmp_path / "demo"
    shutil.copytree(demo.folder, copy)
    bill = next((copy / "data" / "bills" / "azure").glob("*2026-10*.csv"))
    lines = bill.read_text().splitlines(keepends=True)
    bill.write_text("".join([*lines, lines[-1]]))
    other = type(demo)(copy, "")
    other.run("costs", "ingest")
    failed = other.run("costs", "reconcile", "--month", "2026-10", check=False)
    assert failed.returncode == 1
    assert "hubledger costs allocate --month 2026-10" in failed.stderr
    other.run("costs", "allocate", "--month", "2026-10")
    assert other.run("costs", "reconcile", "--month", "2026-10").returncode == 0


def test_explain_leads_from_the_figure_to_the_bill(demo: Demo) -> None:
    found = json.loads(
        demo.run(
            "costs", "explain", "--hub", "northlight/aurora", "--month", MONTHS[-1], "--json", "--most", "10000"
        ).stdout
    )
    rows = demo.report(hub="northlight/aurora")["rows"]
    figure = sum((Decimal(row["cost"]) for row in rows), Decimal(0))
    assert sum(Decimal(row["cost"]) for row in found["figures"]) == figure
    lines = sum((Decimal(row["hub_cost"]) for row in found["lines"]), Decimal(0))
    assert abs(lines - figure) < Decimal("0.01")  # lines are told with shares in doubles
    assert found["note"] is None
    assert {place["scope"] for place in found["places"]} >= {"node"}
    assert {pot["policy"] for pot in found["pots"]}
    gpu = json.loads(
        demo.run("costs", "explain", "--hub", "aurora", "--month", MONTHS[-1], "--component", "gpu", "--json").stdout
    )
    assert {row["component"] for row in gpu["figures"]} == {"gpu"}
    one_day = demo.run("costs", "explain", "--hub", "aurora", "--month", MONTHS[-1], "--day", "2026-10-14").stdout
    assert "2026-10-14" in one_day


@pytest.mark.parametrize("suffix", ["parquet", "csv", "csv.gz"])
def test_the_export_is_the_bill_again_as_split_allocation_rows(demo: Demo, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"month.{suffix}"
    demo.run("costs", "export", "--month", MONTHS[-1], "--to", str(target))
    reader = "read_parquet" if suffix == "parquet" else "read_csv"
    options = "" if suffix == "parquet" else ", all_varchar = true"
    with duckdb.connect() as con:
        con.execute(f"create view exported as from {reader}('{target}'{options})")
        (total,) = con.execute("select sum(cast(BilledCost as decimal(38, 12))) from exported").fetchone() or (None,)
        assert total == _bill(demo, MONTHS[-1])
        listed = {row["issuer"] for row in demo.totals}
        assert {row[0] for row in con.execute("select distinct InvoiceIssuerName from exported").fetchall()} == listed
        (hubs,) = con.execute("select count(distinct x_Cluster || x_Hub) from exported").fetchone() or (None,)
        assert hubs == 8
        unsplit = con.execute(
            "select count(*) from exported where AllocatedMethodId is null and x_Basis not in ('direct', 'unattributed')"
        ).fetchone()
        assert unsplit == (0,) or suffix != "parquet"


def test_a_wrong_month_or_hub_gets_the_remedy(demo: Demo) -> None:
    wrong = demo.run("costs", "report", "--month", "October", check=False)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "write it as YYYY-MM" in wrong.stderr
    never = demo.run("costs", "report", "--month", "2031-01", check=False)
    assert "hubledger costs allocate --month 2031-01" in never.stderr
    nobody = demo.run("costs", "report", "--month", MONTHS[-1], "--hub", "auroara", check=False)
    assert "northlight/aurora" in nobody.stderr
    nowhere = demo.run("costs", "export", "--month", MONTHS[-1], "--to", "/nonexistent/x.parquet", check=False)
    assert nowhere.returncode == 1
    assert "/nonexistent" in nowhere.stderr
