"""Secrets on their way to Terraform: never in an argument, in a file that has no name, masked wherever they come out."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from terraform.infra_errors import InfraError
from terraform.secret_names import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from terraform.infrastructure import SecretSource

MASK = "(secret)"
_SHORTEST = 6  # what is shorter would mask words that are no secrets
_KEYS = re.compile(r"ACCESS_KEY$|CONN_STR$|_KEY$", re.IGNORECASE)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NAMES = re.compile(r"ACCESS_KEY_ID$", re.IGNORECASE)  # says whose key it is


class NoSecret(InfraError):
    """A secret is not where the fleet says it is."""


def read(
    cluster: str, sources: Iterable[SecretSource], environment: Mapping[str, str], *, needed: bool = True
) -> dict[str, str]:
    """Return the secret variables of a cluster by name. Raises NoSecret, naming every one that isn't there, if they are needed.

    Who needs none still masks those that are there.
    """
    found: dict[str, str] = {}
    missing: list[str] = []
    for source in sources:
        place = f"{cluster}: infrastructure: {source.variable}"
        if source.env is not None:
            if value := environment.get(source.env):
                found[source.variable] = value
            else:
                missing.append(f"{place}: the environment variable {source.env} is not set: set it, and run again")
        elif source.file is not None:
            try:
                found[source.variable] = source.file.read_text(encoding="utf-8").strip("\n")
            except OSError as error:
                missing.append(f"{place}: {source.file} can't be read ({error.strerror}): put the secret there")
    if missing and needed:
        raise NoSecret("\n".join(missing))
    return found


@contextmanager
def variables_file(values: Mapping[str, str]) -> Iterator[tuple[str, int] | None]:
    """Yield the path of a file of variables, for a process that inherits the descriptor; None where there is none to give.

    The file is 0600 and its name is taken away before anything is written: no exit of any process leaves it behind.
    """
    if not values:
        yield None
        return
    with tempfile.TemporaryFile(mode="w+b", suffix=".tfvars") as file:
        file.write("".join(f"{name} = {_quoted(value)}\n" for name, value in sorted(values.items())).encode())
        file.flush()
        file.seek(0)
        yield f"/dev/fd/{file.fileno()}", file.fileno()


def of_environment(environment: Mapping[str, str]) -> list[str]:
    """Return the values of an environment that must not be repeated: by their variables' names, and passwords in URLs."""
    found: list[str] = []
    for name, value in environment.items():
        if (SECRET.search(name) or _KEYS.search(name)) and not _NAMES.search(name) and not os.path.isabs(value):  # noqa: PTH117
            found.append(value)
        if "://" in value and (password := _password(value)):
            found.append(password)
    return found


class Masking:
    """Takes secrets out of what is written or said."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            for part in (secret, *secret.splitlines()):
                if len(part) >= _SHORTEST:
                    forms |= {
                        part,
                        json.dumps(part)[1:-1],
                        json.dumps(part, ensure_ascii=False)[1:-1],
                        quote(part, safe=""),
                    }
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def output(self, output: bytes) -> bytes:
        """Return what a program printed, without secrets."""
        if self._pattern is None:
            return output
        return self.text(output.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _quoted(value: str) -> str:
    """A text in Terraform's own syntax, in which `${` and `%{` would begin an expression."""
    text = "".join(_ESCAPES.get(each) or (f"\\u{ord(each):04x}" if each < " " else each) for each in value)
    return f'"{text}"'.replace("${", "$${").replace("%{", "%%{")


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
