"""The real dashboard in the real Chromium: servers on the example fleet, phone and desktop, frames, screenshots."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.fixtures_demo import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, WebSocket

    from tests.fixtures_demo import Demo

ARTEFACTS = REPOSITORY / "tests" / "artefacts"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
START_SECONDS = 60
PAGE_MILLISECONDS = 30_000
_SERVING = re.compile(r"Serving on (http://\S+)/ ")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Served:
    """A running dashboard: its address without a slash at the end, what it prints, and its folder of key and links."""

    url: str
    log: Path
    state: Path
    pid: int

    @property
    def said(self) -> str:
        """What it printed and logged so far."""
        return self.log.read_text()


@contextmanager
def serving(
    folder: Path,
    *options: str,
    fleet: Path,
    lake: str | Path,
    ledger: str | Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """Run `hubledger dashboard` in a process of its own, as its user does; `folder` takes its log and its state."""
    log, state = folder / "dashboard.log", folder / "state"
    settings = {"HUBLEDGER_FLEET": str(fleet), "HUBLEDGER_LAKE": str(lake), "HUBLEDGER_LEDGER": str(ledger)}
    command = [sys.executable, "-m", "hubledger", "dashboard", "--state", str(state)]
    if not any(option.startswith("--port") for option in options):
        command += ["--port", "0"]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, *options],
            env=os.environ | settings | {"COLUMNS": "200"} | dict(environment or {}),
            cwd=REPOSITORY,
            stdout=out,
            stderr=out,
            start_new_session=True,  # a Ctrl-C of the tests is not the server's
        ) as process,
    ):
        try:
            yield Served(_address(process, log), log, state, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if found := _SERVING.search(log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"the dashboard did not start: {log.read_text()[-3000:]}")


@dataclass(slots=True)
class Seen:
    """Everything that a page got from its server: texts of answers, frames of the websocket, what the console said."""

    texts: list[str] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def holds(self, *words: str) -> set[str]:
        """Return those of `words` that came in any frame or text."""
        everything = b"\n".join(self.frames) + "\n".join(self.texts).encode()
        return {word for word in words if word.encode() in everything}


def watch(page: Page) -> Seen:
    """Note from now on what the page gets."""
    seen = Seen()

    def socket(opened: WebSocket) -> None:
        def received(frame: str | bytes) -> None:
            seen.frames.append(frame.encode() if isinstance(frame, str) else frame)

        opened.on("framereceived", received)

    page.on("websocket", socket)
    page.on("console", lambda message: seen.console.append(message.text))
    page.on("request", lambda request: seen.urls.append(request.url))
    return seen


HELD_SECONDS = 0.4  # for how long nothing may have happened
_SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const main = document.querySelector('[data-testid="stMainBlockContainer"]');
  const done = app && main && main.innerText.trim() !== ''
    && app.dataset.testConnectionState === 'CONNECTED' && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-stale="true"]');
  const now = performance.now();
  window.settledSince = done ? window.settledSince ?? now : undefined;
  return done && now - window.settledSince > 1000 * HELD;
}""".replace("HELD", str(HELD_SECONDS))


def settled(page: Page) -> None:
    """Wait until the page has run to its end, and has shown what it made for a moment."""
    page.wait_for_function(_SETTLED, polling=50, timeout=PAGE_MILLISECONDS)


def visit(page: Page, url: str) -> None:
    """Open an address of the dashboard and wait until it is all there."""
    page.goto(url, wait_until="domcontentloaded")
    settled(page)


def shot(page: Page, name: str) -> Path:
    """Keep a picture of the whole page in tests/artefacts, which CI keeps; return its file."""
    ARTEFACTS.mkdir(exist_ok=True)
    file = ARTEFACTS / f"{name}.png"
    height = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('[data-testid=\"stMain\"], body')].map(e => e.scrollHeight))"
    )
    size = page.viewport_size or DESKTOP
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(int(height), 12_000))})
    page.screenshot(path=file, animations="disabled")
    page.set_viewport_size(size)
    return file


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def dashboard(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the example fleet to this machine, once for all tests: each is its operator."""
    folder = tmp_path_factory.mktemp("dashboard")
    with serving(folder, fleet=demo.fleet, lake=demo.lake, ledger=demo.folder / "ledger.sqlite") as served:
        yield served


@contextmanager
def context(browser: Browser, size: ViewportSize = DESKTOP, **settings: object) -> Iterator[BrowserContext]:
    """Open a browser of its own: cookies and history are those of one person."""
    opened = browser.new_context(
        viewport=size,
        locale="en-US",
        timezone_id="UTC",
        accept_downloads=True,
        reduced_motion="reduce",
        **settings,  # type: ignore[arg-type]
    )
    opened.set_default_timeout(PAGE_MILLISECONDS)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Page]:
    """Return a page on a wide screen."""
    with context(browser) as opened:
        yield opened.new_page()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Return a page on a phone, 360 pixels wide."""
    with context(browser, PHONE, is_mobile=True, has_touch=True, device_scale_factor=2) as opened:
        yield opened.new_page()
