"""What the dashboard logs: its own few lines and the libraries' warnings, each rid of addresses and tokens."""

from __future__ import annotations

import logging
import re
from typing import Any

LOGGER = "hubledger.dashboard"

# Libraries may repeat what they were sent: a provider's error text, an address with its query.
_QUERY = re.compile(r"(?<=\?)[^\s'\"]+")
_NAMED = re.compile(r"\b(code|state|nonce|token|secret|client_secret|id_token|access_token|provider)=[^\s&'\"]+")
_TOKEN = re.compile(
    r"\beyJ[\w-]+(?:\.[\w-]+)*|[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{16,}|\b[A-Za-z0-9_-]{40,}\b"
)
_ADDRESS = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")


def redacted(text: str) -> str:
    """Return `text` without e-mail addresses, queries of addresses, and what looks like a token."""
    text = _QUERY.sub("…", text)
    text = _NAMED.sub(r"\1=…", text)
    text = _TOKEN.sub("…", text)
    return _ADDRESS.sub("…@…", text)


def record(*arguments: Any, **keywords: Any) -> logging.LogRecord:
    """Make a log record that holds nothing it may not, whichever logger, handler and format it goes through."""
    made = logging.LogRecord(*arguments, **keywords)
    made.msg, made.args = redacted(made.getMessage()), ()
    if made.exc_info:
        made.exc_text = redacted(logging.Formatter().formatException(made.exc_info))
    return made


def set_up() -> None:
    """Log to stderr from here on: our own lines, and the warnings of others."""
    logging.setLogRecordFactory(record)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger(LOGGER).setLevel(logging.INFO)
