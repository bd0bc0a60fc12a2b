"""The page that Streamlit serves for every address, as ours: its name before anything has run, and our script in it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = "/keyboard.js"


def streamlits() -> str:
    """Return Streamlit's page."""
    found = find_spec("streamlit")  # not imported: that takes a second
    if found is None or found.origin is None:
        raise ImportError("streamlit is not installed")
    return (Path(found.origin).parent / "static" / "index.html").read_text(encoding="utf-8")


def ours(page: bytes, base_path: str) -> bytes:
    """Return the page with our title and script in it."""
    page = page.replace(b"<title>Streamlit</title>", b"<title>Hubledger</title>")
    return page.replace(b"</head>", f'<script src="{base_path}{SCRIPT}" defer></script></head>'.encode(), 1)


class Front:
    """An ASGI app around Streamlit's that changes its page."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []  # the beginning of an answer that is a page, until its end has come

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body", False):
                    start, *parts = held
                    body = ours(b"".join(part.get("body", b"") for part in parts), self._base_path)
                    headers = MutableHeaders(raw=start["headers"])
                    headers["content-length"] = str(len(body))
                    del headers["etag"], headers["last-modified"]
                    await send({**start, "headers": headers.raw})
                    await send({"type": "http.response.body", "body": body})

        await self._app(_uncompressed(scope), receive, sent)


def _uncompressed(scope: Scope) -> Scope:
    """Ask Streamlit for the page as it is."""
    headers = scope["headers"]
    if not any(name == b"accept" and b"text/html" in value for name, value in headers):
        return scope
    return {**scope, "headers": [(name, value) for name, value in headers if name != b"accept-encoding"]}


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(raw=list(start.get("headers", [])))
    plain = "content-encoding" not in headers
    return start["status"] == 200 and plain and headers.get("content-type", "").startswith("text/html")
