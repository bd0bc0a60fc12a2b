"""The dashboard as it is served: it starts with one command, to this machine, and with headers that browsers keep to."""

from __future__ import annotations

import shutil
import socket
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx
import pytest

from dashboard.headers import inline_scripts
from dashboard.logs import redacted
from tests.fixtures_browser import serving, shot, visit, watch
from tests.fixtures_demo import hubledger

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.fixtures_browser import Served
    from tests.fixtures_demo import Demo
    from tests.fixtures_oidc import Guarded

pytestmark = pytest.mark.xdist_group("browser")


def test_one_command_shows_the_example_fleet_on_a_wide_screen_and_on_a_phone(
    dashboard: Served, desktop: Page, phone: Page
) -> None:
    assert "for this machine only: nobody has to sign in" in dashboard.said
    for name, page in (("desktop", desktop), ("phone", phone)):
        seen = watch(page)
        visit(page, f"{dashboard.url}/")
        shot(page, f"start-{name}")
        assert page.get_by_role("heading", level=1).count() == 1
        assert [text for text in seen.console if "Content Security Policy" in text] == []
        assert [url for url in seen.urls if not url.startswith((dashboard.url, "data:", "blob:"))] == []


@pytest.mark.parametrize(
    "path", ["/", "/community", "/_stcore/health", "/share", "/share.js", "/media/x.csv", "/nowhere/x.js"]
)
def test_every_answer_has_the_headers(dashboard: Served, path: str) -> None:
    headers = httpx.get(dashboard.url + path).headers
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["frame-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert policy["connect-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers
    assert "strict-transport-security" not in headers  # nobody comes by HTTPS
    assert "access-control-allow-origin" not in headers


def test_behind_https_browsers_are_told_to_stay_there(guarded: Guarded) -> None:
    answer = httpx.get(f"{guarded.url}/_stcore/health", verify=False)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert [cookie for cookie in cookies if not cookie.endswith("; Secure")] == []


def test_only_its_own_machine_is_answered_where_nobody_signs_in(dashboard: Served) -> None:
    for headers in ({"host": "costs.example.org"}, {"x-forwarded-for": "192.0.2.7"}, {"forwarded": "for=192.0.2.7"}):
        answer = httpx.get(f"{dashboard.url}/", headers=headers)
        assert (answer.status_code, "<html" in answer.text) == (421, False)
    assert httpx.get(f"{dashboard.url}/_stcore/health", headers={"host": "10.0.0.1"}).text == "ok"


@pytest.mark.parametrize(
    "path", ["_stcore/metrics", "_stcore/upload_file/x/y", "_stcore/agent/openapi.json", "component/x/y"]
)
def test_what_no_page_needs_is_not_there(dashboard: Served, path: str) -> None:
    assert httpx.get(f"{dashboard.url}/{path}").status_code == 404


def test_another_sites_name_is_not_this_sites(guarded: Guarded) -> None:
    assert httpx.get(f"{guarded.served.url}/", headers={"host": "evil.example"}).status_code == 421
    assert httpx.get(f"{guarded.served.url}/").status_code == 200
    assert "Hubledger" not in httpx.get(guarded.served.url.removesuffix("/costs")).text


def start(demo: Demo, tmp_path: Path, *options: str, fleet: str = "") -> tuple[int, str]:
    """Start the dashboard in a way that it refuses; return its exit code and what it says."""
    folder = tmp_path / "fleet"
    shutil.copytree(demo.fleet, folder)
    with (folder / "fleet.yaml").open("a") as file:
        file.write(fleet)
    state = ("--state", str(tmp_path / "state"))
    done = hubledger("dashboard", *state, *options, fleet=folder, lake=demo.lake, check=False)
    return done.returncode, done.stderr


SIGN_IN = """
dashboard:
  url: https://hubs.example.org/costs
  sign_in: {issuer: https://login.example.org, client_id: hubledger}
"""


def test_without_sign_in_it_listens_to_this_machine_only(demo: Demo, tmp_path: Path) -> None:
    code, said = start(demo, tmp_path, "--host", "0.0.0.0")
    assert code == 2
    assert (
        "0.0.0.0: without a provider to sign in with, everybody who reaches this address would see everything" in said
    )


def test_without_the_clients_secret_it_does_not_start(demo: Demo, tmp_path: Path) -> None:
    code, said = start(demo, tmp_path, fleet=SIGN_IN)
    assert (code, "put it into HUBLEDGER_OIDC_SECRET" in said) == (1, True)


def test_two_base_paths_are_one_too_many(demo: Demo, tmp_path: Path) -> None:
    code, said = start(demo, tmp_path, "--base-path", "/other", fleet=SIGN_IN)
    assert (code, "--base-path /other: dashboard.url in fleet.yaml says /costs" in said) == (1, True)


def test_a_taken_port_is_named(demo: Demo, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = start(demo, tmp_path, "--port", str(port))
    assert (code, f"127.0.0.1:{port}: Address already in use; name another" in said) == (1, True)


def test_a_ledger_on_a_server_needs_a_folder_for_the_key(demo: Demo, tmp_path: Path) -> None:
    done = hubledger(
        "dashboard", "--ledger", "postgresql://ledger.example/hub", fleet=demo.fleet, lake=demo.lake, check=False
    )
    assert (done.returncode, "--state" in done.stderr) == (1, True)
    assert "ledger.example" not in done.stderr


def test_the_public_demo_shows_the_example_fleet_and_nothing_configured(
    demo: Demo, tmp_path: Path, desktop: Page
) -> None:
    cache = tmp_path / "cache" / "hubledger" / "public-demo"
    shutil.copytree(demo.folder, cache)  # as an earlier start leaves it
    (cache / "made-by").write_text(version("hubledger"))
    ours = tmp_path / "ours"
    shutil.copytree(demo.fleet, ours)
    for file in ours.glob("communities/*.yaml"):
        file.write_text(file.read_text().replace("display_name: ", "display_name: Ours "))
    with serving(
        tmp_path, "--public-demo", "--host=0.0.0.0", "--base-path=demo",
        fleet=ours, lake=tmp_path / "nowhere", ledger=tmp_path / "no-ledger",
        environment={"XDG_CACHE_HOME": str(tmp_path / "cache")},
    ) as served:  # fmt: skip
        assert "for everybody: the example fleet, and nothing else" in served.said
        seen = watch(desktop)
        visit(desktop, f"{served.url}/")
        assert seen.holds("Coastal Modelling Network")
        assert not seen.holds("Ours ")
        assert httpx.get(f"{served.url}/", headers={"host": "demo.example.org"}).status_code == 200


def test_the_policy_allows_the_scripts_of_the_page_and_no_other() -> None:
    assert inline_scripts("<script>a</script><script src=x></script>") == (
        "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='",
    )


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("GET /costs/oauth2callback?code=abc&state=def HTTP/1.1", "GET /costs/oauth2callback?… HTTP/1.1"),
        ("no account for someone.else+x@uni.example here", "no account for …@… here"),
        ("bad token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "bad token …"),
        ("client_secret=hunter2&x=1", "client_secret=…&x=1"),
        ("share link 3f2a9c0d5e6b7a81 was opened", "share link 3f2a9c0d5e6b7a81 was opened"),
    ],
)
def test_a_log_line_is_rid_of_what_it_may_not_hold(said: str, logged: str) -> None:
    assert redacted(said) == logged
