"""The `hubledger` command: mounts the packages' Typer apps, nothing else."""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import packages_distributions

import typer

NAMES = ("terraform", "analytics", "billing", "dashboard")


def main() -> None:
    """Run the command. Errors of the packages' edges become lines on stderr and exit code 1."""
    _check_names()
    app, errors = mounted()
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


def mounted() -> tuple[typer.Typer, tuple[type[Exception], ...]]:
    """Return the command with the packages' apps, and the errors that they stop with."""
    from analytics import cli as costs
    from terraform import cli as fleet

    app = typer.Typer(
        help="What every JupyterHub of a fleet costs, to the cent, and why.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.add_typer(fleet.fleet_app, name="fleet")
    app.add_typer(costs.app, name="costs")
    return app, (*costs.ERRORS, *fleet.ERRORS)


def _check_names() -> None:
    """Stop, with a reason, if another distribution in this environment owns the name of one of our packages."""
    owners = packages_distributions()
    for name in NAMES:
        foreign = sorted(set(owners.get(name, ())) - {"hubledger"})
        if foreign:
            sys.stderr.write(
                f"hubledger: the distribution {foreign[0]} in this environment also has a package named '{name}': "
                "install Hubledger in an environment of its own\n"
            )
            sys.exit(1)


if __name__ == "__main__":
    main()
