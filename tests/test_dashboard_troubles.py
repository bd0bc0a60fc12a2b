"""What a page says when there is nothing to show, or something is in its way: what to do, and no more than its viewer may know."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from billing.ledger import Ledger
from dashboard.viewer import NOBODY, Role, Viewer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_long_lake import LongLake

OPERATOR = Viewer(Role.OPERATOR)
COMMUNITY = Viewer(Role.COMMUNITY, frozenset({"community-00"}))
PAGES = ("page_community", "page_fleet", "page_finance", "page_method")


def _script(page: str, fleet: str, lake: str, ledger: str, viewer: object) -> None:
    import importlib
    from pathlib import Path

    from dashboard.pages import run
    from dashboard.site import Mode, Site
    from dashboard.viewer import Viewer
    from dashboard.words import Words

    assert isinstance(viewer, Viewer)
    site = Site(Mode.LOCAL, Path(fleet), lake, ledger, Path(fleet))
    run(importlib.import_module(f"dashboard.{page}").show, site, viewer, Words())


def opened(page: str, fleet: Path, lake: Path, viewer: Viewer = OPERATOR, **address: str) -> AppTest:
    """Run a page without a browser."""
    values = {
        "page": page,
        "fleet": str(fleet),
        "lake": str(lake),
        "ledger": str(lake / "none.sqlite"),
        "viewer": viewer,
    }
    test = AppTest.from_function(_script, kwargs=values, default_timeout=60)
    for key, value in address.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    """Return all that the page says."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code")
    return "\n".join(str(getattr(each, "value", "")) for kind in kinds for each in test.get(kind))


@pytest.mark.parametrize("page", PAGES)
def test_without_a_lake_a_page_says_how_to_make_one(long_lake: LongLake, tmp_path: Path, page: str) -> None:
    text = said(opened(page, long_lake.folder / "fleet", tmp_path / "nothing"))
    assert "There is no lake yet" in text
    assert "hubledger costs ingest" in text
    assert not (tmp_path / "nothing").exists()  # looking makes nothing


def test_a_lake_with_bills_that_nobody_allocated_says_what_to_run(long_lake: LongLake, tmp_path: Path) -> None:
    shutil.copytree(long_lake.folder / "lake" / "deliveries", tmp_path / "deliveries")
    text = said(opened("page_community", long_lake.folder / "fleet", tmp_path))
    assert "Bills are here, and not allocated yet" in text
    assert "hubledger costs allocate --month 2026-11" in text


def test_a_lake_without_activity_shows_costs_and_says_what_is_missing(long_lake: LongLake, tmp_path: Path) -> None:
    shutil.copytree(long_lake.folder / "lake" / "allocations", tmp_path / "allocations")
    test = opened("page_community", long_lake.folder / "fleet", tmp_path)
    assert "Nobody counted users" in said(test)
    figures = {each.label: each.value for each in test.metric}
    assert figures["Active users"] == figures["Cost per active user"] == "–"
    assert figures["October 2026"].startswith("$")


@pytest.mark.parametrize("viewer", [OPERATOR, COMMUNITY])
def test_a_damaged_lake_is_explained_to_operators_and_kept_from_others(
    long_lake: LongLake, tmp_path: Path, viewer: Viewer
) -> None:
    shutil.copytree(long_lake.folder / "lake", tmp_path / "lake")
    for file in (tmp_path / "lake" / "allocations").rglob("*.parquet"):
        file.unlink()
    text = said(opened("page_community", long_lake.folder / "fleet", tmp_path / "lake", viewer))
    assert "The lake can't be read" in text
    assert ("restore it from a backup" in text) is viewer.sees_fleet
    assert (str(tmp_path) in text) is viewer.sees_fleet


def test_a_fleet_with_faults_says_them(long_lake: LongLake, tmp_path: Path) -> None:
    shutil.copytree(long_lake.folder / "fleet", tmp_path / "fleet")
    (tmp_path / "fleet" / "communities" / "community-00.yaml").write_text(
        "name: community-00\nhubs: [cluster-00/nowhere]\n"
    )
    text = said(opened("page_community", tmp_path / "fleet", long_lake.folder / "lake"))
    assert "hubledger fleet check" in text
    assert "community-00.yaml:2" in text


def test_nobody_and_strangers_are_told_that_nothing_is_theirs(long_lake: LongLake) -> None:
    for viewer in (NOBODY, Viewer(Role.COMMUNITY, frozenset({"a-stranger"}))):
        test = opened(
            "page_community", long_lake.folder / "fleet", long_lake.folder / "lake", viewer, community="community-01"
        )
        text = said(test)
        assert "Nothing here is yours to see" in text
        assert not test.metric
        assert "Community 1" not in text


def test_a_deep_link_to_another_community_shows_ones_own(long_lake: LongLake) -> None:
    test = opened(
        "page_community", long_lake.folder / "fleet", long_lake.folder / "lake", COMMUNITY, community="community-01"
    )
    assert [each.value for each in test.title] == ["Community 0"]
    assert "Community 1" not in said(test)
    method = said(opened("page_method", long_lake.folder / "fleet", long_lake.folder / "lake", COMMUNITY))
    assert "Hub number 3" in method
    assert "Hub number 4" not in method
    assert "hubledger costs explain" not in method


def test_a_fleet_that_bills_nobody_and_damaged_receipts_are_said(
    long_lake: LongLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, lake = long_lake.folder / "fleet", tmp_path / "lake"
    shutil.copytree(long_lake.folder / "lake", lake)
    book = Ledger(str(lake / "none.sqlite"))
    with book.write():
        pass  # a ledger that nothing is written in
    book.close()
    assert "issuer: is missing" in said(opened("page_finance", fleet, lake)).replace("\\", "")
    (tmp_path / "infra" / "cluster-00").mkdir(parents=True)
    (tmp_path / "infra" / "cluster-00" / "receipts.jsonl").write_text("{}\n")
    monkeypatch.setenv("HUBLEDGER_INFRA", str(tmp_path / "infra"))
    assert "is no receipt" in said(opened("page_fleet", fleet, lake, section="applies"))


def test_finance_without_a_ledger_says_what_makes_one(long_lake: LongLake) -> None:
    text = said(opened("page_finance", long_lake.folder / "fleet", long_lake.folder / "lake", Viewer(Role.FINANCE)))
    assert "hubledger invoices draft" in text
