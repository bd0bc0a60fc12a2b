"""The documentation is true: its commands exist and run, its links lead somewhere, its report is the one that is printed."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from enum import EnumType
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from examples.demo import MONTHS
from hubledger import mounted
from tests.fixtures_demo import REPOSITORY, Demo, hubledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = REPOSITORY / "README.md"
COMMANDS = REPOSITORY / "docs" / "commands.md"
PAGES = [README, REPOSITORY / "examples" / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
PROSE = [page for page in PAGES if page != COMMANDS]
SETTINGS = ("HUBLEDGER_FLEET", "HUBLEDGER_LAKE", "HUBLEDGER_LEDGER")
# Words in a command that stand for something else.
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_-]*|…|\.\.\.|<.*>|\[.*")


@dataclass(frozen=True)
class Mention:
    """A place in a page where something is written as code."""

    page: Path
    line: int
    text: str
    block: bool

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}: {self.text}"


def mentions(page: Path) -> Iterator[Mention]:
    """Yield each line of a page's code blocks, and each piece of code in its text."""
    fence = None
    text = page.read_text()
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if opened := re.match(r"\s*(```+)", line):
            fence = None if fence else opened[1]
        elif fence or re.match(r" {4,}\S", line):
            yield Mention(page, number, line.strip(), block=True)
    prose = re.sub(r"^\s*```.*?^\s*```", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    for found in re.finditer(r"`([^`]+)`", prose):
        yield Mention(page, prose[: found.start()].count("\n") + 1, " ".join(found[1].split()), block=False)


def spoken(mention: Mention) -> list[str] | None:
    """Return the words of a `hubledger` command after its name; None if the mention is of something else."""
    text = mention.text.removeprefix("$ ")
    if not re.match(r"(\S*/)?hubledger(\s|$)", text):
        return None
    try:
        return shlex.split(text, comments=True)[1:]
    except ValueError as error:
        raise AssertionError(f"{mention}: {error}") from error


ALL = [(mention, words) for page in PROSE for mention in mentions(page) if (words := spoken(mention)) is not None]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that `words` begin with, and what follows."""
    command: Any = typer.main.get_command(mounted()[0])
    rest = list(words)
    while hasattr(command, "commands") and rest and not PLACEHOLDER.fullmatch(rest[0]) and not rest[0].startswith("-"):
        names = rest.pop(0).split("|")
        for name in names:
            assert name in command.commands, f"there is no command '{name}'"
        command = command.commands[names[0]]
    return command, rest


def leaves(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command below `command` with the words that name it."""
    if not hasattr(command, "commands"):
        yield path, command
    else:
        if command.invoke_without_command:  # `dashboard` does something by itself
            yield path, command
        for name, each in command.commands.items():
            yield from leaves(each, *path, name)


@pytest.mark.parametrize(("mention", "words"), ALL, ids=[str(mention) for mention, _ in ALL])
def test_a_command_of_the_docs_is_one_that_there_is(mention: Mention, words: list[str]) -> None:
    check(str(mention), words)


def test_the_examples_of_the_help_are_commands_that_there_are() -> None:
    for path, command in leaves(typer.main.get_command(mounted()[0])):
        (example,) = re.findall(r"Example: (hubledger .*)", command.help)
        words = shlex.split(example)[1:]
        assert tuple(words[: len(path)]) == path
        check(example, words)


def check(mention: str, words: list[str]) -> None:
    """Assert that `words` are a command and options that there are."""
    command, rest = command_of(words)
    options = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    after = iter([word for word in rest if word not in (">", "&&")])
    for word in after:
        if PLACEHOLDER.fullmatch(word) and not hasattr(command, "commands"):
            continue
        if not word.startswith("-"):
            assert any(option.param_type_name == "argument" for option in command.params) or word.startswith(
                (">", "|", "…")
            ), f"{mention}: '{word}' is too much"
            continue
        name, _, value = word.partition("=")
        if name in ("-h", "--help"):
            continue
        assert name in options, f"{mention}: there is no {name}; there are {', '.join(sorted(options))}"
        option = options[name]
        if not option.is_flag:
            value = value or next(after, "")
            assert value, f"{mention}: {name} needs a value"
            kind = option.type_descriptor.annotation
            if isinstance(kind, EnumType) and not PLACEHOLDER.fullmatch(value):
                there = {str(each) for each in list[Any](kind)}
                assert set(value.split("|")) <= there, f"{mention}: {name} is one of {', '.join(sorted(there))}"


def test_the_docs_mention_every_command() -> None:
    said = {tuple(word for word in words[:3] if re.fullmatch("[a-z-]+", word)) for _, words in ALL}
    there = {path for path, _ in leaves(typer.main.get_command(mounted()[0]))}
    assert {path for path in there if not any(words[: len(path)] == path for words in said)} == set()


OPTIONS = [
    (mention, name)
    for page in PROSE
    if page.name != "decisions.md"  # which tells of other programs' options too
    for mention in mentions(page)
    if not mention.block and spoken(mention) is None
    for name in re.findall(r"(?<![\w-])--[a-z][a-z-]+", mention.text)
    if mention.text.startswith(("--", "costs ", "fleet "))
]


@pytest.mark.parametrize(("mention", "name"), OPTIONS, ids=[f"{mention}" for mention, _ in OPTIONS])
def test_an_option_of_the_docs_is_one_that_there_is(mention: Mention, name: str) -> None:
    there = {
        option
        for _, command in leaves(typer.main.get_command(mounted()[0]))
        for each in command.params
        for option in (*each.opts, *each.secondary_opts)
    }
    assert name in there | {"--renew-golden", "--help"}


def test_a_make_target_of_the_docs_is_one_that_there_is() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    said = {name for page in PROSE for each in mentions(page) for name in re.findall(r"^make ([a-z]+)", each.text)}
    assert said
    assert said <= targets


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{page}: {target}"
        assert path.is_relative_to(REPOSITORY)
        if anchor:
            assert anchor in {slug(each) for each in re.findall(r"^#+ (.*)$", path.read_text(), re.M)}, target


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, found = set(), [README]
    while found:
        page = found.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
            found += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert set(PAGES) - reached == set()


def test_the_commands_of_the_readme_run(demo: Demo, tmp_path: Path) -> None:
    folder = shutil.copytree(demo.folder, tmp_path / "demo")
    ran = []
    for mention, words in ALL:
        concrete = not any(PLACEHOLDER.fullmatch(word) or "|" in word for word in words)
        if mention.page == README and len(words) > 1 and concrete and words not in ran:
            hubledger(*words, fleet=folder / "fleet", lake=folder / "lake", cwd=tmp_path)
            ran.append(words)
    assert {" ".join(words[:2]) for words in ran} >= {
        "fleet init", "fleet check", "costs ingest", "costs allocate", "costs report", "costs explain"
    }  # fmt: skip


def test_the_readme_shows_the_report_that_the_demo_prints(demo: Demo, request: pytest.FixtureRequest) -> None:
    parts = re.split(r"^(?=\$ |To look)", demo.printed, flags=re.M)
    wanted = [
        part
        for command in ("report", "reconcile")
        for part in parts
        if part.startswith(f"$ hubledger costs {command} --month {MONTHS[-1]}\n")
    ]
    assert len(wanted) == 2
    printed = "\n".join(line.rstrip() for line in "\n".join(part.strip("\n") + "\n" for part in wanted).splitlines())
    block = f"<!-- report -->\n```text\n{printed}\n```\n<!-- /report -->"
    text = README.read_text()
    if request.config.getoption("--renew-golden"):
        text = re.sub(r"<!-- report -->.*<!-- /report -->", lambda _: block, text, flags=re.S)
        README.write_text(text)
    assert block in text, "pytest tests/test_docs.py --renew-golden writes it anew"


def test_the_page_of_commands_says_what_help_says(request: pytest.FixtureRequest) -> None:
    app, _ = mounted()
    said = ["# Commands\n\nWhat `--help` says of each; `pytest tests/test_docs.py --renew-golden` writes this page.\n"]
    for path, _ in leaves(typer.main.get_command(app)):
        environment = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", **dict.fromkeys(SETTINGS, "")}
        shown = CliRunner().invoke(app, [*path, "--help"], prog_name="hubledger", env=environment)
        assert shown.exit_code == 0
        text = "\n".join(line.rstrip() for line in shown.stdout.strip("\n").splitlines())
        said.append(f"## hubledger {' '.join(path)}\n\n```text\n{text}\n```\n")
    page = "\n".join(said)
    if request.config.getoption("--renew-golden"):
        COMMANDS.write_text(page)
    assert COMMANDS.read_text() == page, "pytest tests/test_docs.py --renew-golden writes it anew"
