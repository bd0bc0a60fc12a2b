"""Whatever is wrong with a source: it is told with place and remedy, nothing of it is half-written, the others come in."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes_bigquery import exporting, fault, server
from tests.fixtures_commands import content, finish, start
from tests.fixtures_prometheus import free_port
from tests.fixtures_prometheus_http import answering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixtures_commands import Content

Row = dict[str, Any]


def charge(account: str, cost: str = "12.34", **changes: str) -> Row:
    """Return a row of a FOCUS file."""
    return {
        "BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "ContractedCost": cost,
        "BillingAccountId": account, "SubAccountId": f"{account}-project", "BillingCurrency": "EUR", "InvoiceId": "2026-10-1",
        "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-05T09:00:00Z", "ChargePeriodEnd": "2026-10-05T10:00:00Z",
        "ChargeCategory": "Usage", "ChargeDescription": "An hour of a machine", "InvoiceIssuerName": "Cloud",
        "ProviderName": "Cloud", "PublisherName": "Cloud", "ServiceCategory": "Compute", "ServiceName": "Machines",
        "ResourceId": f"{account}-machine", "Tags": json.dumps({"hub-name": "prod"}),
    } | changes  # fmt: skip


def write_csv(path: Path, rows: list[Row], *, only_header: bool = False) -> None:
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([] if only_header else rows)


def write_parquet(path: Path, rows: list[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


def bill(account: str) -> list[Row]:
    return [charge(account, f"{day}.25", ChargePeriodStart=f"2026-10-{day:02}T00:00:00Z") for day in range(1, 5)]


@dataclass(frozen=True)
class Fault:
    """What is done to a source's good file, and what the message must say."""

    do: Callable[[Path], object]
    said: tuple[str, ...]
    file: str = "bill.csv"


def change(**changes: Callable[[str], str] | str) -> Callable[[Path], object]:
    """Change values of the third row."""

    def do(path: Path) -> None:
        rows = bill(path.parent.name)
        rows[2] |= {name: value if isinstance(value, str) else value(rows[2][name]) for name, value in changes.items()}
        write_csv(path, rows)

    return do


def header(old: str, new: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text().replace(old, new, 1))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes()) // 3])


def ending(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text() + text)


def column(path: Path, name: str, values: pa.Array) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.schema.get_field_index(name), name, values), path)


FAULTS = {
    "parquet-cut": Fault(cut, ("bill.parquet", "damaged"), "bill.parquet"),
    "parquet-scrambled": Fault(
        lambda path: path.write_bytes(path.read_bytes()[:300].replace(b"\x15", b"\xff") + path.read_bytes()[300:]),
        ("bill.parquet", "damaged"),
        "bill.parquet",
    ),
    "not-parquet": Fault(lambda path: path.write_text("BilledCost\n1\n"), ("bill.parquet", "damaged"), "bill.parquet"),
    "infinite-cost": Fault(
        lambda path: column(path, "BilledCost", pa.array([1.0, 2.0, float("inf"), 4.0])),
        ("bill.parquet", "BilledCost", "row 3"),
        "bill.parquet",
    ),
    "gzip-cut": Fault(cut, ("bill.csv.gz", "damaged"), "bill.csv.gz"),
    "not-gzip": Fault(lambda path: path.write_text("BilledCost\n1\n"), ("bill.csv.gz", "damaged"), "bill.csv.gz"),
    "column-missing": Fault(
        lambda path: write_csv(
            path, [{name: value for name, value in row.items() if name != "BilledCost"} for row in bill("x")]
        ),
        ("bill.csv", "no column BilledCost", "FOCUS 1.0 to 1.4"),
    ),
    "column-renamed": Fault(header("ServiceName", "Service_Name"), ("bill.csv", "no column ServiceName", "'Service_Name'")),
    "column-twice": Fault(header("EffectiveCost", "BilledCost"), ("bill.csv", "two columns are named BilledCost")),
    "semicolons": Fault(lambda path: path.write_text(path.read_text().replace(",", ";")), ("bill.csv", "no column")),
    "no-content": Fault(lambda path: path.write_text(""), ("bill.csv: is empty", "delivered again")),
    "no-rows": Fault(
        lambda path: write_csv(path, bill("x"), only_header=True),
        ("bill.*: has no rows any more", "have the export run again"),
    ),
    "row-too-short": Fault(ending("1.25,1.25\n"), ("bill.csv", "line 6", "damaged")),
    "quote-open": Fault(ending('"1.25,1.25\n'), ("bill.csv", "line 6", "damaged")),
    "latin-1": Fault(
        lambda path: path.write_bytes(path.read_bytes().replace(b"An hour", "Ein schöner Tag".encode("latin-1"))),
        ("bill.csv", "utf-8"),
    ),
    "utf-16": Fault(lambda path: path.write_bytes(path.read_text().encode("utf-16")), ("bill.csv", "utf-8")),
    "no-number": Fault(change(BilledCost="12,50"), ("bill.csv, row 3", "BilledCost", "'12,50'", "decimal")),
    "too-large": Fault(change(BilledCost="9" * 40), ("bill.csv, row 3", "BilledCost")),
    "no-time": Fault(change(ChargePeriodStart="5/10/2026"), ("bill.csv, row 3", "ChargePeriodStart", "2026-10-01T00:00:00Z")),
    "no-account": Fault(change(BillingAccountId=""), ("bill.csv, row 3", "BillingAccountId is missing")),
    "unknown-currency": Fault(change(BillingCurrency="EURO"), ("bill.csv, row 3", "BillingCurrency", "ISO 4217")),
    "backwards": Fault(change(ChargePeriodStart="2026-10-30T00:00:00Z"), ("bill.csv, row 3", "before ChargePeriodStart")),
    "future": Fault(
        change(BillingPeriodStart="2056-10-01T00:00:00Z", BillingPeriodEnd="2056-11-01T00:00:00Z"),
        ("bill.csv, row 3", "future"),
    ),
    "label-half-quoted": Fault(change(Tags='{"hub-name": "o"brien"}'), ("bill.csv, row 3", "Tags is not a JSON object")),
    "label-list": Fault(change(Tags='["prod"]'), ("bill.csv, row 3", "Tags is not a JSON object")),
    "label-nul": Fault(change(Tags='{"hub-name": "pro\\u0000d"}'), ("bill.csv, row 3", "NUL")),
    "tags-nul": Fault(header('""prod""', '""pro\0d""'), ("bill.csv, row 1", "not a JSON object")),
    "no-file": Fault(lambda path: path.unlink(), ("*", "no such file", "billing.path")),
    "not-a-bill": Fault(lambda path: path.rename(path.with_suffix(".xlsx")), ("bill.xlsx", "not a FOCUS file", ".csv")),
}  # fmt: skip
USAGE_HEADER = "hour,cluster,node,pool,purpose,hub,cpu_core_hours,memory_gib_hours,gpu_hours,storage_gib_hours\n"
USAGE_FAULTS = {
    "usage-renamed": Fault(
        header("memory_gib_hours", "memory_gb_hours"),
        ("usage.csv:1", "memory_gib_hours (is 'memory_gb_hours' it?): no such column"),
    ),
    "usage-text": Fault(header(",1.5,", ",much,"), ("usage.csv:2", "cpu_core_hours", "'much' is not a number")),
    "usage-cut": Fault(ending("2026-10-05T10:00:00Z,usage-cut,n"), ("usage.csv:3", "cut off")),
    "usage-negative": Fault(header(",1.5,", ",-1.5,"), ("usage.csv:2", "negative")),
    "usage-nul": Fault(header(",prod,", ",pr\0od,"), ("usage.csv:2", "hub", "NUL")),
    "usage-empty": Fault(lambda path: path.write_text(""), ("usage.csv", "cannot be read")),
    "usage-gone": Fault(lambda path: path.unlink(), ("has no usage.csv", "usage.parquet")),
}  # fmt: skip
SERVED = {
    "prometheus-down": ("cannot be reached", "usage.url"),
    "prometheus-422": ("answered 422", "--query.max-samples"),
    "prometheus-503": ("answered 503", "it is busy or starting"),
    "prometheus-login": ("not Prometheus's JSON", "login page"),
    "bigquery-permission": ("no permission bigquery.tables.getData", "roles/bigquery.dataViewer"),
    "bigquery-absent": ("no table", "Check project, dataset, billing_id"),
}


def answer_bigquery(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Answer as BigQuery where one project forbids to read, and another has no dataset."""
    if "/projects/absent/" in path:
        return fault(404, "notFound", "Not found: Dataset absent:bills")
    message = "Access Denied: Table forbidden:bills.export: User does not have permission bigquery.tables.getData"
    return exporting("forbidden", "export", lambda _: fault(403, "accessDenied", message))(path, body)


@dataclass(frozen=True)
class Outcome:
    """What an ingest over a fleet of faults said, and what its lake held before and after."""

    said: list[str]
    before: Content
    after: Content


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Bring in good bills and usage, break all but one, and bring in again."""
    folder = tmp_path_factory.mktemp("faults")
    fleet, lake = folder / "fleet", folder / "lake"
    places: dict[str, Path] = {}
    for name, one in {**FAULTS, **USAGE_FAULTS, "good": Fault(change(), ())}.items():
        places[name] = folder / name / (one.file if name in FAULTS or name == "good" else "usage.csv")
        places[name].parent.mkdir()
        if name in USAGE_FAULTS:
            text = f"2026-10-05T09:00:00Z,{name},node-1,,user,prod,1.5,4,0,0\n"
            places[name].write_text(USAGE_HEADER + text)
            source = f"usage:\n  source: file\n  path: {folder / name}\n"
        else:
            rows = bill(name)
            (write_parquet if one.file.endswith(".parquet") else write_csv)(places[name], rows)
            path = folder / name / ("*" if name == "no-file" else "bill.*")
            source = f"billing:\n  source: focus\n  path: {path}\n  name: {name}\n"
        write_cluster(fleet, name, source)
    finish(start("costs", "ingest", "-m", "2026-10", fleet=fleet, lake=lake, scratch=folder / "tmp"))
    before = content(lake)

    for name, one in {**FAULTS, **USAGE_FAULTS}.items():
        one.do(places[name])
    write_csv(places["good"], [charge("good", "99")])
    answers = {
        "prometheus-422": (422, b'{"status": "error", "error": "query processing would load too many samples"}'),
        "prometheus-503": (503, b"Service Unavailable"),
        "prometheus-login": (200, b"<html>Sign in</html>"),
    }
    billing = "billing:\n  source: bigquery\n  project: {}\n  dataset: bills\n  table: export\n  billing_id: 01A2B3-C4D5E6-F70819\n"
    with (
        answering(lambda request: answers[request.path.split("/")[1]]) as prometheus,
        server(answer_bigquery) as bigquery,
    ):
        for name in answers:
            write_cluster(fleet, name, f"usage:\n  source: prometheus\n  url: {prometheus.url}/{name}\n")
        down = f"usage:\n  source: prometheus\n  url: http://127.0.0.1:{free_port()}\n"
        write_cluster(fleet, "prometheus-down", down)
        write_cluster(fleet, "bigquery-permission", billing.format("forbidden"))
        write_cluster(fleet, "bigquery-absent", billing.format("absent"))
        process = start(
            "costs", "ingest", fleet=fleet, lake=lake, scratch=folder / "tmp", BIGQUERY_EMULATOR_HOST=bigquery
        )  # fmt: skip
        said = finish(process, code=1)
    assert not list((folder / "tmp").iterdir())
    return Outcome([line for line in said.splitlines() if not line.startswith("notice: ")], before, content(lake))


def write_cluster(fleet: Path, name: str, sources: str) -> None:
    path = fleet / "clusters" / name / "cluster.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"name: {name}\nprovider: gcp\nhubs:\n  - name: prod\n    domain: {name}.example.org\n{sources}")


@pytest.mark.xdist_group("faults")  # one worker makes the outcome
@pytest.mark.parametrize("name", [*FAULTS, *USAGE_FAULTS, *SERVED])
def test_a_fault_is_told_with_its_place_and_leaves_what_was_there(outcome: Outcome, name: str) -> None:
    words = SERVED[name] if name in SERVED else {**FAULTS, **USAGE_FAULTS}[name].said
    ids = {"bigquery-permission": "forbidden", "bigquery-absent": "absent"}
    lines = [line for line in outcome.said[1:] if ids.get(name, name) in line.split(": ", 2)[1]]
    assert len(lines) == 1, lines or outcome.said
    assert lines[0].startswith("hubledger: ")
    for word in words:
        assert word in lines[0]

    def held(found: Content) -> Content:
        return {place: rows for place, rows in found.items() if any(name in part for part in place)}

    assert held(outcome.after) == held(outcome.before)


@pytest.mark.xdist_group("faults")
def test_the_good_one_came_in_all_the_same(outcome: Outcome) -> None:
    place = ("charges", "Cloud", "good", "2026-10", "focus:good")
    assert outcome.before[place][0] == 4
    assert outcome.after[place][0] == 1
    failed = len(FAULTS) + len(USAGE_FAULTS) + len(SERVED)
    assert outcome.said[0].startswith("1 charges of 2026-10;")
    assert outcome.said[0].endswith(f"{failed} failed")


QUOTED = """o'brien "the" \\ hub; drop table charges --"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a folder with a fleet of one cluster, its bill, and its lake."""
    write_cluster(tmp_path / "fleet", "good", f"billing:\n  source: focus\n  path: {tmp_path}/bill.csv\n  name: good\n")
    rows = bill("good")
    rows[1]["Tags"] = json.dumps({"hub-name": QUOTED})
    write_csv(tmp_path / "bill.csv", rows)
    run(tmp_path, "costs", "ingest")
    return tmp_path


def run(folder: Path, *command: str, code: int = 0, lake: Path | None = None) -> tuple[str, str]:
    """Run the command; return what it printed and what it said."""
    process = start(*command, fleet=folder / "fleet", lake=lake or folder / "lake", scratch=folder / "tmp")
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr, stderr
    return stdout, stderr


def test_a_label_with_quotes_goes_all_the_way_and_is_named(small: Path) -> None:
    _, said = run(small, "costs", "allocate", "-m", "2026-10")
    assert QUOTED in said
    rows = json.loads(run(small, "costs", "report", "-m", "2026-10", "--format", "json")[0])["rows"]
    assert {(row["hub"], row["rule"]): Decimal(row["cost"]) for row in rows} == {
        ("prod", "label"): Decimal("8.75"),
        (None, "unattributed"): Decimal("2.25"),
    }
    run(small, "costs", "export", "-m", "2026-10", "--to", str(small / "out.csv"))
    with (small / "out.csv").open(newline="") as file:
        assert sum(Decimal(row["BilledCost"]) for row in csv.DictReader(file)) == 11


def test_a_damaged_file_of_the_lake_is_named(small: Path) -> None:
    run(small, "costs", "allocate", "-m", "2026-10")
    (file,) = (small / "lake" / "allocations").glob("*/*.parquet")
    whole = file.read_bytes()
    scrambled = whole[:4] + bytes(len(whole) - 12) + whole[-8:]
    for damaged, words in (
        (whole[:-100], f"{file}: has {len(whole) - 100} of {len(whole)} bytes"),
        (scrambled, "is damaged: restore it"),
    ):
        file.write_bytes(damaged)
        for command in ("report", "reconcile"):
            printed, said = run(small, "costs", command, "-m", "2026-10", code=1)
            assert words in said
            assert printed == ""


@pytest.mark.parametrize("command", ["ingest", "allocate", "report"])
def test_a_lake_that_is_a_file_is_told(small: Path, command: str) -> None:
    month = [] if command == "ingest" else ["-m", "2026-10"]
    _, said = run(small, "costs", command, *month, code=1, lake=small / "bill.csv")
    assert f"{small}/bill.csv: not a folder" in said
    assert "--lake or HUBLEDGER_LAKE" in said


def test_every_fault_of_a_fleet_is_told_and_nothing_is_read(small: Path) -> None:
    before = content(small / "lake")
    write_csv(small / "bill.csv", [charge("good", "99")])
    path = small / "fleet" / "clusters" / "good" / "cluster.yaml"
    path.write_text(path.read_text().replace("name: prod", "name: Prod Hub").replace("source: focus", "source: fokus"))
    for command in (["fleet", "check"], ["costs", "ingest"], ["costs", "allocate", "-m", "2026-10"]):
        _, said = run(small, *command, code=1)
        faults = [line for line in said.splitlines() if line.startswith(f"hubledger: {path}:")]
        assert len(faults) == 2
        assert "focus" in said
    assert content(small / "lake") == before


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["allocate", "-m", "2026-12"], "no charges of 2026-12: run `hubledger costs ingest --month 2026-12` first"),
        (["allocate", "-m", "2026-13"], "'2026-13' is not a month: write it as YYYY-MM"),
        (["ingest", "-m", "October"], "'October' is not a month: write it as YYYY-MM"),
        (["report", "-m", "2026-10"], "not allocated: run `hubledger costs allocate --month 2026-10` first"),
        (["reconcile", "-m", "2026-10"], "not allocated: run `hubledger costs allocate --month 2026-10` first"),
        (["explain", "-m", "2026-10", "--hub", "prod"], "run `hubledger costs allocate --month 2026-10` first"),
        (["export", "-m", "2026-10", "--to", "x.parquet"], "run `hubledger costs allocate --month 2026-10` first"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_month_that_is_not_there_is_told_with_the_command_to_run(small: Path, command: list[str], words: str) -> None:
    printed, said = run(small, "costs", *command, code=1)
    assert words in said
    assert printed == ""
