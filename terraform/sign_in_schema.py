"""What fleet.yaml may say about the dashboard, as pydantic models; and their values."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from terraform.fleet_fields import Name, Ours, Text, Texts, fault, matching, measure, one_or_many
from terraform.sign_in import Admission, DashboardSettings, SignIn

_SITE, _SITE_SCHEMA = matching(
    r"https?://[^\s@/?#]+(/[^\s@?#]*)?", "not the address of a site: write https://host or https://host/path"
)
_CLAIM, _CLAIM_SCHEMA = matching(
    r"[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*", "not the name of a claim: write it as groups, or realm_access.roles"
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _private(value: str) -> str:
    address = urlsplit(value)
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        raise fault(f"'{value}' is not private: write https://, since sessions go over it")
    return value


def _address(value: str) -> str:
    if "@" not in value.strip("@"):
        raise fault(f"'{value}' is no e-mail address: write it whole, or admit by claim or subject")
    return value.lower()


Site = Annotated[str, _SITE, _SITE_SCHEMA, AfterValidator(_private)]
Claim = Annotated[str, _CLAIM, _CLAIM_SCHEMA]
Email = Annotated[str, AfterValidator(_address)]
Names = Annotated[list[Name], BeforeValidator(one_or_many, json_schema_input_type=Name | list[Name] | None)]
Emails = Annotated[list[Email], BeforeValidator(one_or_many, json_schema_input_type=Email | list[Email] | None)]


class SignInFile(Ours):
    """The OpenID provider that people sign in with; its client's secret comes from HUBLEDGER_OIDC_SECRET or a file."""

    issuer: Site
    """The provider's issuer, below which it has .well-known/openid-configuration."""
    client_id: Text
    """What the provider calls this dashboard."""
    scope: Text = "openid email profile"
    """What is asked of the provider; more where a claim needs it."""


class AdmissionFile(Ours):
    """Who is let in, and as what."""

    role: Literal["operator", "finance", "community"]
    """What they may see: operators and finance the whole fleet, a community its own rows."""
    communities: Names = Field(default_factory=list)
    """Which communities' rows; only for the role community."""
    email: Emails = Field(default_factory=list)
    """E-mail addresses, which the provider must have verified."""
    subject: Texts = Field(default_factory=list)
    """The provider's own ids of people (the claim sub)."""
    claim: Claim | None = None
    """A claim of the provider, as groups or realm_access.roles."""
    value: Texts = Field(default_factory=list)
    """Which of the claim's values; left out, they are names of communities themselves."""

    @model_validator(mode="after")
    def _somebody(self) -> AdmissionFile:
        if sum(map(bool, (self.email, self.subject, self.claim))) != 1:
            raise fault("says nobody, or two things at once: give one of email, subject and claim")
        if self.value and not self.claim:
            raise fault("has a value but no claim that has it: add claim")
        if self.role != "community":
            if self.communities:
                raise fault(f"'{self.role}' sees the whole fleet: leave communities out")
            if self.claim and not self.value:
                raise fault(f"lets in whoever has a claim {self.claim}, whatever it says: add value")
        elif not self.communities and not (self.claim and not self.value):
            raise fault("names no community: add communities, or a claim whose values are their names")
        elif self.communities and self.claim and not self.value:
            raise fault(
                f"lets in whoever has a claim {self.claim}, whatever it says: add value, or leave communities out"
            )
        return self


class DashboardFile(Ours):
    """Who may look at the dashboard, and how they sign in. Without it, it is served to its own machine only."""

    url: Site | None = None
    """What a browser calls it, as in https://costs.example.org or https://hubs.example.org/costs."""
    sign_in: SignInFile | None = None
    """The OpenID provider."""
    hours: Annotated[int, Field(ge=1, le=168), BeforeValidator(measure, json_schema_input_type=int)] = 8
    """After how many hours people sign in again."""
    viewers: list[AdmissionFile] = Field(default_factory=list)
    """Who is let in, and as what; nobody else is."""

    @model_validator(mode="after")
    def _whole(self) -> DashboardFile:
        if self.sign_in and not self.url:
            raise fault("has a provider, but no address that it may send people back to: add url")
        return self


def settings(content: DashboardFile) -> DashboardSettings:
    """The values of the section."""
    sign_in = content.sign_in
    return DashboardSettings(
        url=content.url.rstrip("/") if content.url else None,
        sign_in=SignIn(sign_in.issuer, sign_in.client_id, sign_in.scope) if sign_in else None,
        lifetime=timedelta(hours=content.hours),
        admissions=tuple(
            Admission(
                role=one.role,
                communities=tuple(one.communities),
                emails=tuple(one.email),
                subjects=tuple(one.subject),
                claim=tuple(one.claim.split(".")) if one.claim else (),
                values=tuple(one.value),
            )
            for one in content.viewers
        ),
    )
