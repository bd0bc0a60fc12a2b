"""A plan as people read it: on a terminal, and as Markdown for a pull request. Nothing sensitive is in a record."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from terraform.changes import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraform.changes import Change, Difference
    from terraform.cost_delta import Delta, Priced
    from terraform.plan import Record

_SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DESTROY: "-",
    Action.FORGET: ".",
    Action.IMPORT: "=",
}
_MOST = 12  # differences of one resource
_MOST_OUTPUTS = 5


def text(record: Record) -> str:
    """Return the summary of a plan for a terminal."""
    return "\n".join([*_text(record), ""])


def markdown(record: Record) -> str:
    """Return the summary of a plan for a pull request."""
    return "\n".join([*_markdown(record), ""])


def headline(record: Record) -> str:
    """Say in a line what a plan would do."""
    if record.empty:
        return "no changes"
    counts = [f"{number} to {action.value}" for action in Action if (number := record.count(action))]
    outputs = f"{len(record.outputs)} outputs change" if record.outputs and not counts else ""
    return ", ".join([*counts, *([outputs] if outputs else [])])


def _text(record: Record) -> Iterator[str]:
    yield f"{record.cluster}: {headline(record)}"
    for change in record.changes:
        yield f"  {_SIGNS[change.action]:>3} {change.address}"
        for difference in change.differences[:_MOST]:
            goes = change.action in (Action.DESTROY, Action.FORGET)
            yield f"        {f'{difference.path}: {difference.before}' if goes else _difference(difference)}"
        yield from (f"        {more}" for more in _more(change))
    if record.outputs:
        yield f"  outputs that change: {_listed(record.outputs)}"
    if record.destroys_data:
        yield "  DESTROYS DATA; apply asks for the cluster's name:"
        yield from (f"      {address}" for address in record.destroys_data)
    if record.delta is not None:
        yield f"  cost a month: {_total(record.delta)}"
        for one in record.delta.priced:
            yield f"      {one.address}: {_priced(one, record.delta.currency)}"
            yield f"          {one.derivation}"
        yield from (f"      no basis: {line}" for line in record.delta.no_basis)
    yield from (f"  note: {warning}" for warning in record.warnings)


def _markdown(record: Record) -> Iterator[str]:
    yield f"### `{record.cluster}`: {headline(record)}"
    if record.destroys_data:
        listed = ", ".join(f"`{address}`" for address in record.destroys_data)
        yield from ("", f"> **Destroys data:** {listed}. Apply asks for the cluster's name.")
    if record.changes:
        yield from ("", "| | Resource | Before | After |", "|---|---|---|---|")
        for change in record.changes:
            yield f"| {change.action.value} | `{_cell(change.address)}` | | |"
            for difference in change.differences[:_MOST]:
                forces = " (forces replacement)" if difference.forces else ""
                before, after = (_code(value) for value in (difference.before, difference.after))
                yield f"| | {_cell(difference.path)}{forces} | {before} | {after} |"
            yield from (f"| | {more} | | |" for more in _more(change))
    if record.outputs:
        yield from ("", f"Outputs that change: {_listed(tuple(f'`{name}`' for name in record.outputs))}.")
    if record.delta is not None:
        yield from ("", f"**Cost a month: {_total(record.delta)}**")
        if record.delta.priced:
            yield from ("", "| Resource | Expected | From | To | How |", "|---|---:|---:|---:|---|")
            for one in record.delta.priced:
                amounts = " | ".join(_money(amount) for amount in (one.expected, one.low, one.high))
                yield f"| `{_cell(one.address)}` | {amounts} | {_cell(one.derivation)} |"
        if record.delta.no_basis:
            yield ""
            yield from (f"* no basis: {line}" for line in record.delta.no_basis)
    if record.warnings:
        yield ""
        yield from (f"* note: {warning}" for warning in record.warnings)
    commit = f", commit `{record.origin.commit[:12]}`" if record.origin.commit else ""
    yield from (
        "",
        f"Plan `{record.plan[:12]}` on state serial {record.state.serial}{commit}, Terraform {record.terraform}.",
    )


def _listed(names: tuple[str, ...]) -> str:
    rest = len(names) - _MOST_OUTPUTS
    return ", ".join(names[:_MOST_OUTPUTS]) + (f" and {rest} more" if rest > 0 else "")


def _difference(difference: Difference) -> str:
    forces = "  (forces replacement)" if difference.forces else ""
    if difference.before is None:
        return f"{difference.path}: {difference.after}{forces}"
    if difference.after is None:
        return f"{difference.path}: {difference.before} → nothing{forces}"
    if difference.before == difference.after:
        return f"{difference.path}: {difference.after}, another one{forces}"
    return f"{difference.path}: {difference.before} → {difference.after}{forces}"


def _more(change: Change) -> list[str]:
    rest = len(change.differences) - _MOST
    return [f"and {rest} more"] if rest > 0 else []


def _total(delta: Delta) -> str:
    if not delta.priced:
        return "no basis" if delta.no_basis else "no change"
    low, expected, high = delta.total()
    rest = ", without what has no basis" if delta.no_basis else ""
    return f"{_money(expected)} {delta.currency} (from {_money(low)} to {_money(high)}{rest})"


def _priced(one: Priced, currency: str) -> str:
    return f"{_money(one.expected)} {currency} (from {_money(one.low)} to {_money(one.high)})"


def _money(amount: Decimal) -> str:
    cents = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    return f"{cents:+,.2f}" if cents else "0.00"


def _cell(value: str) -> str:
    return value.replace("|", "\\|")


def _code(value: str | None) -> str:
    return "" if value is None else f"`{_cell(value).replace('`', '')}`"
