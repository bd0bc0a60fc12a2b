"""Fetches the European Central Bank's file of reference rates, all days since 1999, and keeps it in the fleet."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from terraform.fleet_files import FleetError
from terraform.fleet_rates import REFERENCE_FILE
from terraform.reference_rates import read_reference_rates

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

URL = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
TIMEOUT_SECONDS = 60


class EcbError(Exception):
    """The rates could not be fetched; the copy that was there is as it was."""


def fetch(to: Path, *, url: str = URL) -> date:
    """Write the file at `url`, a CSV or a zip of it, to `to`, whole or not at all; return the newest day in it."""
    content = _unpacked(_download(url), url)
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        newest = read_reference_rates(unfinished, f"{datetime.now(UTC):%Y-%m}").newest
        unfinished.replace(to)
    except FleetError as error:
        raise EcbError(f"{url}: {error.faults[0].text}; {to} is as it was") from error
    except OSError as error:
        raise EcbError(f"{to}: can't be written ({error.strerror}): check the folder and its permissions") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return newest


def _download(url: str) -> bytes:
    import requests  # a tenth of a second that every other command would pay

    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        raise EcbError(f"{url}: {type(error).__name__}: check the network, or name a copy with --url") from error
    if not answer.ok:
        raise EcbError(f"{url}: the server answered {answer.status_code} {answer.reason}: try later, or give --url")
    return answer.content


def _unpacked(content: bytes, url: str) -> bytes:
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(REFERENCE_FILE)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise EcbError(f"{url}: is no zip with {REFERENCE_FILE} in it: try again, or name a copy with --url") from error
