"""The `hubledger` command: mounts the packages' Typer apps, nothing else."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from analytics.unit_costs import UnitCosts
    from terraform.fleet import Fleet

NAMES = ("terraform", "analytics", "billing", "dashboard")
APPS = {  # by the name they are mounted as: the module, and its app or command
    "fleet": ("terraform.cli", "fleet_app"),
    "infra": ("terraform.infra_cli", "app"),
    "replicate": ("terraform.replicate_cli", "replicate"),
    "costs": ("analytics.cli", "app"),
    "invoices": ("billing.cli", "app"),
    "dashboard": ("dashboard.cli", "app"),
}


def main() -> None:
    """Run the command. Errors of the packages' edges become lines on stderr and exit code 1."""
    _check_names()
    app, errors = mounted(sys.argv[1] if len(sys.argv) > 1 else None)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except errors as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"hubledger: {line}\n")
        sys.exit(1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to print would fail again
        if error.errno != errno.EPIPE:  # nobody reads on: no reason to complain
            place = f"{error.filename}: " if error.filename else "a file or the output: "
            sys.stderr.write(f"hubledger: {place}{error.strerror}; see that there is room, and that it may be used\n")
        sys.exit(1)


def mounted(only: str | None = None) -> tuple[typer.Typer, tuple[type[Exception], ...]]:
    """Return the command with the packages' apps, and the errors that they stop with; `only` one app where it is named.

    A command need not wait for what the others import.
    """
    app = typer.Typer(
        help="What every JupyterHub of a fleet costs, to the cent, and why.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def supply(context: typer.Context) -> None:
        context.obj = LakeBooks()  # `infra` may not import what reads the lake

    errors: list[type[Exception]] = []
    for name, (module, attribute) in APPS.items():
        if name == only or only not in APPS:
            package = import_module(module)
            mount = getattr(package, attribute)
            if isinstance(mount, typer.Typer):
                app.add_typer(mount, name=name)
            else:
                app.command(name)(mount)
            errors += package.ERRORS
    return app, tuple(errors)


class LakeBooks:
    """Reads the lake for those who may not import what does, and imports it only then."""

    def past_costs(self, fleet: Fleet, lake: str) -> UnitCosts | None:
        """Return what the fleet's own bills say that things cost; None where the lake has none."""
        from analytics.unit_costs import unit_costs

        return unit_costs(fleet, lake)

    def history(self, fleet: Fleet, lake: str, community: str, folder: Path) -> list[str]:
        """Write what a community cost and used into a folder; return the files' names."""
        from analytics.cost_history import write_history

        return write_history(fleet, lake, community, folder)


def _check_names() -> None:
    """Stop, with a reason, if another distribution in this environment owns the name of one of our packages."""
    for record in (record for place in sys.path for record in Path(place).glob("*.dist-info/RECORD")):
        files = b"\n" + record.read_bytes()  # as a whole: to take the lists apart would be slower than most commands
        for name in NAMES:
            owner = record.parent.name.partition("-")[0]
            if f"\n{name}/".encode() in files and owner != "hubledger":
                sys.stderr.write(
                    f"hubledger: the distribution {owner} in this environment also has a package named '{name}': "
                    "install Hubledger in an environment of its own\n"
                )
                sys.exit(1)


if __name__ == "__main__":
    main()
