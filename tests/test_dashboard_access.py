"""Signing in: who is let in sees what is theirs, and nobody else sees anything, in the page, its websocket or its downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixtures_browser import settled, shot, visit, watch
from tests.fixtures_oidc import signed_in, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.fixtures_oidc import Guarded

pytestmark = pytest.mark.xdist_group("browser")


def test_a_communitys_person_signs_in_and_sees_that_community(browser: Browser, guarded: Guarded) -> None:
    with signed_in(browser, guarded, "coastal") as page:
        shot(page, "signed-in-desktop")
        assert "coastal" in page.content()
