"""Share links: they open one community's pages to read, for a time, until they are revoked; and leave no trace of their secret."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.links import LinkError, Links
from dashboard.sessions import LINK_COOKIE, Sessions
from tests.fixtures_browser import PHONE, settled, shot, visit, watch
from tests.fixtures_demo import hubledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from tests.fixtures_browser import Seen
    from tests.fixtures_oidc import Guarded

pytestmark = pytest.mark.xdist_group("browser")

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OTHERS = ("Meadow Schools", "Earth Observatories", "Northern Sky", "northern-sky", "caldera", "aurora", "orchard")


def make(guarded: Guarded, *arguments: str) -> str:
    """Make a link as an operator does; return its address."""
    return run(guarded, "create", "coastal-modelling", *arguments)


def run(guarded: Guarded, *arguments: str) -> str:
    place = ("--state", str(guarded.served.state))
    return hubledger("dashboard", "link", *arguments, *place, fleet=guarded.fleet, lake=guarded.fleet).stdout.strip()


@contextmanager
def opened(visitor: BrowserContext, address: str) -> Iterator[tuple[Page, Seen]]:
    """Open an address as somebody new."""
    visitor.clear_cookies()
    page = visitor.new_page()
    seen = watch(page)
    page.goto(address)
    yield page, seen
    page.close()


def test_a_link_shows_one_community_and_its_secret_is_nowhere(visitor: BrowserContext, guarded: Guarded) -> None:
    address = make(guarded, "--note", "programme officer")
    place, token = address.split("#")
    assert place == f"{guarded.url}/share"
    with opened(visitor, address) as (page, seen):
        page.wait_for_url(f"{guarded.url}/")
        settled(page)
        text = page.inner_text("body")
        assert "$1,994.81" in text
        assert "through a share link" in text
        shot(page, "shared-desktop")
        page.set_viewport_size(PHONE)
        shot(page, "shared-phone")
        visit(page, f"{guarded.url}/community?community=meadow-schools")
        visit(page, f"{guarded.url}/fleet")
        assert [word for word in OTHERS if word in page.inner_text("body")] == []
        assert seen.holds(*OTHERS) == set()
        assert [url for url in seen.urls if token in url] == []
        for _ in range(3):
            page.go_back(wait_until="commit")
            assert token not in page.url
            page.wait_for_function(  # which outlives that pages lead on by themselves
                "token => ![location.href, document.referrer, JSON.stringify(history.state)].join().includes(token)",
                arg=token,
            )
        (cookie,) = (each for each in visitor.cookies() if each["name"] == LINK_COOKIE)
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
        assert token not in cookie["value"]
    for log in (guarded.said, guarded.proxy_log.read_text(), (guarded.served.state / "links.jsonl").read_text()):
        assert token not in log
        assert token.split(".")[0] not in log
    assert "/costs/share" in guarded.proxy_log.read_text()


def test_a_revoked_link_stops_who_is_looking_and_who_comes(visitor: BrowserContext, guarded: Guarded) -> None:
    address = make(guarded)
    with opened(visitor, address) as (page, _):
        page.wait_for_url(f"{guarded.url}/")
        settled(page)
        link = json.loads(run(guarded, "list", "--format", "json"))[-1]["id"]
        run(guarded, "revoke", link)
        page.get_by_test_id("stSelectbox").filter(has_text="Cost").get_by_role("combobox").click()
        page.get_by_role("option", name="Effective").click()
        page.get_by_text("has expired or was taken back").wait_for()
        settled(page)
        assert "$" not in page.inner_text("body")
        visit(page, f"{guarded.url}/community")
        assert page.get_by_role("button", name="Sign in").is_visible()
    refused(visitor, guarded, address)
    assert json.loads(run(guarded, "list", "--format", "json"))[-1]["status"] == "revoked"


def test_a_link_that_is_changed_expired_or_of_another_dashboard_opens_nothing(
    visitor: BrowserContext, guarded: Guarded, tmp_path: Path
) -> None:
    address = make(guarded)
    place, token = address.split("#")
    payload, signature = token.split(".")
    links = Links(guarded.served.state)
    _, expired = links.create("coastal-modelling", days=1, note="", now=datetime.now(UTC) - timedelta(days=2))
    _, elsewhere = Links(tmp_path).create("coastal-modelling", days=1, note="", now=datetime.now(UTC))
    _, meadow = links.create("meadow-schools", days=1, note="", now=datetime.now(UTC))
    for wrong in (
        f"{payload[:-2]}AA.{signature}",
        f"{meadow.split('.')[0]}.{signature}",
        expired,
        elsewhere,
        "",
        "x" * 5000,
    ):
        refused(visitor, guarded, f"{place}#{wrong}")
    assert "a share link was refused" in guarded.said


def refused(visitor: BrowserContext, guarded: Guarded, address: str) -> None:
    with opened(visitor, address) as (page, seen):
        page.get_by_text("This link is not valid").wait_for()
        assert [each for each in visitor.cookies() if each["name"] == LINK_COOKIE] == []
        assert page.url == f"{guarded.url}/share"
        assert seen.frames == []


def test_only_the_dashboards_own_page_may_redeem_a_link(visitor: BrowserContext, guarded: Guarded) -> None:
    token = make(guarded).split("#")[1]
    for headers in ({}, {"origin": "https://evil.example"}):
        answer = visitor.request.post(f"{guarded.url}/share", data=token, headers=headers)
        assert (answer.status, answer.headers.get("set-cookie")) == (403, None)


def test_who_came_by_a_link_can_leave(visitor: BrowserContext, guarded: Guarded) -> None:
    with opened(visitor, make(guarded)) as (page, _):
        page.wait_for_url(f"{guarded.url}/")
        settled(page)
        page.get_by_role("button", name="Leave").click()
        page.get_by_role("button", name="Sign in").wait_for()


def test_the_command_names_the_nearest_community_and_unknown_links(guarded: Guarded) -> None:
    state = ("--state", str(guarded.served.state))
    for arguments, said in (
        (("create", "coastal-modeling"), "did you mean 'coastal-modelling'?"),
        (("revoke", "0000000000000000"), "no share link '0000000000000000'"),
    ):
        done = hubledger("dashboard", "link", *arguments, *state, fleet=guarded.fleet, lake=guarded.fleet, check=False)
        assert (done.returncode, said in done.stderr) == (1, True)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    links = Links(tmp_path)
    assert len(links.key) == 64
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(LinkError, match="chmod 600"):
        links.create("reef", days=1, note="", now=NOW)


def test_a_record_of_links_that_cannot_be_read_opens_none(tmp_path: Path) -> None:
    links = Links(tmp_path)
    link, token = links.create("reef", days=1, note="", now=NOW)
    assert links.redeem(token, now=NOW) is not None
    with (tmp_path / "links.jsonl").open("a") as file:
        file.write('{"event": "revo')
    with pytest.raises(LinkError, match=r"links.jsonl:2"):
        links.redeem(token, now=NOW)
    cookie, _ = sessions(links).begin(link, now=NOW)
    assert sessions(Links(tmp_path)).visit({LINK_COOKIE: cookie}, now=NOW).link is None


def sessions(links: Links) -> Sessions:
    return Sessions(links, "cookies", "links", timedelta(hours=8))


@given(days=st.integers(1, 366), later=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_link_opens_until_its_end_and_not_at_it(
    tmp_path_factory: pytest.TempPathFactory, days: int, later: timedelta
) -> None:
    links = Links(tmp_path_factory.getbasetemp() / "links-property")
    link, token = links.create("reef", days=days, note="", now=NOW)
    assert (links.redeem(token, now=NOW + later) is not None) is (NOW + later < link.expires)
    assert links.revoke(link.id, now=NOW).revoked == links.revoke(link.id, now=NOW + later).revoked == NOW
    assert links.redeem(token, now=NOW) is None


@pytest.mark.parametrize("damage", range(0, 120, 7))
def test_no_letter_of_a_link_can_be_changed(tmp_path: Path, damage: int) -> None:
    links = Links(tmp_path)
    _, token = links.create("reef", days=1, note="", now=NOW)
    place = damage % (len(token) - 1)  # the last letter of a signature has bits that say nothing
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert links.redeem(changed, now=NOW) is None
