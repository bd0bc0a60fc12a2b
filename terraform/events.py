"""What Terraform and OpenTofu tell with `-json`, a line an event: only what we need of it, the rest is passed over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class _Part(BaseModel):
    """A part of an event; newer versions add keys, which we don't read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Resource(_Part):
    """The resource that an event is of."""

    addr: str
    resource_type: str = ""


class Hook(_Part):
    """What happens to a resource during an apply or a refresh."""

    resource: Resource
    action: str = ""
    id_value: str | None = None
    elapsed_seconds: float | None = None


class Counts(_Part):
    """How many resources an operation concerns."""

    add: int = 0
    change: int = 0
    remove: int = 0
    operation: str = "plan"


class Position(_Part):
    line: int


class Range(_Part):
    """Where in the configuration something is wrong."""

    filename: str
    start: Position


class Snippet(_Part):
    context: str | None = None
    code: str = ""


class Diagnostic(_Part):
    """An error or a warning of Terraform's."""

    severity: str = "error"
    summary: str
    detail: str = ""
    address: str | None = None
    range: Range | None = None
    snippet: Snippet | None = None

    @property
    def text(self) -> str:
        """Summary and detail as one text."""
        return ": ".join(part.strip() for part in (self.summary, self.detail) if part.strip())


class Event(_Part):
    """A line of the output. `type` says which of the parts are there."""

    message: str = Field(default="", alias="@message")
    type: str = "log"
    hook: Hook | None = None
    changes: Counts | None = None
    diagnostic: Diagnostic | None = None


def parse(line: bytes) -> Event | None:
    """Return the event of a line; None where the line is none, as what a crash or a provider writes in between."""
    if not line.startswith(b"{"):
        return None
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None


@dataclass(slots=True)
class Story:
    """What the events of one command came to."""

    done: list[str] = field(default_factory=list)  # addresses whose change is complete
    failed: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)  # begun, and not heard of since
    diagnostics: list[Diagnostic] = field(default_factory=list)
    counts: Counts | None = None  # of a command that came to its end
    other: list[str] = field(default_factory=list)  # lines that are no events

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
        address = event.hook.resource.addr if event.hook else ""
        match event.type:
            case "apply_start":
                self.pending.append(address)
            case "apply_complete" | "apply_errored":
                if address in self.pending:
                    self.pending.remove(address)
                (self.done if event.type == "apply_complete" else self.failed).append(address)
            case "diagnostic" if event.diagnostic:
                self.diagnostics.append(event.diagnostic)
            case "change_summary" if event.changes:
                self.counts = event.changes
        return event


def read(output: bytes) -> Story:
    """Return the story of a whole output, as of a run whose Python died."""
    story = Story()
    for line in output.splitlines():
        story.add(line)
    return story


def document(output: bytes) -> dict[str, object] | None:
    """Return the JSON object that a command such as `show -json` printed; None where it printed something else."""
    try:
        value = json.loads(output)
    except ValueError:
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None
