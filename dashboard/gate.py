"""The gate before Streamlit: hosts and origins, sessions that end, downloads, cookies, and the headers of every answer."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, cookie_parser
from starlette.responses import PlainTextResponse

from dashboard.front import Front, streamlits
from dashboard.headers import content_policy, inline_scripts, security_headers
from dashboard.sessions import LINK_COOKIE, TOKENS_COOKIE, USER_COOKIE, Sessions, Visit
from dashboard.way_back import CALLBACK, LOGIN, LOGOUT, RETURN_COOKIE, expired, remember, way_back

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINK_HEADER = "x-hubledger-link"  # from here to the pages: Streamlit makes it st.user.link
HEALTH = "_stcore/health"
_NEEDED = (HEALTH, "_stcore/host-config", "_stcore/stream")  # what a browser needs of Streamlit's own addresses
_MEDIA = re.compile(rb"/media/([0-9a-f]{32})")  # a hash of the content, the beginning of it at least
_FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host"})
_GOING_AWAY, _POLICY_VIOLATION = 1001, 1008
_REMEMBERED = 20_000  # files
_NOT_HERE = "Not served here: the dashboard answers to its own name only, and without sign-in to its own machine only."


@dataclass(frozen=True, slots=True)
class Doors:
    """How people come: `hosts` that the site answers to (none: to any), `origin` (scheme://host) where it is fixed."""

    sessions: Sessions
    hosts: frozenset[str] = frozenset()
    origin: str | None = None
    base_path: str = ""
    local: bool = False  # for this machine only, so nothing that a proxy forwards

    def admits(self, connection: HTTPConnection) -> bool:
        """Tell whether a request names this site, so that no foreign name leads here."""
        if self.local and not _FORWARDED.isdisjoint(connection.headers):
            return False
        return not self.hosts or (connection.url.hostname or "").lower() in self.hosts

    def same_site(self, connection: HTTPConnection) -> bool:
        """Tell whether a request comes from a page of this site."""
        origin = connection.headers.get("origin")
        if origin is None:
            return False
        return origin == self.origin if self.origin else urlsplit(origin).netloc == connection.headers.get("host")


class Handed:
    """Which files were handed to which sessions: their addresses are good for these alone."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, set[str]] = OrderedDict()

    def note(self, sent: bytes, session: str) -> None:
        """Remember the files that a message to a browser names."""
        for name in _MEDIA.findall(sent):
            file = name.decode()
            self._sessions.setdefault(file, set()).add(session)
            self._sessions.move_to_end(file)
        while len(self._sessions) > _REMEMBERED:
            self._sessions.popitem(last=False)

    def may(self, path: str, session: str) -> bool:
        """Tell whether a session was handed the file at a path."""
        found = _MEDIA.fullmatch(f"/{path}"[: len("/media/") + 32].encode())
        return found is not None and session in self._sessions.get(found[1].decode(), ())


class Gate:
    """An ASGI app around Streamlit's."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = Front(app, doors.base_path)
        self._doors = doors
        self._handed = Handed()
        policy = content_policy(inline_scripts(streamlits()))
        self._headers = {secure: security_headers(policy, secure=secure) for secure in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        visit = self._visit(connection)
        secure = self._secure(scope)

        path = self._path(scope)

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                self._lead(path, connection, headers)
                message["headers"] = _cookies(
                    headers.raw, secure=secure, lifetime=int(self._doors.sessions.lifetime.total_seconds())
                ) + list(self._headers[secure])
            await send(message)

        if path != HEALTH and not self._doors.admits(connection):
            await PlainTextResponse(_NOT_HERE, 421)(scope, receive, answered)
        elif self._hidden(path, visit):
            await PlainTextResponse("Not found", 404)(scope, receive, answered)
        else:
            await self._app(_known(scope, visit), receive, answered)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        if not (self._doors.admits(connection) and self._doors.same_site(connection)):
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        visit = self._visit(connection)
        until = None
        if visit.ends is not None:
            left = (visit.ends - datetime.now(UTC)).total_seconds()
            until = asyncio.get_running_loop().time() + left

        async def received() -> Message:
            try:
                async with asyncio.timeout_at(until):
                    return await receive()
            except TimeoutError:
                await send({"type": "websocket.send", "bytes": _reload(f"{self._doors.base_path}/")})
                await send({"type": "websocket.close", "code": _GOING_AWAY})
                return {"type": "websocket.disconnect", "code": _GOING_AWAY}

        async def sent(message: Message) -> None:
            if message["type"] == "websocket.send":
                self._handed.note(message.get("bytes") or b"", visit.key)
            await send(message)

        await self._app(_known(scope, visit, origin=self._doors.origin), received, sent)

    def _lead(self, path: str, connection: HTTPConnection, headers: MutableHeaders) -> None:
        """Remember the view that somebody signs in from, and lead there afterwards; at a sign-out take the link's cookie too."""
        base = self._doors.base_path
        if path == LOGIN and self._doors.origin:
            if cookie := remember(connection, self._doors.origin, base):
                headers.append("set-cookie", cookie)
        elif path == CALLBACK and headers.get("location") == f"{base}/" and (view := way_back(connection, base)):
            headers["location"] = view
            headers.append("set-cookie", expired(RETURN_COOKIE, base))
        elif path == LOGOUT:
            headers.append("set-cookie", expired(LINK_COOKIE, base))

    def _hidden(self, path: str, visit: Visit) -> bool:
        if path.startswith("media/"):
            return not self._handed.may(path, visit.key)
        return path.startswith(("_stcore/", "component/")) and path not in _NEEDED

    def _visit(self, connection: HTTPConnection) -> Visit:
        return self._doors.sessions.visit(_sent_cookies(connection.scope), now=datetime.now(UTC))

    def _secure(self, scope: Scope) -> bool:
        return scope["scheme"] == "https" or (self._doors.origin or "").startswith("https:")

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        return path.removeprefix(self._doors.base_path).lstrip("/")


def _sent_cookies(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request, however many headers they come in."""
    whole = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    return {name: value for name, value in cookie_parser(whole).items() if not set('";\\') & set(name + value)}


def _reload(address: str) -> bytes:
    """Return the message by which Streamlit leads a page elsewhere, as at its own sign-out: what is shown is gone then."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # not before it is needed: Streamlit is slow to import

    message = ForwardMsg()
    message.auth_redirect.url = address
    return bytes(message.SerializeToString())


def _known(scope: Scope, visit: Visit, origin: str | None = None) -> Scope:
    """Return the request as Streamlit may see it: without what no longer counts, with what the gate knows.

    Behind a proxy that gives the server a name of its own, Streamlit would take the page's origin for a foreign one.
    """
    kept = []
    for name, value in scope["headers"]:
        if name in (LINK_HEADER.encode(), b"cookie"):
            continue
        if name == b"host" and origin:
            value = urlsplit(origin).netloc.encode()
        kept.append((name, value))
    # Written anew from what was read of them here, so that Streamlit can't read anything else into them.
    cookies = {name: value for name, value in _sent_cookies(scope).items() if name not in visit.stale}
    if cookies:
        kept.append((b"cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()).encode("latin-1")))
    if visit.link:
        kept.append((LINK_HEADER.encode(), visit.link.encode()))
    return {**scope, "headers": kept}


def _cookies(headers: list[tuple[bytes, bytes]], *, secure: bool, lifetime: int) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with its cookies made shorter, and for HTTPS only where people come by it.

    The provider's tokens, which Streamlit would keep in a cookie for its sign-out, are not given to the browser.
    """
    kept = []
    for name, value in headers:
        if name == b"set-cookie":
            cookie = value.decode("latin-1")
            if cookie.startswith(TOKENS_COOKIE) and "max-age=0" not in cookie.lower():
                continue
            if cookie.startswith(USER_COOKIE):
                cookie = re.sub(r"(?i)max-age=[1-9]\d*", f"Max-Age={lifetime}", cookie)
            if secure and "; secure" not in cookie.lower():
                cookie += "; Secure"
            value = cookie.encode("latin-1")
        kept.append((name, value))
    return kept
