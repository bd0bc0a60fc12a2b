"""Our own addresses. Where a share link leads: its token comes in the body of a request, never in an address, and leaves as a cookie."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.front import SCRIPT as KEYBOARD
from dashboard.links import LinkError
from dashboard.logs import LOGGER
from dashboard.sessions import LINK_COOKIE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from dashboard.gate import Doors

PATH = "/share"
_LONGEST_TOKEN = 1024
_log = logging.getLogger(LOGGER)


def routes(doors: Doors) -> list[BaseRoute]:
    """Return the addresses of share links and of our scripts, below the site's base path."""
    base = doors.base_path
    folder = Path(__file__).parent

    async def page(_: Request) -> Response:
        return FileResponse(folder / "share.html", media_type="text/html", headers={"cache-control": "no-store"})

    def script(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def sent(_: Request) -> Response:
            return FileResponse(folder / name, media_type="text/javascript")

        return sent

    async def redeem(request: Request) -> Response:
        if not doors.same_site(request):
            return PlainTextResponse("Only the dashboard's own page may do this.", 403)
        now = datetime.now(UTC)
        token = b""
        async for part in request.stream():
            token += part
            if len(token) > _LONGEST_TOKEN:
                break
        try:
            link = doors.sessions.links.redeem(token[:_LONGEST_TOKEN].decode("ascii", "replace"), now=now)
        except LinkError as error:
            _log.warning("%s", error)
            link = None
        if link is None:
            _log.info("a share link was refused: changed, expired, taken back, or of another dashboard")
            return PlainTextResponse("refused", 403)
        _log.info("share link %s was opened", link.id)
        cookie, seconds = doors.sessions.begin(link, now=now)
        response = Response(status_code=204, headers={"cache-control": "no-store"})
        response.set_cookie(LINK_COOKIE, cookie, max_age=seconds, path=base or "/", httponly=True, samesite="lax")
        return response

    return [
        Route(f"{base}{PATH}", page, methods=["GET"]),
        Route(f"{base}{PATH}", redeem, methods=["POST"]),
        Route(f"{base}{PATH}.js", script("share.js"), methods=["GET"]),
        Route(f"{base}{KEYBOARD}", script("keyboard.js"), methods=["GET"]),
    ]
