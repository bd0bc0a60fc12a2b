"""The way back after a sign-in: to the page and view that somebody had asked for, since a link restores the same view."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

RETURN_COOKIE = "hubledger_return"
LOGIN, LOGOUT, CALLBACK = "auth/login", "auth/logout", "oauth2callback"
_SECONDS = 600
_LONGEST = 1500
_VIEW = re.compile(r"/(?![/\\])[\w./-]*(\?[\w=&%.+~*-]*)?", re.ASCII)


def remember(connection: HTTPConnection, origin: str, base: str) -> str | None:
    """Return the cookie that remembers from which of this site's views somebody went to sign in; None if from none."""
    came = urlsplit(connection.headers.get("referer", ""))
    view = came.path + (f"?{came.query}" if came.query else "")
    if f"{came.scheme}://{came.netloc}" != origin or not _ours(view, base):
        return None
    return f"{RETURN_COOKIE}={quote(view, safe='')}; Max-Age={_SECONDS}; Path={base or '/'}; HttpOnly; SameSite=Lax"


def expired(cookie: str, base: str) -> str:
    """Return what ends a cookie."""
    return f"{cookie}=; Max-Age=0; Path={base or '/'}; HttpOnly; SameSite=Lax"


def way_back(connection: HTTPConnection, base: str) -> str | None:
    """Return the view that is remembered, if it is one of this site's."""
    view = unquote(connection.cookies.get(RETURN_COOKIE, ""))
    return view if _ours(view, base) else None


def _ours(view: str, base: str) -> bool:
    return len(view) <= _LONGEST and view.startswith(f"{base}/") and _VIEW.fullmatch(view) is not None
