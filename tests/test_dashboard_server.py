"""The dashboard as it is served: it starts with one command, to this machine, and with headers that browsers keep to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixtures_browser import settled, shot, visit, watch

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fixtures_browser import Served

pytestmark = pytest.mark.xdist_group("browser")


def test_one_command_shows_the_example_fleet_on_a_wide_screen_and_on_a_phone(
    dashboard: Served, desktop: Page, phone: Page
) -> None:
    for name, page in (("desktop", desktop), ("phone", phone)):
        seen = watch(page)
        visit(page, f"{dashboard.url}/")
        settled(page)
        shot(page, f"start-{name}")
        assert page.get_by_role("heading").count()
        assert [text for text in seen.console if "Content Security Policy" in text] == []
        assert all(url.startswith((dashboard.url, "data:", "blob:")) for url in seen.urls)
