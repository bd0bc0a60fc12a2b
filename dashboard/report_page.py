"""What stands in a community's report on paper: every text ready, every number formatted; no layout."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.xml_tree import writable
from dashboard.palette import BASES, COMPONENTS, component_color
from dashboard.rounding import Matrix, matrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dashboard.data import Activity, Costs
    from dashboard.figures import Figures
    from dashboard.report_pdf import Json
    from dashboard.words import Words

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is of: a community's costs of some months by ROW of downloads.py, sentences that sum one month up and of what
    changed, hubs' names."""

    community: str
    months: tuple[str, ...]
    final: bool
    costs: Costs
    activity: tuple[Activity, ...]
    summary: str
    changes_title: str
    changes: tuple[str, ...]
    why: tuple[str, ...]
    names: dict[tuple[str | None, str | None], str]
    made: date


def report_page(report: Report, words: Words, figures: Figures) -> dict[str, Json]:
    """Return what the template prints, as JSON values."""
    period = figures.month(report.months[0])
    if len(report.months) > 1:
        period = f"{period} – {figures.month(report.months[-1])}"
    title = words("report.title", community=report.community, period=period)
    total = report.costs.total
    idle = report.costs.of(basis="idle").total.cost
    hours = sum((each.server_hours for each in report.activity), ZERO)
    values: dict[str, Json] = {
        "title": title,
        "author": words("app.name"),
        "made": [report.made.year, report.made.month, report.made.day],
        "lang": words.language,
        "heading": report.community,
        "subtitle": words("report.subtitle", period=period),
        "summary": report.summary,
        "footer": f"{title} · {words('report.made', date=figures.day(report.made))}",
        "figures": [
            [
                words("report.total"),
                figures.money(total.cost),
                words(f"status.{'final' if report.final else 'provisional'}"),
            ],
            [words("community.idle"), figures.money(idle), figures.share(idle / total.cost) if total.cost else ""],
            [words("community.server_hours"), figures.hours(hours), ""],
            [words("app.coverage"), figures.share(total.coverage), ""],
        ],
        "changes_title": report.changes_title,
        "changes": list(report.changes),
        "hubs_title": words("community.by_hub"),
        "hubs": _table(_hubs(report, words, figures), figures, words("app.hub"), words("app.total")),
        "components_title": words("community.by_component"),
        "components": _components(report, words, figures),
        "why_title": words("community.why"),
        "why": list(report.why),
        "method_title": words("app.method"),
        "method": [words("report.method"), words("report.coverage", coverage=figures.share(total.coverage))],
    }
    cleaned = _writable(values)
    assert isinstance(cleaned, dict)  # noqa: S101 – as it was
    return cleaned


def _hubs(report: Report, words: Words, figures: Figures) -> Matrix:
    folded = report.costs.fold("cluster", "hub", "basis")
    hubs = sorted(report.costs.fold("cluster", "hub").items(), key=lambda item: -item[1].cost)
    there = {basis for (basis,) in report.costs.fold("basis")}
    bases = [each for each in BASES if each in there]
    return matrix(
        [words.name("basis_title", each) for each in bases],
        [
            (
                report.names.get((hub[0], hub[1]), ""),
                [folded[*hub, basis].cost if (*hub, basis) in folded else ZERO for basis in bases],
            )
            for hub, _ in hubs
        ],
        report.costs.total.cost,
        figures.currency,
    )


def _components(report: Report, words: Words, figures: Figures) -> Json:
    """Months in rows, the larger components in columns, the rest together; and the same as bars."""
    sums = {name or "": each.cost for (name,), each in report.costs.fold("component").items()}
    largest = sorted(sums, key=lambda name: -abs(sums[name]))[:6]
    shown = [each for each in COMPONENTS if each in largest] + [each for each in largest if each not in COMPONENTS]
    folded = report.costs.fold("billing_period", "component")
    lines = []
    for month in report.months:
        of_month = {name: folded[month, name].cost for name in sums if (month, name) in folded}
        rest = sum((cost for name, cost in of_month.items() if name not in shown), ZERO)
        lines.append((figures.month(month), [*(of_month.get(name, ZERO) for name in shown), rest]))
    titles = [*(words.name("component", each) for each in shown), words("report.rest")]
    colors = [*(component_color(each) for each in shown), COMPONENTS["tax"]]
    made = matrix(titles, lines, report.costs.total.cost, figures.currency)
    widest = max((sum((cell for cell in cells if cell > 0), ZERO) for _, cells in lines), default=ZERO)
    told = _table(made, figures, words("app.month_column"), words("app.total"))
    return {
        **told,
        "alt": words("report.bars", count=str(len(lines))),
        "names": [[title, color] for title, color in zip(titles, colors, strict=True)],
        "bars": [
            {
                "name": name,
                "parts": [
                    [color, float(cell / widest)]
                    for cell, color in zip(cells, colors, strict=True)
                    if cell > 0 and widest
                ],
            }
            for name, cells in lines
        ],
    }


def _table(made: Matrix, figures: Figures, first: str, last: str) -> dict[str, Json]:
    def row(name: str, cells: Sequence[Decimal]) -> list[Json]:
        return [name, *(figures.money(cell) if cell else "" for cell in cells)]

    return {
        "header": [first, *made.columns, last],
        "rows": [row(name, (*cells, whole)) for name, cells, whole in made.lines],
        "footer": row(last, (*made.sums, made.total)),
    }


def _writable(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _writable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_writable(part) for part in value]
    return writable(value) if isinstance(value, str) else value
