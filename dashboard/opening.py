"""Before the dashboard opens: in which mode, for which names, with which secrets; or why it doesn't."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dashboard.gate import Doors
from dashboard.links import Links
from dashboard.sessions import Sessions
from dashboard.site import Mode, Site

if TYPE_CHECKING:
    from streamlit.runtime.secrets import SecretsValue

    from terraform.sign_in import DashboardSettings, SignIn

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_COOKIES = "cookies"
SECRET = "HUBLEDGER_OIDC_SECRET"  # noqa: S105 – the variable's name


class OpeningError(Exception):
    """The dashboard is not opened: something is missing, or it would show more than it should."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What to serve, through which doors, and the secrets that Streamlit needs for it."""

    site: Site
    doors: Doors
    secrets: dict[str, SecretsValue]


def mode_of(settings: DashboardSettings, host: str) -> Mode:
    """Return how people come in. Raises OpeningError for an address beyond this machine where nobody has to sign in."""
    if settings.sign_in is not None:
        return Mode.SIGN_IN
    if host not in LOOPBACK:
        raise OpeningError(
            f"{host}: without a provider to sign in with, everybody who reaches this address would see everything; "
            "add sign_in under 'dashboard' in fleet.yaml, or listen on 127.0.0.1 (docs/dashboard-access.md)"
        )
    return Mode.LOCAL


def opening(
    site: Site, settings: DashboardSettings, *, base_path: str | None = None, secret_file: Path | None = None
) -> Opening:
    """Put together what is served. Raises OpeningError where the fleet, the options and the environment don't agree."""
    base = _base(settings.url, base_path)
    links = Links(site.state)
    key = links.key
    sessions = Sessions(links, _derived(key, _COOKIES), _derived(key, "share link sessions"), settings.lifetime)
    site = Site(site.mode, site.fleet, site.lake, site.ledger, site.state, base)
    if site.mode is Mode.SIGN_IN and settings.sign_in and settings.url:
        place = urlsplit(settings.url)
        hosts = frozenset({(place.hostname or "").lower(), *LOOPBACK})
        doors = Doors(sessions, hosts, origin=f"{place.scheme}://{place.netloc}", base_path=base)
        secret = _secret(secret_file)
        return Opening(site, doors, {"auth": _auth(settings.url, settings.sign_in, secret, sessions.secret)})
    local = site.mode is Mode.LOCAL
    return Opening(site, Doors(sessions, frozenset(LOOPBACK if local else ()), base_path=base, local=local), {})


def _base(url: str | None, given: str | None) -> str:
    """Return the path below which everything is, without a slash at its end."""
    named = urlsplit(url).path.rstrip("/") if url else ""
    if given is None:
        return named
    base = f"/{given.strip('/')}" if given.strip("/") else ""
    if url and base != named:
        raise OpeningError(
            f"--base-path {base or '/'}: dashboard.url in fleet.yaml says {named or '/'}; make them agree, or leave it out"
        )
    return base


def _auth(url: str, provider: SignIn, secret: str, cookie_secret: str) -> dict[str, SecretsValue]:
    """Return what st.login reads."""
    return {
        "redirect_uri": f"{url}/oauth2callback",
        "cookie_secret": cookie_secret,
        "client_id": provider.client_id,
        "client_secret": secret,
        "server_metadata_url": provider.metadata,
        "client_kwargs": {"scope": provider.scope, "prompt": "select_account"},
    }


def _secret(file: Path | None) -> str:
    """Return the client's secret; the environment is rid of it."""
    secret = os.environ.pop(SECRET, "")
    if file is not None:
        try:
            secret = file.read_text(encoding="utf-8")
        except OSError as error:
            raise OpeningError(
                f"{file}: can't be read ({error.strerror}): name the file of the client's secret"
            ) from error
    if not secret.strip():
        raise OpeningError(
            f"no secret for the provider: put it into {SECRET}, or name its file with --oidc-secret-file"
        )
    return secret.strip()


def cookie_secret(state: Path) -> str:
    """Return what signs the cookies of people who have signed in."""
    return _derived(Links(state).key, _COOKIES)


def _derived(key: str, purpose: str) -> str:
    return hmac.new(bytes.fromhex(key), f"hubledger dashboard: {purpose}".encode(), hashlib.sha256).hexdigest()


def state_folder(ledger: str, given: Path | None) -> Path:
    """Return the folder of the dashboard's key and links. Raises OpeningError where the ledger is no file."""
    if given is not None:
        return given
    if "://" in ledger and not ledger.startswith("sqlite"):
        raise OpeningError(
            "the ledger is on a server: name the folder of the dashboard's key and share links with --state "
            "or HUBLEDGER_DASHBOARD_STATE"
        )
    return Path(f"{ledger.removeprefix('sqlite:///')}.dashboard")
