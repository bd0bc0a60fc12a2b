"""Who may see what, from what the provider says of a person and what the fleet says of whom it lets in. Nobody is let in by default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dashboard.viewer import NOBODY, Role, Viewer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from terraform.sign_in import Admission, DashboardSettings, SignIn

_RANKS = (Role.OPERATOR, Role.FINANCE, Role.COMMUNITY)


class Refusal(StrEnum):
    """Why somebody who signed in sees nothing."""

    FOREIGN = "foreign"  # the token is not for this dashboard, or of another provider
    UNVERIFIED = "unverified"  # the address would let them in, but the provider doesn't vouch for it
    UNKNOWN = "unknown"  # nothing lets them in


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody may see, and why not more."""

    viewer: Viewer
    refusal: Refusal | None = None


def decide(claims: Mapping[str, object], settings: DashboardSettings, communities: Collection[str]) -> Decision:
    """Decide on what the claims of an ID token let somebody see.

    Whoever is let in twice has the role that sees more, and as a community's viewer all the communities. `communities` are the fleet's.
    """
    if settings.sign_in is None or not _ours(claims, settings.sign_in):
        return Decision(NOBODY, Refusal.FOREIGN)
    address = _text(claims.get("email")).lower()
    vouched = claims.get("email_verified") is True
    found: list[tuple[Role, frozenset[str]]] = []
    unverified = False
    for admission in settings.admissions:
        if address and address in admission.emails and not vouched:
            unverified = True
        elif _fits(admission, claims, address):
            named = admission.communities or _values(claims, admission.claim)
            found.append((Role(admission.role), frozenset(named) & frozenset(communities)))
    for role in _RANKS:
        named_ = [names for one, names in found if one is role]
        if role is not Role.COMMUNITY and named_:
            return Decision(Viewer(role))
        if any(named_):
            return Decision(Viewer(role, frozenset().union(*named_)))
    return Decision(NOBODY, Refusal.UNVERIFIED if unverified else Refusal.UNKNOWN)


def _ours(claims: Mapping[str, object], provider: SignIn) -> bool:
    """Tell whether a token is of the fleet's provider and for this dashboard.

    Authlib takes a token for somebody else, if only its `azp` names us (OpenID Connect Core 3.1.3.7 wants both).
    """
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    same = _text(claims.get("iss")).rstrip("/") == provider.issuer.rstrip("/")
    return same and provider.client_id in audiences and claims.get("azp", provider.client_id) == provider.client_id


def _fits(admission: Admission, claims: Mapping[str, object], address: str) -> bool:
    if admission.emails:
        return address in admission.emails
    if admission.subjects:
        return _text(claims.get("sub")) in admission.subjects
    said = _values(claims, admission.claim)
    return bool(said & set(admission.values)) if admission.values else bool(said)


def _values(claims: Mapping[str, object], path: tuple[str, ...]) -> frozenset[str]:
    """Return the texts of a claim, which may be one, a list, or deeper down; a name with dots may be a claim's own."""
    value: object = claims.get(".".join(path))
    if value is None:
        value = claims
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
    return frozenset(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
