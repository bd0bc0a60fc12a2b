"""Signing in: who is let in sees what is theirs, and nobody else sees anything, in the page, its websocket or its downloads."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from dashboard.opening import cookie_secret
from dashboard.sessions import USER_COOKIE
from tests.fixtures_browser import Seen, context, settled, shot, visit, watch
from tests.fixtures_oidc import PEOPLE, SCRIPT, SECRET, sign_in, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.fixtures_demo import Demo
    from tests.fixtures_oidc import Guarded

pytestmark = pytest.mark.xdist_group("browser")

OTHERS = (
    "meadow-schools",
    "Meadow Schools",
    "earth-observatories",
    "Earth Observatories",
    "northern-sky",
    "Northern Sky",
)
HUBS_OF_OTHERS = ("caldera", "aurora", "orchard", "Aurora")
REFUSED = ("unverified", "stranger", "forged", "other-audience", "other-audience-of-ours", "other-issuer", "expired")


@pytest.fixture(scope="module")
def everything(demo: Demo) -> tuple[str, ...]:
    """Names and figures that nobody may see who isn't let in."""
    rows = demo.report(by="community")["rows"]
    figures = [f"{float(row['cost']):,.2f}" for row in rows if float(row["cost"]) > 100]
    assert len(figures) > 4
    return (*OTHERS, *HUBS_OF_OTHERS, "coastal-modelling", "estuary", *figures)


@pytest.fixture(scope="module")
def not_coastals(demo: Demo) -> tuple[str, ...]:
    """Names and figures that the coastal community's people may not see."""
    rows = demo.report(by="hub")["rows"]
    figures = [
        f"{float(row['cost']):,.2f}"
        for row in rows
        if row["community"] != "coastal-modelling" and float(row["cost"]) > 100
    ]
    assert len(figures) > 4
    return (*OTHERS, *HUBS_OF_OTHERS, *figures)


@pytest.fixture(scope="module")
def coastal(browser: Browser, guarded: Guarded) -> Iterator[tuple[Page, Seen]]:
    """A browser in which somebody of the coastal community has signed in, and what it got since."""
    with context(browser, ignore_https_errors=True) as opened:
        page = opened.new_page()
        seen = watch(page)
        sign_in(page, guarded, "coastal", "/community?cost=effective")
        yield page, seen


def test_a_communitys_person_comes_back_to_the_view_that_was_asked_for(
    coastal: tuple[Page, Seen], guarded: Guarded
) -> None:
    page, _ = coastal
    assert page.url == f"{guarded.url}/community?cost=effective"
    assert page.get_by_role("button", name="Sign out").is_visible()
    shot(page, "signed-in-desktop")


def test_names_with_markup_show_as_text(coastal: tuple[Page, Seen]) -> None:
    page, _ = coastal
    assert page.get_by_role("heading", level=1).inner_text() == SCRIPT
    assert page.locator("script", has_text="alert").count() == 0


def test_a_communitys_person_gets_nothing_of_others_whatever_the_address_says(
    coastal: tuple[Page, Seen], guarded: Guarded, not_coastals: tuple[str, ...]
) -> None:
    page, seen = coastal
    visit(page, f"{guarded.url}/community?month=2026-10")
    assert seen.holds("1,994.81"), "the frames hold what the page shows"
    for path in ("/community?community=meadow-schools", "/fleet", "/finance", "/community?hub=northlight%2Faurora"):
        visit(page, f"{guarded.url}{path}")
        asked = {word for word in not_coastals if word in path}  # the browser sends its own address back and forth
        assert {word for word in not_coastals if word in page.inner_text("body")} <= asked
    assert seen.holds(*not_coastals) <= {"meadow-schools", "aurora"}
    for word in ("Meadow Schools", "northern-sky"):
        assert not seen.holds(word)


def test_a_download_is_for_the_session_it_was_made_for(
    coastal: tuple[Page, Seen], visitor: BrowserContext, guarded: Guarded, not_coastals: tuple[str, ...]
) -> None:
    page, _ = coastal
    visit(page, f"{guarded.url}/community?month=2026-10")
    with page.expect_download() as waited:
        page.get_by_role("button", name="CSV").click()
    address = waited.value.url
    assert address.startswith(f"{guarded.url}/media/")
    text = waited.value.path().read_text()
    assert "estuary" in text
    assert [word for word in not_coastals if word in text] == []
    assert page.request.get(address).status == 200
    with signed_in(visitor, guarded, "meadow") as other:
        assert other.request.get(address).status == 404
        assert "meadow" in other.inner_text("body").lower()
    visitor.clear_cookies()
    assert visitor.request.get(address).status == 404


@pytest.mark.parametrize("person", REFUSED)
def test_who_is_not_let_in_gets_nothing(
    visitor: BrowserContext, guarded: Guarded, everything: tuple[str, ...], person: str
) -> None:
    visitor.clear_cookies()
    with visitor.new_page() as page:
        seen = watch(page)
        sign_in(page, guarded, person)
        visit(page, f"{guarded.url}/fleet")
        assert seen.frames
        assert seen.holds(*everything) == set()
        text = page.inner_text("body")
        assert [word for word in everything if word in text] == []
        if person in ("stranger", "forged"):
            assert "nobody has given you access" in text
            shot(page, "refused-desktop")
        elif person == "unverified":
            assert "doesn't vouch for your e-mail address" in text
        elif person in ("other-audience-of-ours",):
            assert "meant for another one" in text
        else:  # Authlib refuses the token
            assert page.get_by_role("button", name="Sign in").is_visible()


def test_operators_and_finance_see_every_community(visitor: BrowserContext, guarded: Guarded) -> None:
    for person in ("operator", "finance"):
        with signed_in(visitor, guarded, person) as page:
            assert "Meadow Schools" in page.inner_text("body") or page.get_by_role("combobox").count()
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url("**/oauth2/end_session**")  # the provider asks whether to end its session too
            visit(page, guarded.url)
            assert page.get_by_role("button", name="Sign in").is_visible()


def test_a_cookie_that_was_changed_lets_nobody_in(
    coastal: tuple[Page, Seen], visitor: BrowserContext, guarded: Guarded
) -> None:
    (cookie,) = (each for each in coastal[0].context.cookies() if each["name"] == USER_COOKIE)
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
    assert cookie["expires"] <= time.time() + timedelta(hours=8).total_seconds()
    _, text = URLSafeTimedSerializer("another key", salt=USER_COOKIE).loads_unsafe(cookie["value"])
    said = json.loads(text) | {"realm_access": {"roles": ["hub-operators"]}}
    forged = str(URLSafeTimedSerializer("another key", salt=USER_COOKIE).dumps(json.dumps(said)))
    patched = ".".join((forged.rsplit(".", 2)[0], *cookie["value"].rsplit(".", 2)[1:]))
    for value in (forged, patched):
        visitor.clear_cookies()
        visitor.add_cookies([{**cookie, "value": value}])  # type: ignore[typeddict-item]
        with visitor.new_page() as page:
            visit(page, guarded.url)
            assert page.get_by_role("button", name="Sign in").is_visible()


def test_no_token_of_the_provider_is_kept_in_the_browser(coastal: tuple[Page, Seen]) -> None:
    names = {cookie["name"] for cookie in coastal[0].context.cookies()}
    assert {name for name in names if "token" in name} == set()


class _Earlier(TimestampSigner):
    """Signs as it would have been done `ago` seconds before."""

    ago = 0

    def get_timestamp(self) -> int:
        return super().get_timestamp() - self.ago


def test_a_session_ends_while_its_page_is_open(
    coastal: tuple[Page, Seen], visitor: BrowserContext, guarded: Guarded
) -> None:
    (cookie,) = (each for each in coastal[0].context.cookies() if each["name"] == USER_COOKIE)
    secret = cookie_secret(guarded.served.state)
    claims = URLSafeTimedSerializer(secret, salt=USER_COOKIE).loads(cookie["value"])
    for left, expected in ((-1, "Sign in"), (12, "Sign out")):
        signer = type("Signer", (_Earlier,), {"ago": 8 * 3600 - left})
        value = URLSafeTimedSerializer(secret, salt=USER_COOKIE, signer=signer).dumps(claims)
        visitor.clear_cookies()
        visitor.add_cookies([{**cookie, "value": str(value)}])  # type: ignore[typeddict-item]
        with visitor.new_page() as page:
            visit(page, guarded.url)
            assert page.get_by_role("button", name=expected).is_visible()
            if expected == "Sign out":  # and then, without anybody's doing
                page.get_by_role("button", name="Sign in").wait_for(timeout=30_000)
                settled(page)
                assert "coastal" not in page.inner_text("body").lower()


def test_a_websocket_is_for_the_dashboards_own_pages(guarded: Guarded) -> None:
    address = guarded.served.url.replace("http://", "ws://") + "/_stcore/stream"
    with connect(address, additional_headers={"Origin": guarded.url.removesuffix("/costs")}):
        pass
    for headers in ({"Origin": "https://evil.example"}, {"Origin": guarded.served.url}, {}):
        with pytest.raises(InvalidStatus), connect(address, additional_headers=headers):
            pass


def test_the_log_has_no_address_no_token_and_no_secret(
    coastal: tuple[Page, Seen], visitor: BrowserContext, guarded: Guarded
) -> None:
    with signed_in(visitor, guarded, "stranger") as page:
        sent = page.request.get(
            f"{guarded.url}/oauth2callback?error=x&error_description=visitor%40elsewhere.example+is+not+eyJhbGciOiJSUzI1NiJ9"
        )
        assert sent.ok
    assert "somebody who signed in was refused: unknown" in guarded.said
    assert "Error during authentication" in guarded.said  # a library's line, and without what it was told
    cookies = [each["value"] for each in coastal[0].context.cookies()]
    emails = [str(claims["email"]) for claims in PEOPLE.values() if "email" in claims]
    for word in (SECRET, "code=", "state=", "eyJ", "@", *cookies, *emails):
        assert word not in guarded.said.replace("…@…", "")


def test_an_ended_session_stays_ended_however_its_cookie_is_written(
    coastal: tuple[Page, Seen], guarded: Guarded
) -> None:
    (cookie,) = (each for each in coastal[0].context.cookies() if each["name"] == USER_COOKIE)
    secret = cookie_secret(guarded.served.state)
    claims = URLSafeTimedSerializer(secret, salt=USER_COOKIE).loads(cookie["value"])
    signer = type("Signer", (_Earlier,), {"ago": 8 * 3600 + 1})
    old = str(URLSafeTimedSerializer(secret, salt=USER_COOKIE, signer=signer).dumps(claims))
    health = httpx.get(f"{guarded.url}/_stcore/health", verify=False)
    token = health.cookies["_streamlit_xsrf"].strip('"')
    xsrf = f"_streamlit_xsrf={token}"
    address = guarded.served.url.replace("http://", "ws://") + "/_stcore/stream"
    fresh = f"{USER_COOKIE}={cookie['value']}"
    ended = f"{USER_COOKIE}={old}"
    for written, expected in (
        ([f"{xsrf}; {fresh}"], True),
        ([f"{xsrf}; {ended}"], False),
        ([f"{xsrf};{ended}"], False),
        ([xsrf, ended], False),
        ([f"{xsrf}; a=b;\t{ended}"], False),
        ([f"{xsrf}; {fresh}; {ended}"], False),
    ):
        headers = [("Origin", guarded.url.removesuffix("/costs")), *(("Cookie", line) for line in written)]
        with connect(
            address,
            additional_headers=headers,
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            max_size=None,
        ) as socket:
            socket.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            got, message = b"", ForwardMsg()
            while message.WhichOneof("type") != "script_finished":
                frame = socket.recv(timeout=30)
                assert isinstance(frame, bytes)
                message = ForwardMsg.FromString(frame)
                got += frame
        assert (b"October 2026" in got, b"Sign in" in got) == (expected, not expected), written
