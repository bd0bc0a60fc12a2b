"""Who may look at the dashboard, and how they sign in: the section `dashboard` of fleet.yaml, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

ROLES = ("operator", "finance", "community")


@dataclass(frozen=True, slots=True)
class Admission:
    """What lets somebody in: an address that the provider has verified, a subject, or a value of a claim; and as what.

    A community's admission by a claim without values takes the claim's own values as names of communities.
    """

    role: str  # one of ROLES
    communities: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()  # in lower case
    subjects: tuple[str, ...] = ()
    claim: tuple[str, ...] = ()  # its path: ("realm_access", "roles")
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignIn:
    """The OpenID provider. Its client's secret is never in the fleet."""

    issuer: str
    client_id: str
    scope: str = "openid email profile"

    @property
    def metadata(self) -> str:
        """Where the provider describes itself."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """How the dashboard is reached, and by whom. Nobody who isn't admitted sees anything."""

    url: str | None = None  # what a browser calls it, without a slash at the end
    sign_in: SignIn | None = None
    lifetime: timedelta = timedelta(hours=8)  # of a session
    admissions: tuple[Admission, ...] = ()
