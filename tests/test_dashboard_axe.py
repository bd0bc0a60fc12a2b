"""Every page can be used with a keyboard and read by a screen reader: axe-core has no serious finding, in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.fixtures_browser import DESKTOP, PHONE, context, settled, shot, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.fixtures_browser import Served
    from tests.fixtures_oidc import Guarded

pytestmark = pytest.mark.xdist_group("browser")

PAGES = ("community", "fleet", "finance", "method")


def serious(page: Page) -> list[str]:
    """Return axe-core's serious and critical findings, a line each: the rule, and where."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{finding['id']}: {node['html'][:160]} ({node['target'][0]}): {node['failureSummary'].splitlines()[-1].strip()}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]


def opened(page: Page) -> None:
    """Open everything that can be opened in its place."""
    closed = page.locator('[data-testid="stExpander"] details:not([open]) summary:visible')
    for _ in range(closed.count()):
        closed.first.click()
    settled(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_finding(dashboard: Served, browser: Browser, name: str) -> None:
    for kind, size, scheme in (("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")):
        with context(browser, size, color_scheme=scheme) as made:
            page = made.new_page()
            visit(page, f"{dashboard.url}/{name}")
            shot(page, f"{name}-{kind}-{scheme}")
            opened(page)
            assert serious(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_door_has_no_serious_finding(guarded: Guarded, browser: Browser) -> None:
    with context(browser, PHONE, ignore_https_errors=True, color_scheme="dark") as made:
        page = made.new_page()
        visit(page, guarded.url)
        shot(page, "door-phone-dark")
        assert serious(page) == []
        page.keyboard.press("Tab")
        names = []
        for _ in range(12):
            names.append(page.evaluate("document.activeElement?.innerText ?? ''"))
            page.keyboard.press("Tab")
        assert "Sign in" in names, "the button can be reached with the keyboard"
        page.goto(f"{guarded.url}/share")
        page.get_by_text("This link is not valid").wait_for()
        assert serious(page) == []
