"""What the end of a run of Terraform's means, and which of them are no end: the cloud stumbled, and it is run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from terraform.infra_errors import InfraError
from terraform.run_terms import Interrupted, TimedOut
from terraform.terraform_faults import Transient, failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from terraform.events import Story
    from terraform.fleet import Cluster
    from terraform.process import Ending, Interrupts
    from terraform.run_terms import Patience

Result = TypeVar("Result")


def check(cluster: Cluster, work: Path, ending: Ending, story: Story, command: str, log: Path | None) -> None:
    """Raise what the end of a command means, unless it went well. `log` is the folder of what it printed."""
    name = cluster.name
    place = f"; its log is {log / 'output.jsonl'}" if log else ""
    if ending.code is None and log is not None:
        raise TimedOut(
            f"{name}: {command} was to stop after {ending.seconds:.0f} s and has not: it is left running, for it"
            f" may have more to save; follow {log / 'output.raw'}, and run the command again when it has ended"
        )
    if ending.timed_out:
        raise TimedOut(
            f"{name}: {command} took longer than {ending.seconds:.0f} s and was stopped{place}; if the state is"
            f" locked now, `hubledger infra unlock {name}` says by whom"
        )
    if ending.code == 0:
        return
    if ending.interrupted:
        raise Interrupted(f"{name}: {command} was interrupted, and stopped in good order{place}")
    if ending.code is not None and ending.code < 0 and not story.errors:
        raise InfraError(
            f"{name}: {command} was killed by signal {-ending.code}{place}; if the state is locked now,"
            f" `hubledger infra unlock {name}` says by whom"
        )
    raise failure(cluster, work, story.errors, story.other)


def retried(
    cluster: str,
    command: str,
    once: Callable[[], Result],
    patience: Patience,
    interrupts: Interrupts,
    say: Callable[[str], None],
) -> Result:
    """Run a command until it succeeds or fails for a reason that stays, with growing pauses; a signal ends a pause."""

    def tell(attempt: int, error: BaseException | None, seconds: float) -> None:
        say(f"{error}\n{cluster}: {command} is tried again in {seconds:.0f} s ({attempt + 1}.)")

    for attempt in Retrying(
        retry=retry_if_exception_type(Transient),
        wait=wait_random_exponential(multiplier=patience.first_wait_seconds, max=60),
        stop=stop_after_attempt(patience.attempts),
        sleep=interrupts.wait,
        before_sleep=lambda state: tell(
            state.attempt_number,
            state.outcome.exception() if state.outcome else None,
            state.next_action.sleep if state.next_action else 0,
        ),
        reraise=True,
    ):
        with attempt:
            return once()
    raise AssertionError("unreachable")
