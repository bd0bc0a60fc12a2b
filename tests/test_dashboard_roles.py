"""Who may see what: nobody by default, the role that sees more where several fit, and only what the provider vouches for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from dashboard.access import Refusal, decide
from dashboard.viewer import NOBODY, Role, Viewer
from dashboard.way_back import RETURN_COOKIE, remember, way_back
from terraform.sign_in import Admission, DashboardSettings, SignIn

US = {"iss": "https://login.example.org", "aud": "hubledger", "sub": "a1"}
SETTINGS = DashboardSettings(
    url="https://hubs.example.org/costs",
    sign_in=SignIn("https://login.example.org/", "hubledger"),
    admissions=(
        Admission("operator", claim=("realm_access", "roles"), values=("hub-operators",)),
        Admission("finance", emails=("accounts@example.org",)),
        Admission("community", communities=("reef",), subjects=("a1",)),
        Admission("community", communities=("moor",), claim=("groups",), values=("moor-admins",)),
        Admission("community", claim=("https://example.org/communities",)),
    ),
)
NAMES = ("reef", "moor", "dune")


@pytest.mark.parametrize(
    ("claims", "viewer"),
    [
        ({"realm_access": {"roles": ["x", "hub-operators"]}}, Viewer(Role.OPERATOR)),
        ({"realm_access.roles": "hub-operators"}, Viewer(Role.OPERATOR)),
        ({"email": "Accounts@example.org", "email_verified": True}, Viewer(Role.FINANCE)),
        ({}, Viewer(Role.COMMUNITY, frozenset({"reef"}))),
        ({"groups": "moor-admins"}, Viewer(Role.COMMUNITY, frozenset({"reef", "moor"}))),
        (
            {"sub": "z", "https://example.org/communities": ["dune", "else"]},
            Viewer(Role.COMMUNITY, frozenset({"dune"})),
        ),
        ({"aud": ["hubledger", "other"], "azp": "hubledger"}, Viewer(Role.COMMUNITY, frozenset({"reef"}))),
    ],
)
def test_what_fits_lets_in(claims: dict[str, object], viewer: Viewer) -> None:
    assert decide({**US, **claims}, SETTINGS, NAMES).viewer == viewer


@pytest.mark.parametrize(
    ("claims", "refusal"),
    [
        ({"sub": "z"}, Refusal.UNKNOWN),
        ({"sub": "z", "https://example.org/communities": ["else", 1, None]}, Refusal.UNKNOWN),
        ({"sub": "z", "realm_access": ["hub-operators"], "roles": ["hub-operators"]}, Refusal.UNKNOWN),
        ({"sub": "z", "email": "accounts@example.org"}, Refusal.UNVERIFIED),
        ({"sub": "z", "email": "accounts@example.org", "email_verified": "true"}, Refusal.UNVERIFIED),
        ({"sub": "z", "email": ["accounts@example.org"], "email_verified": True}, Refusal.UNKNOWN),
        ({"aud": "other", "azp": "hubledger"}, Refusal.FOREIGN),
        ({"aud": ["hubledger", "other"], "azp": "other"}, Refusal.FOREIGN),
        ({"aud": None}, Refusal.FOREIGN),
        ({"iss": "https://login.example.org.evil.example"}, Refusal.FOREIGN),
    ],
)
def test_what_does_not_fit_does_not(claims: dict[str, object], refusal: Refusal) -> None:
    decision = decide({**US, **claims}, SETTINGS, NAMES)
    assert (decision.viewer, decision.refusal) == (NOBODY, refusal)


def test_without_a_provider_no_claim_counts() -> None:
    assert decide(US, DashboardSettings(admissions=SETTINGS.admissions), NAMES).refusal is Refusal.FOREIGN


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["hub-operators", "reef", "moor-admins", "a1", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["roles", "x"]), inner, max_size=2),
)


@given(claims=st.dictionaries(st.sampled_from(["sub", "email", "email_verified", "groups", "realm_access"]), VALUES))
def test_claims_of_any_shape_are_decided_on(claims: dict[str, object]) -> None:
    viewer = decide({**US, "sub": "z", **claims}, SETTINGS, NAMES).viewer
    realm = claims.get("realm_access")
    roles = realm.get("roles") if isinstance(realm, dict) else None
    operators = roles == "hub-operators" or (isinstance(roles, list) and "hub-operators" in roles)
    assert (viewer.role is Role.OPERATOR) is operators
    assert viewer.communities <= {"reef", "moor"}


@pytest.mark.parametrize(
    ("came", "remembered"),
    [
        ("https://hubs.example.org/costs/community?month=2026-10&cost=effective", True),
        ("https://hubs.example.org/costs/", True),
        ("https://hubs.example.org/elsewhere", False),
        ("https://evil.example/costs/community", False),
        ("https://hubs.example.org//evil.example/costs/", False),
        ("https://hubs.example.org/costs/?next=https://evil.example", False),
        ("https://hubs.example.org/costs/%0d%0aset-cookie:x", False),
        ("", False),
    ],
)
def test_the_way_back_stays_on_the_site(came: str, remembered: bool) -> None:
    cookie = remember(connection(referer=came), "https://hubs.example.org", "/costs")
    assert (cookie is not None) is remembered
    if cookie:
        value = cookie.split(";")[0].removeprefix(f"{RETURN_COOKIE}=")
        assert f"https://hubs.example.org{way_back(connection(cookie=f'{RETURN_COOKIE}={value}'), '/costs')}" == came


@pytest.mark.parametrize(
    "view", ["//evil.example/", "/costs/../../x?//", "/costs//evil", "/costs/\\evil", "https://e.example/costs/"]
)
def test_a_way_back_that_somebody_made_up_leads_nowhere_else(view: str) -> None:
    found = way_back(connection(cookie=f"{RETURN_COOKIE}={view}"), "/costs")
    assert found is None or (found.startswith("/costs/") and "\\" not in found)


def connection(**headers: str) -> HTTPConnection:
    return HTTPConnection(
        {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    )
