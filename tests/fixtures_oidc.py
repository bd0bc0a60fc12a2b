"""Signing in for real: an OpenID provider on the loopback, the dashboard behind nginx with HTTPS and a base path."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures_browser import context, serving, settled
from tests.fixtures_demo import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.fixtures_browser import Served
    from tests.fixtures_demo import Demo

CLIENT = "hubledger"
SECRET = "a-secret-of-the-client-that-must-not-leak"
BASE = "/costs"
PAST = 1_700_000_000
SCRIPT = "<script>alert(1)</script>"

_CERTIFICATE = shlex.split(
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    " -subj /CN=localhost -addext subjectAltName=DNS:localhost"
)

PEOPLE: dict[str, dict[str, Any]] = {
    "operator": {"realm_access": {"roles": ["hub-operators", "other"]}},
    "finance": {"email": "Accounts@Hub-Commons.example", "email_verified": True},
    "coastal": {"email": "grants@coastal-modelling.example", "email_verified": True},
    "meadow": {"hub_communities": ["meadow-schools", "a-community-that-is-not"]},
    "unverified": {"email": "accounts@hub-commons.example", "email_verified": False},
    "stranger": {"email": "visitor@elsewhere.example", "email_verified": True},
    "forged": {
        "email": "visitor@elsewhere.example",
        "email_verified": True,
        "role": "operator",
        "roles": ["hub-operators"],
        "groups": ["hub-operators"],
        "communities": ["meadow-schools"],
        "link": "0123456789abcdef",
        "is_logged_in": True,
    },
    # What a token says of itself; the provider signs it all the same.
    "other-audience": {"realm_access": {"roles": ["hub-operators"]}, "aud": "another-application"},
    "other-audience-of-ours": {
        "realm_access": {"roles": ["hub-operators"]}, "aud": ["another-application"], "azp": CLIENT
    },
    "other-issuer": {"realm_access": {"roles": ["hub-operators"]}, "iss": "http://another-provider.example"},
    "expired": {"realm_access": {"roles": ["hub-operators"]}, "exp": PAST},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guarded:
    """A dashboard that people sign in to: what they call it, and the process behind the proxy."""

    url: str
    served: Served
    fleet: Path
    proxy_log: Path

    @property
    def said(self) -> str:
        """Everything that it printed and logged so far."""
        return self.served.said


@contextmanager
def signed_in(visitor: BrowserContext, guarded: Guarded, person: str, path: str = "/") -> Iterator[Page]:
    """Open a page for which somebody has signed in, after they had asked for `path`."""
    visitor.clear_cookies()
    page = visitor.new_page()
    sign_in(page, guarded, person, path)
    yield page
    page.close()


def sign_in(page: Page, guarded: Guarded, person: str, path: str = "/") -> None:
    """Sign in as somebody would."""
    page.goto(f"{guarded.url}{path}", wait_until="domcontentloaded")
    settled(page)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/oauth2/authorize**")
    page.locator("input[name=sub]").fill(person)
    page.locator("input[name=sub]").press("Enter")
    page.wait_for_url(f"{guarded.url}/**")
    settled(page)


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser for one visit after the other: it keeps the scripts, and each test clears its cookies first."""
    with context(browser, ignore_https_errors=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """Run the provider; return its issuer."""
    from oidc_provider_mock import User, run_server_in_thread  # it warns of its own libraries where it is imported

    people = [User(sub=name, claims=dict(claims)) for name, claims in PEOPLE.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="session")
def guarded(demo: Demo, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Serve the example fleet to those who sign in, below a path, behind nginx."""
    folder = tmp_path_factory.mktemp("guarded")
    port, tls = _free_port(), _free_port()
    url = f"https://localhost:{tls}{BASE}"
    fleet = folder / "fleet"
    shutil.copytree(demo.fleet, fleet)
    _configure(fleet, url, provider)
    data = folder / "data"
    if not data.exists():
        data.symlink_to(demo.folder / "data")
    with (
        serving(
            folder,
            f"--port={port}",
            fleet=fleet,
            lake=demo.lake,
            ledger=demo.folder / "ledger.sqlite",
            environment={"HUBLEDGER_OIDC_SECRET": SECRET},
        ) as served,
        _nginx(folder / "nginx", tls, port),
    ):
        yield Guarded(url, served, fleet, folder / "nginx" / "access.log")


def _configure(fleet: Path, url: str, issuer: str) -> None:
    with (fleet / "fleet.yaml").open("a") as settings:
        settings.write(
            f"""
dashboard:
  url: {url}
  sign_in:
    issuer: {issuer}
    client_id: {CLIENT}
  viewers:
    - {{role: operator, claim: realm_access.roles, value: hub-operators}}
    - {{role: finance, email: accounts@hub-commons.example}}
    - {{role: community, communities: coastal-modelling, email: [grants@coastal-modelling.example]}}
    - {{role: community, claim: hub_communities}}
"""
        )
    cluster = fleet / "clusters" / "tidewater" / "cluster.yaml"
    community = fleet / "communities" / "coastal-modelling.yaml"
    for file, pattern in ((cluster, r"(?m)^(\s+display_name:) .*$"), (community, r"(?m)^(display_name:) .*$")):
        text, changed = re.subn(pattern, rf'\1 "{SCRIPT}"', file.read_text(), count=1)
        assert changed, file
        file.write_text(text)


@contextmanager
def _nginx(folder: Path, tls: int, port: int) -> Iterator[None]:
    """Run nginx as docs/dashboard-access.md says, with a certificate of its own."""
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", *_CERTIFICATE, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    page = (REPOSITORY / "docs" / "dashboard-access.md").read_text()
    (location,) = re.findall(r"```nginx\n(.*?)```", page, re.S)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"""
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
{temporary}
access_log {folder}/access.log;
server {{
listen 127.0.0.1:{tls} ssl;
server_name localhost;
ssl_certificate {certificate};
ssl_certificate_key {key};
{location.replace("8501", str(port))}
}}
}}
"""
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen(
        [program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"], start_new_session=True
    ) as process:
        try:
            until = time.monotonic() + 20
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", tls)) == 0:
                        break
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
