"""What Terraform and OpenTofu tell with `-json`, a line an event: only what we need of it, the rest is passed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

Told = Mapping[str, object]
_EMERGENCY = b"Emergency state dump"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources an operation concerns."""

    add: int
    change: int
    remove: int
    operation: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning of Terraform's: where, by its resource's address or by a line of a file of the configuration."""

    summary: str
    detail: str = ""
    severity: str = "error"
    address: str = ""
    file: str = ""
    line: int = 0

    @property
    def text(self) -> str:
        """Summary and detail as one text."""
        return ": ".join(part.strip() for part in (self.summary, self.detail) if part.strip())


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the output. `type` says which of the parts are there."""

    type: str
    message: str
    address: str = ""
    counts: Counts | None = None
    diagnostic: Diagnostic | None = None


def parse(line: bytes) -> Event | None:
    """Return the event of a line; None where the line is none, as what a crash or a provider writes in between.

    Newer versions add keys and kinds of events; those are passed over.
    """
    told = document(line) if line.startswith(b"{") else None
    if told is None:
        return None
    hook, change, changes, diagnostic = (_part(told, name) for name in ("hook", "change", "changes", "diagnostic"))
    return Event(
        type=str(told.get("type", "log")),
        message=str(told.get("@message", "")),
        address=str(_part(hook or change, "resource").get("addr", "")),
        counts=_counts(changes) if changes else None,
        diagnostic=_diagnostic(diagnostic) if diagnostic else None,
    )


def _counts(told: Told) -> Counts:
    add, change, remove = (int(str(told.get(name, 0))) for name in ("add", "change", "remove"))
    return Counts(add, change, remove, str(told.get("operation", "")))


def _diagnostic(told: Told) -> Diagnostic:
    place = _part(told, "range")
    return Diagnostic(
        summary=str(told.get("summary") or ""),
        detail=str(told.get("detail") or ""),
        severity=str(told.get("severity") or "error"),
        address=str(told.get("address") or ""),
        file=str(place.get("filename") or ""),
        line=int(str(_part(place, "start").get("line") or 0)),
    )


def _part(told: Told, name: str) -> Told:
    part = told.get(name)
    return cast("Told", part) if isinstance(part, Mapping) else {}


@dataclass(slots=True)
class Story:
    """What the events of one command came to."""

    done: list[str] = field(default_factory=list)  # addresses whose change is complete
    failed: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)  # begun, and not heard of since
    drifted: list[str] = field(default_factory=list)  # addresses of what changed behind Terraform's back
    diagnostics: list[Diagnostic] = field(default_factory=list)
    counts: Counts | None = None  # of a command that came to its end
    other: list[str] = field(default_factory=list)  # lines that are no events
    interrupted: bool = False
    program: str = ""  # the version of Terraform or OpenTofu

    @property
    def errors(self) -> list[Diagnostic]:
        return [each for each in self.diagnostics if each.severity == "error"]

    def add(self, line: bytes) -> Event | None:
        """Take a line of the output in; return its event."""
        event = parse(line)
        if event is None:
            if text := line.decode("utf-8", "replace").strip():
                self.other.append(text)
            return None
        address = event.address
        self.interrupted = self.interrupted or "Interrupt received" in event.message
        match event.type:
            case "version":
                self.program = event.message.rpartition(" ")[2]
            case "apply_start":
                self.pending.append(address)
            case "apply_complete" | "apply_errored":
                if address in self.pending:
                    self.pending.remove(address)
                (self.done if event.type == "apply_complete" else self.failed).append(address)
            case "resource_drift":
                self.drifted.append(address)
            case "diagnostic" if event.diagnostic:
                self.diagnostics.append(event.diagnostic)
            case "change_summary" if event.counts:
                self.counts = event.counts
        return event


def read(output: bytes) -> Story:
    """Return the story of a whole output, as of a run whose Python died."""
    story = Story()
    for line in output.splitlines():
        story.add(line)
    return story


def emergency_state(output: bytes) -> dict[str, object] | None:
    """Return the state that Terraform printed because it could save it nowhere; None where it didn't have to."""
    for line in output.splitlines():
        if _EMERGENCY in line and (told := document(line)) is not None and isinstance(told.get("state"), dict):
            return cast("dict[str, object]", told["state"])
    return None


def without_state(output: bytes) -> bytes:
    """Return an output without such a state, which holds secrets."""
    return b"\n".join(_EMERGENCY if _EMERGENCY in line else line for line in output.split(b"\n"))


def document(output: bytes) -> dict[str, object] | None:
    """Return the JSON object that a command such as `show -json` printed; None where it printed something else."""
    try:
        value = json.loads(output)
    except ValueError:
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None
