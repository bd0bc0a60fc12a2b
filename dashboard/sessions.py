"""Who a request comes from, by its cookies, and until when: sessions end after the fleet's hours, and when a link does."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, URLSafeTimedSerializer

from dashboard.links import LinkError
from dashboard.logs import LOGGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.links import Link, Links

_log = logging.getLogger(LOGGER)

USER_COOKIE = "_streamlit_user"  # st.login's, in parts where it is long: _streamlit_user_1, …
TOKENS_COOKIE = "_streamlit_user_tokens"
LINK_COOKIE = "hubledger_link"
_SALT = "hubledger dashboard link session"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request's session. `key` tells sessions apart, `stale` are cookies that no longer count."""

    key: str
    link: str | None = None
    ends: datetime | None = None
    stale: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one dashboard. `secret` signs Streamlit's cookies, `link_secret` ours; both last for `lifetime`."""

    links: Links
    secret: str
    link_secret: str
    lifetime: timedelta

    def visit(self, cookies: Mapping[str, str], *, now: datetime) -> Visit:
        """Return whose session the cookies are. A share link counts before a sign-in: it shows less."""
        stale: set[str] = set()
        link, link_ends = self._link(cookies.get(LINK_COOKIE), now)
        if LINK_COOKIE in cookies and link is None:
            stale.add(LINK_COOKIE)
        user_ends = self._user(cookies.get(USER_COOKIE), now)
        if user_ends is None:
            stale |= {name for name in cookies if name.startswith(USER_COOKIE)}
        counted = sorted((name, value) for name, value in cookies.items() if name not in stale and _ours(name))
        key = hashlib.sha256(repr(counted).encode()).hexdigest() if counted else ""
        ends = [end for end in (link_ends, user_ends) if end]
        return Visit(key, link.id if link else None, min(ends) if ends else None, frozenset(stale))

    def begin(self, link: Link, *, now: datetime) -> tuple[str, int]:
        """Return the cookie of a session that came by a link, and its seconds."""
        seconds = min(self.lifetime, link.expires - now).total_seconds()
        return self._signer.dumps(link.id), int(seconds)

    def _link(self, cookie: str | None, now: datetime) -> tuple[Link | None, datetime | None]:
        if cookie is None:
            return None, None
        try:
            number, since = self._signer.loads(cookie, return_timestamp=True)
        except BadSignature:
            return None, None
        ends = since + self.lifetime
        try:
            link = self.links.current(str(number), now=now)
        except LinkError as error:
            _log.warning("%s", error)
            return None, None
        if link is None or now >= ends:
            return None, None
        return link, min(ends, link.expires)

    def _user(self, cookie: str | None, now: datetime) -> datetime | None:
        if cookie is None:
            return None
        try:
            _, since = URLSafeTimedSerializer(self.secret, salt=USER_COOKIE).loads(cookie, return_timestamp=True)
        except BadSignature:
            return None
        ends: datetime = since.astimezone(UTC) + self.lifetime
        return ends if now < ends else None

    @property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.link_secret, salt=_SALT)


def _ours(name: str) -> bool:
    return name == LINK_COOKIE or (name.startswith(USER_COOKIE) and not name.startswith(TOKENS_COOKIE))
