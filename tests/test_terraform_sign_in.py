"""The section `dashboard` of fleet.yaml: whom it lets in, as values; and every way of letting in too many is a fault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from terraform.fleet_files import FleetError, load
from terraform.sign_in import Admission, DashboardSettings, SignIn

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
dashboard:
  url: https://hubs.example.org/costs/
  sign_in: {issuer: https://login.example.org/realms/hubs, client_id: hubledger, scope: openid email groups}
  hours: 4
  viewers:
    - {role: operator, claim: realm_access.roles, value: hub-operators}
    - {role: finance, email: Accounts@Example.org}
    - {role: community, communities: reef, subject: [a1, b2]}
    - {role: community, claim: hub_communities}
"""


def read(fleet: Path, section: str) -> DashboardSettings:
    (fleet / "fleet.yaml").write_text(section)
    return load(fleet).settings.dashboard


def fault(fleet: Path, section: str) -> str:
    with pytest.raises(FleetError) as caught:
        read(fleet, section)
    (line,) = str(caught.value).splitlines()
    return line.removeprefix(f"{fleet}/fleet.yaml:")


def test_the_section_is_read(our_fleet: Path) -> None:
    found = read(our_fleet, WHOLE)
    assert found == DashboardSettings(
        url="https://hubs.example.org/costs",
        sign_in=SignIn("https://login.example.org/realms/hubs", "hubledger", "openid email groups"),
        lifetime=timedelta(hours=4),
        admissions=(
            Admission("operator", claim=("realm_access", "roles"), values=("hub-operators",)),
            Admission("finance", emails=("accounts@example.org",)),
            Admission("community", communities=("reef",), subjects=("a1", "b2")),
            Admission("community", claim=("hub_communities",)),
        ),
    )
    assert found.sign_in is not None
    assert found.sign_in.metadata == "https://login.example.org/realms/hubs/.well-known/openid-configuration"


def test_without_the_section_nobody_is_let_in(our_fleet: Path) -> None:
    assert load(our_fleet).settings.dashboard == DashboardSettings(None, None, timedelta(hours=8), ())


@pytest.mark.parametrize(
    ("viewer", "said"),
    [
        ("{role: operator}", "says nobody, or two things at once: give one of email, subject and claim"),
        ("{role: operator, email: a@b.org, subject: x}", "says nobody, or two things at once"),
        ("{role: operator, claim: groups}", "lets in whoever has a claim groups, whatever it says: add value"),
        ("{role: finance, communities: reef, email: a@b.org}", "'finance' sees the whole fleet: leave communities out"),
        ("{role: community, email: a@b.org}", "names no community"),
        ("{role: community, communities: reef, claim: groups}", "lets in whoever has a claim groups"),
        ("{role: finance, email: a@b.org, value: x}", "has a value but no claim that has it"),
        ("{role: finance, email: everybody}", "'everybody' is no e-mail address"),
        ("{role: owner, email: a@b.org}", "owner"),
        (
            "{role: community, communities: reeef, email: a@b.org}",
            "there is no community 'reeef': did you mean 'reef'?",
        ),
    ],
)
def test_letting_in_nobody_or_everybody_is_a_fault(our_fleet: Path, viewer: str, said: str) -> None:
    line = fault(our_fleet, f"dashboard:\n  viewers:\n    - {viewer}\n")
    assert line.startswith("3: dashboard.viewers[0]")
    assert said in line


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("sign_in: {issuer: https://l.example, client_id: x}", "has a provider, but no address"),
        ("url: http://hubs.example.org", "is not private: write https://"),
        ("url: http://localhost.evil.example", "is not private: write https://"),
        ("url: https://hubs.example.org/?x=1", "is not the address of a site"),
        (
            "{url: https://x.example, sign_in: {issuer: https://l.example, client_id: x, client_secret: y}}",
            "client_secret",
        ),
        ("hours: 0", "hours"),
    ],
)
def test_a_site_that_is_not_safe_is_a_fault(our_fleet: Path, section: str, said: str) -> None:
    line = fault(our_fleet, f"dashboard: {section}\n" if section.startswith("{") else f"dashboard:\n  {section}\n")
    assert said in line
    assert ": y" not in line, "a secret that was put there is not repeated"
