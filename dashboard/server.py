"""Runs the pages: Streamlit's own app behind the gate, on uvicorn, with every setting said here and not in a user's files."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from streamlit.starlette import App
from streamlit.web.bootstrap import load_config_options

from dashboard import logs
from dashboard.gate import LINK_HEADER, Gate
from dashboard.opening import OpeningError
from dashboard.share import routes
from dashboard.site import SECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streamlit.runtime.secrets import SecretsValue

    from dashboard.opening import Opening
    from dashboard.site import Site

SCRIPT = Path(__file__).with_name("app.py")
_CLOSING_SECONDS = 3  # how long an open page may keep a server that was told to stop
_MESSAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the server listens, and which proxies (addresses, networks) may say where a request came from."""

    host: str
    port: int
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 – where it listens
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def streamlit_options(site: Site, listener: Listener) -> dict[str, object]:
    """Return Streamlit's settings: they outrank a config.toml and the environment."""
    return {
        "global.developmentMode": False,
        "browser.gatherUsageStats": False,
        "server.showEmailPrompt": False,
        "server.headless": True,
        "server.address": listener.host,
        "server.port": listener.port,
        "server.baseUrlPath": site.base_path.strip("/"),
        "server.enableCORS": True,
        "server.corsAllowedOrigins": [],
        "server.enableXsrfProtection": True,
        "server.xsrfCookieSameSite": "lax",
        "server.trustedUserHeaders": {LINK_HEADER: "link"},  # what a client sends under this name is dropped
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "server.scriptHealthCheckEnabled": False,
        "server.maxUploadSize": 1,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.allowRunOnSave": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "viewer",
        "client.allowedOrigins": [],
        "runner.magicEnabled": False,
        "logger.level": "warning",
        "logger.enableRich": False,
        "secrets.files": [],
    }


def serve(opening: Opening, listener: Listener, ready: Callable[[Listener], None]) -> None:
    """Serve until stopped; tell `ready` where (port 0 is any free one). Raises OpeningError if the address can't be had."""
    with _bind(listener) as taken:
        listener = replace(listener, port=taken.getsockname()[1])
        site = opening.site
        os.environ |= {
            "HUBLEDGER_FLEET": str(site.fleet),
            "HUBLEDGER_LAKE": site.lake,
            "HUBLEDGER_LEDGER": site.ledger,
        }
        secrets: Mapping[str, SecretsValue] = {SECTION: dict(site.to_secrets()), **opening.secrets}
        app = App(SCRIPT, routes=routes(opening.doors), secrets=secrets)
        load_config_options(streamlit_options(site, listener))
        logs.set_up()
        config = uvicorn.Config(
            Gate(app, opening.doors),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(listener.proxies),
            ws_max_size=_MESSAGE_BYTES,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
        )
        taken.listen()
        ready(listener)
        uvicorn.Server(config).run(sockets=[taken])


def _bind(listener: Listener) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        raise OpeningError(
            f"{listener.host}:{listener.port}: {error.strerror or error}; name another with --host or --port"
        ) from error
    return taken
