"""What the pages say: every text is there, used, and shows data as it is; figures as their reader writes them; colours that differ."""

from __future__ import annotations

import ast
import string
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.money import round_total
from dashboard import words as words_module
from dashboard.data import Activity, Costs, Sum
from dashboard.figures import Figures, locale_of
from dashboard.palette import BASES, COMPONENTS
from dashboard.rounding import matrix
from dashboard.unit_costs import unit_costs
from dashboard.words import NoText, Words, plain, texts
from terraform.fleet import IdlePolicy, SharedPolicy

DASHBOARD = Path(words_module.__file__).parent
NAMES = {
    "component",
    "basis",
    "basis_title",
    "rule",
    "policy",
    "status",
    "weekday",
    "document",
}  # asked for by what data says
ZERO = Decimal(0)


def asked() -> tuple[set[str], set[str]]:
    """Return the keys that the code asks for, and the beginnings of those that it puts together: section.start."""
    whole: set[str] = set()
    begun: set[str] = set()
    for file in DASHBOARD.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                section, _, key = node.value.partition(".")
                if section in texts("en") and key not in ("py", "typ"):
                    whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                start = str(node.values[0].value)
                if start.partition(".")[0] in texts("en"):
                    begun.add(start)
    return whole, begun


def test_every_text_that_is_asked_for_is_there_and_every_text_is_asked_for() -> None:
    whole, begun = asked()
    there = {f"{section}.{key}" for section, entries in texts("en").items() for key in entries}
    assert {key for key in whole if key not in there and not any(each.startswith(key) for each in there)} == set()
    assert all(any(key.startswith(start) for key in there) for start in begun)
    unused = {
        key
        for key in there - whole
        if key.partition(".")[0] not in NAMES and not any(key.startswith(start) for start in begun)
    }
    assert unused == set()


def test_every_policy_component_and_basis_has_a_name() -> None:
    words = Words()
    for idle in IdlePolicy:
        assert words(f"policy.idle_{idle}")
    for shared in SharedPolicy:
        assert words(f"policy.shared_{shared}")
    assert set(COMPONENTS) == set(texts("en")["component"])
    assert set(BASES) == set(texts("en")["basis"]) == set(texts("en")["basis_title"])
    assert words.name("component", "something new") == "something new"


@pytest.mark.parametrize("language", [file.stem for file in sorted((DASHBOARD / "texts").glob("*.toml"))])
def test_a_translation_has_the_keys_and_the_arguments_of_english(language: str) -> None:
    def arguments(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for section, entries in texts(language).items():
        for key, text in entries.items():
            assert key in texts("en")[section], f"{section}.{key}"
            assert arguments(text) == arguments(texts("en")[section][key]), f"{section}.{key}"


def test_a_text_that_is_not_there_is_an_error_and_a_language_falls_back() -> None:
    with pytest.raises(NoText, match=r"app\.nothing"):
        Words()("app.nothing")
    assert Words("xx")("app.name") == "Hubledger"
    assert texts("../words") == {}


@given(st.text(min_size=1).filter(str.strip))
def test_what_comes_from_data_has_no_markup_left(text: str) -> None:
    shown = plain(text)
    assert "".join(shown[1:] if shown.startswith("\\") else shown for shown in _letters(shown)) == " ".join(
        text.split()
    )
    for letter in "*_`[]<>$:#|~!&":
        assert all(before == "\\" for before, now in pairwise(shown) if now == letter)


def _letters(shown: str) -> list[str]:
    found, escaped = [], False
    for letter in shown:
        if escaped:
            found.append(f"\\{letter}")
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            found.append(letter)
    return found


def test_figures_are_written_the_way_of_their_reader() -> None:
    amount = Decimal("-1234.565")
    assert Figures("en_US", "USD").money(amount) == "-$1,234.56"
    assert Figures("de_DE", "EUR").money(amount) == "-1.234,56\xa0€"
    assert Figures("en_US", "NOK").money(Decimal(194)) == "NOK\xa0194.00"
    assert [Figures("en_US", "USD").about(Decimal(each)) for each in ("2080.70", "9.994")] == ["$2,081", "$9.99"]
    assert Figures("de_DE", "EUR").about(Decimal("-1200.5")) == "-1.200\xa0€"
    assert Figures("en_US", "NOK").about(Decimal("86.4")) == "NOK\xa086"
    assert Figures().share(Decimal("0.99999"), whole=False) == "100.0%"
    assert Figures("en_US", "JPY").money(Decimal("1234.5")) == "¥1,234"
    assert Figures("en_US", "USD").change(Decimal(412)) == "+$412.00"
    assert Figures("en_US", "USD").change(Decimal("-0.001")) == "$0.00"
    assert Figures("en_US").share(Decimal("0.99999")) == "99.9%"
    assert Figures("de_DE").share(Decimal("0.5")) == "50,0%"
    assert Figures("fr_FR").month("2026-10") == "octobre 2026"
    assert Figures().users(62, None) == "62 + <5"
    assert (Figures().users(), Figures().users(None)) == ("–", "<5")


@pytest.mark.parametrize(
    ("browser", "locale"),
    [("de-DE", "de_DE"), ("en", "en"), ("xx-YY", "en_US"), (None, "en_US"), ("<", "en_US"), ("pt-XX", "pt")],
)
def test_a_browsers_language_becomes_a_locale_or_the_default(browser: str | None, locale: str) -> None:
    assert locale_of(browser) == locale


money = st.decimals(min_value=-1000, max_value=1000, places=6)


@given(st.lists(st.lists(money, min_size=3, max_size=3), min_size=1, max_size=6))
def test_printed_cells_add_up_to_what_is_printed_beside_and_below_them(lines: list[list[Decimal]]) -> None:
    total = sum((cell for line in lines for cell in line), ZERO)
    made = matrix(["a", "b", "c"], [(str(number), line) for number, line in enumerate(lines)], total, "USD")
    assert all(sum(cells, ZERO) == whole for _, cells, whole in made.lines)
    assert (
        sum((whole for _, _, whole in made.lines), ZERO)
        == made.total
        == sum(made.sums, ZERO)
        == round_total(total, "USD")
    )


def test_what_a_person_costs_is_told_of_hubs_with_five_or_more() -> None:
    costs = Costs(
        ("cluster", "hub"),
        "USD",
        tuple(((("c", hub)), Sum(Decimal(100), ZERO, ZERO)) for hub in ("big", "small", "hidden")),
    )
    activity = tuple(
        Activity("2026-10", "c", hub, "x", users, Decimal(20))
        for hub, users in (("big", 5), ("small", 4), ("hidden", None))
    )
    found = unit_costs(costs, activity)
    assert (found.per_user, found.per_hour, found.left_out) == (Decimal(20), Decimal(5), 2)
    none = unit_costs(costs, activity[1:])
    assert (none.per_user, none.per_hour) == (None, None)


def test_a_components_colour_is_its_own_also_for_who_sees_two_colours_only() -> None:
    """By Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB: https://doi.org/10.1109/TVCG.2009.113"""
    sights = {
        "all": ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)),
        "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
        "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    }
    common = list(COMPONENTS)[:7]
    for matrix_ in sights.values():
        for one, other in (*combinations([COMPONENTS[each] for each in common], 2), *combinations(BASES.values(), 2)):
            assert _distance(_seen(one, matrix_), _seen(other, matrix_)) > 12, (one, other)
    assert len(set(COMPONENTS.values())) == len(COMPONENTS)


def _seen(color: str, sight: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """Return a colour as CIELAB, as seen with that sight."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in sight)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    f = [part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def _distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
