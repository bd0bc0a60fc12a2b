"""Every page in a real browser: its figures are those of the command, its files add up, its address is a link to the view."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from analytics.lake import Lake
from analytics.money import round_total
from analytics.replay import replay
from dashboard.figures import Figures
from terraform.fleet_files import load
from terraform.receipts import Receipt, add
from tests.fixtures_browser import DESKTOP, PHONE, Served, context, serving, settled, visit
from tests.fixtures_demo import hubledger
from tests.fixtures_long_lake import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Dialog, Page

    from tests.fixtures_demo import Demo
    from tests.fixtures_long_lake import LongLake

pytestmark = pytest.mark.xdist_group("dashboard")
MONTH, CURRENT = "2026-10", "2026-11"
FIGURES = Figures("en_US", "USD")


@dataclass(frozen=True, slots=True)
class Furnished:
    """The example fleet with a ledger, a replayed month and an apply, and the dashboard that serves it."""

    demo: Demo
    served: Served

    def url(self, page: str) -> str:
        return f"{self.served.url}/{page}"


@pytest.fixture(scope="module")
def furnished(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """Serve it."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copytree(demo.lake, folder / "lake")
    replay(Lake(str(folder / "lake")), load(demo.fleet), MONTH)
    ledger = folder / "ledger.sqlite"
    for command in ("draft --month 2026-09", "close --month 2026-09", "issue --month 2026-09", "draft --month 2026-10"):
        hubledger("invoices", *command.split(), "--ledger", str(ledger), fleet=demo.fleet, lake=folder / "lake")
    work = folder / "infra" / "northlight"
    work.mkdir(parents=True)
    add(work, _receipt())
    environment = {"HUBLEDGER_INFRA": str(folder / "infra")}
    with serving(folder, fleet=demo.fleet, lake=folder / "lake", ledger=ledger, environment=environment) as served:
        yield Furnished(demo, served)


def _receipt() -> Receipt:
    return Receipt(
        cluster="northlight",
        outcome="applied",
        began_at="2026-10-16T08:00:00+00:00",
        ended_at="2026-10-16T08:09:00+00:00",
        by="olga",
        host="desk",
        plan="p-1",
        planned_at="2026-10-16T07:50:00+00:00",
        planned_by="olga",
        commit="c0ffee",
        terraform="1.9",
        added=1,
        changed=2,
        destroyed=3,
        serial_before=4,
        serial_after=5,
        delta="-210.00",
        currency="USD",
    )


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page on a wide screen."""
    with context(browser, DESKTOP) as opened:
        yield opened.new_page()


def card(page: Page, label: str) -> str:
    """Return the figure under a label."""
    found = page.locator('[data-testid="stMetric"]').filter(has=page.get_by_text(label, exact=True))
    return found.locator('[data-testid="stMetricValue"]').inner_text().strip()


def table(page: Page, title: str) -> list[list[str]]:
    """Return the cells of the table with that title, its head first; what is folded on the open tab is unfolded before."""
    while (folded := page.locator("details:not([open]) > summary:visible")).count():
        folded.first.click()
    found = page.get_by_role("table", name=title, exact=True)
    found.wait_for()
    return [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in found.locator("tr").all()]


def amount(text: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.-]", "", text) or "0")


@pytest.mark.parametrize("community", ["coastal-modelling", "northern-sky", "meadow-schools"])
def test_a_communitys_figures_are_those_of_the_report(furnished: Furnished, page: Page, community: str) -> None:
    rows = [row for row in furnished.demo.report(by="hub")["rows"] if row["community"] == community]
    total = sum((Decimal(row["cost"]) for row in rows), Decimal(0))
    before = sum(
        (
            Decimal(row["cost"])
            for row in furnished.demo.report("2026-09", by="hub")["rows"]
            if row["community"] == community
        ),
        Decimal(0),
    )
    visit(page, furnished.url(f"community?month={MONTH}&community={community}"))
    assert card(page, "October 2026") == FIGURES.money(total)
    assert card(page, "September 2026") == FIGURES.money(before)
    assert card(page, "Last 2 months") == FIGURES.money(total + before)
    shown = table(page, "Cost by hub")
    by_basis = {
        name: [amount(row[place]) for row in shown[1:]]
        for place, name in enumerate(shown[0])
        if 0 < place < len(shown[0]) - 1
    }
    for basis, cells in by_basis.items():
        *parts, last = cells
        assert sum(parts) == last
        exact = sum((Decimal(row["cost"]) for row in rows if row["basis"] == basis.lower()), Decimal(0))
        assert abs((total if basis == "Total" else exact) - last) < Decimal("0.02")
    assert by_basis["Total"][-1] == round_total(total, "USD")
    assert card(page, "Idle") == FIGURES.money(by_basis["Idle"][-1])
    daily = table(page, "Cost by component: By day")
    assert amount(daily[-1][-1]) == round_total(total, "USD")
    assert sum(amount(row[-1]) for row in daily[1:-1]) == round_total(total, "USD")


def test_the_fleets_table_is_the_printed_report(furnished: Furnished, page: Page) -> None:
    printed = furnished.demo.run("costs", "report", "--month", MONTH).stdout
    wanted = [
        [cell.strip() for cell in line.strip("│\n").split("│")] for line in printed.splitlines() if line.startswith("│")
    ]
    visit(page, furnished.url(f"fleet?month={MONTH}"))
    shown = table(page, "Each hub's cost in October 2026 by reason, its coverage, users and server-hours.")
    assert shown[0][2:-1] == [
        "Direct",
        "Usage",
        "Idle",
        "Shared",
        "Unattributed",
        "Total",
    ]
    named = {(row[0], row[1]): [amount(cell) for cell in row[2:-1]] + [row[-1]] for row in shown[1:]}
    for hub, community, *cells, coverage in wanted:
        name = {"(unattributed)": "(operator and unattributed)", "(the community's own account)": "(own account)"}.get(
            hub, hub
        )
        key = next(each for each in named if each[0] == name and (each[1] == community or hub == "Total"))
        assert named[key] == [*(amount(cell) for cell in cells), coverage], hub
    assert len(named) == len(wanted)
    assert card(page, "All bills") == f"${wanted[-1][-2]}"
    assert card(page, "Idle") == f"${wanted[-1][4]}"
    assert card(page, "Unattributed") == f"${wanted[-1][6]}"


def test_the_proof_is_that_of_reconcile(furnished: Furnished, page: Page) -> None:
    told = json.loads(furnished.demo.run("costs", "reconcile", "--month", MONTH, "--format", "json").stdout)
    visit(page, furnished.url(f"fleet?month={MONTH}&section=proof"))
    page.get_by_text("Every account adds up.").wait_for()
    shown = {row[1]: row for row in table(page, "Each account's bill and where it went.")[1:]}
    for account in told["accounts"]:
        row = shown[account["billing_account"]]
        names = ("bill", "hubs", "communities", "operator", "unattributed")
        assert row[2:7] == [FIGURES.money(Decimal(account[name])) for name in names]
        assert row[7] == "0"


def test_sections_of_the_fleet_say_what_is_in_the_lake(furnished: Furnished, page: Page) -> None:
    visit(page, furnished.url(f"fleet?month={MONTH}&section=unattributed"))
    shown = table(page, "Unattributed cost by provider, account and component.")[1:]
    unattributed = sum(
        (Decimal(row["cost"]) for row in furnished.demo.report(by="rule")["rows"] if row["rule"] == "unattributed"),
        Decimal(0),
    )
    assert sum(amount(row[4]) for row in shown) == round_total(unattributed, "USD")
    page.get_by_text("usage of nodes was not measured in full").wait_for()
    visit(page, furnished.url(f"fleet?month={MONTH}&section=idle&cluster=northlight&pool=gpu"))
    heat = table(page, "Idle")
    assert [len(row) for row in heat] == [8] * 25
    visit(page, furnished.url(f"fleet?month={MONTH}&section=coverage"))
    assert "Oct 8, 2026" in {
        row[1] for row in table(page, "Days that were not measured in full")[1:]
    }  # the example's Prometheus was down then
    visit(page, furnished.url(f"fleet?month={MONTH}&section=unusual"))
    assert table(page, "Unusual days: what they cost and what is usual.")[1][:3] == [
        "Oct 14, 2026",
        "northlight/aurora",
        "GPU servers",
    ]
    visit(page, furnished.url(f"fleet?month={MONTH}&section=policies"))
    policies = table(page, "Each community's cost under each policy, and its difference to what it bears now.")
    now = {row["community"]: Decimal(0) for row in furnished.demo.report(by="community")["rows"]}
    for row in furnished.demo.report(by="community")["rows"]:
        now[row["community"]] += Decimal(row["cost"])
    assert {row[1] for row in policies[1:]} == {FIGURES.money(cost) for cost in now.values()}
    for column in range(1, 6):
        column_total = sum((amount(row[column].split(" (")[0]) for row in policies[1:]), Decimal(0))
        assert abs(column_total - sum(now.values(), Decimal(0))) < Decimal("0.05")
    visit(page, furnished.url(f"fleet?month={MONTH}&section=applies"))
    applied = table(page, "Applies: northlight")[1]
    assert applied[:4] == ["Oct 16, 2026", "olga", "1 added, 2 changed, 3 destroyed", "-210.00 USD"]
    assert amount(applied[4]) > amount(applied[5]) > Decimal(0)  # the machine that was kept is gone


def _download(page: Page, name: str) -> tuple[str, bytes]:
    with page.expect_download() as waited:
        page.get_by_role("button", name=name).click()
    return waited.value.suggested_filename, Path(waited.value.path()).read_bytes()


def test_downloads_add_up_to_the_reports_of_their_months(furnished: Furnished, page: Page) -> None:
    community = "earth-observatories"
    total = sum(
        (
            Decimal(row["cost"])
            for month in ("2026-09", MONTH)
            for row in furnished.demo.report(month, by="community")["rows"]
            if row["community"] == community
        ),
        Decimal(0),
    )
    visit(page, furnished.url(f"community?month={MONTH}&community={community}&from=2026-09"))
    name, content = _download(page, "CSV")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert name == f"{community}-2026-09-to-2026-10.csv"
    assert sum((Decimal(row["cost"]) for row in rows), Decimal(0)) == total
    assert {row["community"] for row in rows} == {community}
    _, content = _download(page, "Excel (XLSX)")
    book = load_workbook(io.BytesIO(content))
    header, *cells = book["Costs"].iter_rows(values_only=True)
    place = header.index("cost")
    assert abs(sum(float(str(row[place])) for row in cells) - float(total)) < 1e-6
    assert {type(row[header.index("day")]).__name__ for row in cells} == {"datetime"}
    assert {row[3] for row in book["Activity"].iter_rows(min_row=2, values_only=True)} <= {*range(5, 1000), "<5"}
    _, content = _download(page, "Report (PDF)")
    pdf = PdfReader(io.BytesIO(content))
    text = "".join(sheet.extract_text() for sheet in pdf.pages)
    assert FIGURES.money(total) in text
    assert "Earth Observatories Union" in text
    assert "/MarkInfo" in pdf.root_object  # a screen reader finds its way


def test_finance_sees_months_documents_and_their_pdfs(furnished: Furnished, page: Page) -> None:
    visit(page, furnished.url("finance?document=HC-2026-0003"))
    months = table(page, "Months")
    assert [row[:3] for row in months[1:]] == [
        ["November 2026", "Provisional", "Open"],
        ["October 2026", "Final", "Open"],
        ["September 2026", "Final", "Closed"],
    ]
    assert [row[4:] for row in months[1:]] == [["0", "0"], ["4", "0"], ["0", "5"]]
    page.get_by_role("heading", name="October 2026: drafts").wait_for()  # the newest month that can be billed
    listed = json.loads(
        hubledger(
            "invoices", "list", "--month", "2026-09", "--format", "json", "--ledger", str(furnished.served.state.parent / "ledger.sqlite"),
            fleet=furnished.demo.fleet, lake=furnished.demo.lake,
        ).stdout
    )  # fmt: skip
    issued = {row[0]: row for row in table(page, "Issued documents")[1:]}
    assert set(issued) == {f"HC-2026-000{number}" for number in range(1, 6)}
    by_number = {each["number"]: each for each in (listed if isinstance(listed, list) else listed["issued"])}
    for number, row in issued.items():
        assert amount(row[6]) == Decimal(by_number[number]["payable"])
    name, content = _download(page, "Document (PDF)")
    assert name == "HC-2026-0003.pdf"
    assert "HC-2026-0003" in PdfReader(io.BytesIO(content)).pages[0].extract_text()
    page.get_by_role("button", name="Prove the month").click()
    name, content = _download(page, "Certificate (PDF)")
    assert name == "certificate-2026-09.pdf"
    page.get_by_text("Nothing is left.").first.wait_for()


def test_the_method_works_the_largest_hub_through(furnished: Furnished, page: Page) -> None:
    visit(page, furnished.url(f"method?month={MONTH}"))
    report = furnished.demo.report(by="hub")["rows"]
    largest = sum((Decimal(row["cost"]) for row in report if row["hub"] == "estuary"), Decimal(0))
    assert table(page, "A hub worked through: Estuary modelling")[-1][-1] == FIGURES.money(largest)
    rules = table(page, "One rule for each charge")
    assert sum(amount(row[2]) for row in rules[1:]) == round_total(
        sum((Decimal(row["cost"]) for row in report), Decimal(0)), "USD"
    )


def test_each_figure_leads_to_its_rules(furnished: Furnished, page: Page) -> None:
    visit(page, furnished.url(f"community?month={MONTH}&community=northern-sky"))
    page.locator('[data-testid="stPopover"]').first.get_by_role("button").click()
    body = page.locator('[data-testid="stPopoverBody"]')
    body.get_by_text("is the sum of").wait_for()
    rows = [[cell.inner_text() for cell in row.locator("td").all()] for row in body.locator("tbody tr").all()]
    assert sum(amount(row[2]) for row in rows) == amount(card(page, "October 2026"))
    assert "the machine's hours, by what each hub used of it" in {row[0] for row in rows}
    body.get_by_text(
        "Policy of northlight: idle in proportion to what each used, shared by the number of active users."
    ).wait_for()


def test_an_address_restores_the_view_and_follows_it(furnished: Furnished, page: Page) -> None:
    visit(page, furnished.url("community?community=meadow-schools&month=2026-09&cost=effective"))
    page.get_by_role("heading", name="Meadow Schools Partnership").wait_for()
    effective = sum(
        (
            Decimal(row["cost"])
            for row in furnished.demo.report("2026-09", by="community", cost="effective")["rows"]
            if row["community"] == "meadow-schools"
        ),
        Decimal(0),
    )
    assert card(page, "September 2026") == FIGURES.money(effective)
    page.get_by_role("combobox", name=re.compile("Cost")).click()
    page.get_by_role("option", name="Billed").click()
    page.wait_for_url(lambda url: "cost=" not in url)
    settled(page)
    assert "community=meadow-schools" in page.url
    assert "month=2026-09" in page.url
    visit(page, furnished.url("community?month=1999-01"))
    page.get_by_text("This link names what is not here").wait_for()
    assert card(page, "November 2026 so far")


def test_the_month_under_way_says_what_it_cost_why_and_where_it_is_heading(furnished: Furnished, page: Page) -> None:
    def cost(month: str) -> Decimal:
        rows = furnished.demo.report(month, by="community")["rows"]
        return sum((Decimal(row["cost"]) for row in rows if row["community"] == "coastal-modelling"), Decimal(0))

    visit(page, furnished.url("community?community=coastal-modelling"))
    assert card(page, "November 2026 so far") == FIGURES.money(cost(CURRENT))
    assert card(page, "October 2026") == FIGURES.money(cost(MONTH))
    assert page.get_by_text("Provisional, billed in full up to Nov 19, 2026").first.is_visible()
    expected = amount(card(page, "Forecast for the end of November"))
    assert cost(CURRENT) * 3 / 2 < expected < cost(CURRENT) * 5 / 3
    said = page.locator(".st-key-summary").inner_text()
    assert f"November 2026 has cost {FIGURES.money(cost(CURRENT))} so far" in said
    assert "than the same 19 days of October" in said
    assert f"It is heading for about {FIGURES.about(expected)}" in said
    assert "within its budget of $2,150.00" in said
    course = table(page, "Where it is heading")
    assert course[0] == ["Day", "November 2026", "October 2026"]
    assert (course[20][1], course[21][1]) == (FIGURES.money(cost(CURRENT)), "")
    assert (course[20][0], course[31][2]) == ("20", FIGURES.money(cost(MONTH)))
    changes = page.get_by_role("listitem").filter(has_text=re.compile("server-hours|All else|Together|Servers|Credits"))
    told = {
        text.partition(":")[0]: amount(text.partition(": ")[2].split(" (")[0].split(",")[0])
        for text in changes.all_inner_texts()
    }
    assert sum(told.values()) == 2 * told["Together"]
    page.get_by_text("billed once for the whole month: Provider's support, Tax").wait_for()
    visit(page, furnished.url("community?community=earth-observatories"))
    assert "beyond its budget of $1,150.00" in page.locator(".st-key-summary").inner_text()
    visit(page, furnished.url("fleet"))
    whole = sum((Decimal(row["cost"]) for row in furnished.demo.report(CURRENT)["rows"]), Decimal(0))
    assert card(page, "All bills so far") == FIGURES.money(whole)
    page.get_by_text("The change is that of the 19 days that are billed in full").wait_for()


def test_a_provisional_month_is_foreseen_and_a_name_is_only_a_name(
    long_lake: LongLake, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("long")
    with (
        serving(
            folder, fleet=long_lake.folder / "fleet", lake=long_lake.lake.url, ledger=folder / "none.sqlite"
        ) as served,
        context(browser) as opened,
    ):
        page = opened.new_page()
        dialogs: list[str] = []

        def refused(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", refused)
        visit(page, f"{served.url}/community?community=community-00")
        told = json.loads(
            hubledger(
                "costs",
                "report",
                "--month",
                "2026-11",
                "--format",
                "json",
                fleet=long_lake.folder / "fleet",
                lake=Path(long_lake.lake.url),
            ).stdout
        )
        cost = sum((Decimal(row["cost"]) for row in told["rows"] if row["community"] == "community-00"), Decimal(0))
        assert card(page, "November 2026 so far") == FIGURES.money(cost)
        assert amount(card(page, "Forecast for the end of November")) > cost
        assert SCRIPT in {row[0] for row in table(page, "Cost by hub")}
        visit(page, f"{served.url}/finance")
        page.get_by_text("There is no ledger yet.").wait_for()
        assert page.locator("script", has_text="alert(1)").count() == 0
        assert dialogs == []


def test_nothing_sticks_out_of_a_phone(furnished: Furnished, phone: Page) -> None:
    for name in ("community", "fleet?section=proof", "fleet?section=policies", "finance", "method"):
        visit(phone, furnished.url(name))
        for element in ("documentElement", "querySelector('[data-testid=stMain]')"):
            assert phone.evaluate(f"document.{element}.scrollWidth") <= PHONE["width"], name
        assert phone.locator("h1").count() == 1


def test_a_page_prints_without_its_controls(furnished: Furnished, page: Page) -> None:
    visit(page, furnished.url("community?community=northern-sky"))
    page.emulate_media(media="print")
    assert page.get_by_role("combobox", name=re.compile("Month")).is_hidden()
    assert page.get_by_role("button", name="CSV").is_hidden()
    assert page.get_by_text("Cost by component").is_visible()
    assert len(PdfReader(io.BytesIO(page.pdf())).pages) >= 2
