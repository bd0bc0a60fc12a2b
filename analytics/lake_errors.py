"""How the lake fails: what storage, Delta and Arrow say, in a line with what to do."""

from __future__ import annotations

import re


class LakeError(Exception):
    """The lake can't be read or written; the message says where and what to do."""


def first_line(error: Exception) -> str:
    """Return what a library says, in a line: of a chain of causes the last, of a cloud's answer its message."""
    text = str(error).strip() or type(error).__name__
    if answer := re.search(r"<Message>(.*?)</Message>", text):
        return answer[1]
    return text.split("↳")[-1].removeprefix("\x1b[0m").strip().splitlines()[0]


REMEDIES = (
    (
        ("permission denied", "accessdenied", "access denied", "forbidden", "unauthorized", " 401"),
        "give this account read and write access to it",
    ),
    (("no space left", "file too large", "quota"), "make room there and run again; nothing was changed"),
    (
        ("nosuchbucket", "containernotfound", "bucket does not exist", "connect", "timed out", "dns", "credential"),
        "see that it exists, and that this machine reaches it with the credentials in its environment",
    ),
    (
        ("json error", "_delta_log", "logsegment", "version"),
        "its log is damaged or the version is not there; restore _delta_log from a backup",
    ),
)


def remedy(error: Exception) -> str:
    text = str(error).lower()
    for signs, text_of in REMEDIES:
        if any(sign in text for sign in signs):
            return text_of
    return "see that the place can be reached and is a Hubledger lake"
