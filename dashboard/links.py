"""Share links: signed, expiring, for one community, revocable. What was made and revoked is a file beside the ledger."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from filelock import FileLock
from itsdangerous import BadSignature, URLSafeSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONGEST = timedelta(days=366)
_SALT = "hubledger dashboard share link"
_KEY_BYTES = 32


class LinkError(Exception):
    """A share link, or the folder that they are kept in, can't be used."""


@dataclass(frozen=True, slots=True)
class Link:
    """A share link as it is recorded; `note` says for whom, and is shown to operators only."""

    id: str
    community: str
    created: datetime
    expires: datetime
    note: str = ""
    revoked: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Tell whether the link lets anybody in."""
        return self.revoked is None and now < self.expires


class Links:
    """The links of one dashboard, and the key that signs them, in the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._events = state / "links.jsonl"
        self._read: tuple[tuple[int, int], Mapping[str, Link]] | None = None

    @property
    def key(self) -> str:
        """The key of this dashboard, made by the first who asks. Raises LinkError if others may read it."""
        place = self._state / "key"
        self._make()
        try:
            with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - with its mode from the start
                file.write(secrets.token_hex(_KEY_BYTES))
        except FileExistsError:
            pass
        if place.stat().st_mode & 0o077:
            raise LinkError(
                f"{place}: others may read this key: run 'chmod 600 {place}', or remove it to make a new one"
            )
        key = place.read_text().strip()
        if len(key) < 2 * _KEY_BYTES:
            raise LinkError(f"{place}: is no key: remove it to make a new one (all links and sessions end then)")
        return key

    def create(self, community: str, *, days: int, note: str, now: datetime) -> tuple[Link, str]:
        """Record a new link; return it with its token, which is kept nowhere."""
        lifetime = timedelta(days=days)
        if not timedelta() < lifetime <= LONGEST:
            raise LinkError(f"{days} days: a share link lasts from 1 to {LONGEST.days} days")
        now = now.replace(microsecond=0)
        link = Link(secrets.token_hex(8), community, now, now + lifetime, note)
        self._append({"event": "created", "at": now.isoformat(), **_recorded(link)})
        return link, self._signer.dumps(
            {"id": link.id, "community": community, "expires": int(link.expires.timestamp())}
        )

    def all(self) -> tuple[Link, ...]:
        """Return every link that was made, oldest first."""
        return tuple(self._known().values())

    def revoke(self, number: str, *, now: datetime) -> Link:
        """Take a link back; whoever came by it sees nothing from now on. Twice is as once."""
        link = self._known().get(number)
        if link is None:
            raise LinkError(f"no share link '{number}': 'hubledger dashboard link list' shows those that there are")
        if link.revoked is None:
            now = now.replace(microsecond=0)
            self._append({"event": "revoked", "at": now.isoformat(), "id": number})
            link = replace(link, revoked=now)
        return link

    def redeem(self, token: str, *, now: datetime) -> Link | None:
        """Return the link that a token is for; None if it isn't ours, is changed, expired, revoked or unknown here."""
        try:
            said = self._signer.loads(token)
        except BadSignature:
            return None
        link = self.current(str(said["id"]), now=now) if isinstance(said, dict) else None
        return (
            link
            if link and (said["community"], said["expires"]) == (link.community, int(link.expires.timestamp()))
            else None
        )

    def current(self, number: str, *, now: datetime) -> Link | None:
        """Return a link that lets people in at `now`, or None."""
        link = self._known().get(number)
        return link if link and link.open_at(now) else None

    @property
    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.key, salt=_SALT)

    def _known(self) -> Mapping[str, Link]:
        try:
            found = self._events.stat()
        except FileNotFoundError:
            return {}
        stamp = (found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, _replayed(self._events.read_text(encoding="utf-8"), self._events))
        return self._read[1]

    def _append(self, event: Mapping[str, str]) -> None:
        self._make()
        with FileLock(self._state / "links.lock"), self._events.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _make(self) -> None:
        try:
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LinkError(
                f"{self._state}: can't be made ({error.strerror}); name another folder with --state"
            ) from error


def _recorded(link: Link) -> dict[str, str]:
    return {"id": link.id, "community": link.community, "expires": link.expires.isoformat(), "note": link.note}


def _replayed(text: str, place: Path) -> Mapping[str, Link]:
    known: dict[str, Link] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            said = json.loads(line)
            at = datetime.fromisoformat(said["at"]).astimezone(UTC)
            if said["event"] == "revoked":
                known[said["id"]] = replace(known[said["id"]], revoked=at)
            else:
                expires = datetime.fromisoformat(said["expires"]).astimezone(UTC)
                known[said["id"]] = Link(said["id"], said["community"], at, expires, said["note"])
        except (KeyError, TypeError, ValueError) as error:
            # A line that can't be read may be a revocation: nobody comes in by a link until a person has looked.
            raise LinkError(
                f"{place}:{number}: can't be read: put the file back from a backup, or remove it: all links end then"
            ) from error
    return known
