"""What one running dashboard serves, and to whom: handed to the pages through Streamlit's secrets, in this process only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

SECTION = "hubledger"  # of Streamlit's secrets


class Mode(StrEnum):
    """How people come in."""

    LOCAL = "local"  # whoever is on this machine is its operator
    SIGN_IN = "sign-in"  # through the fleet's OpenID provider, or by a share link
    DEMO = "demo"  # everybody may see everything: it is the example fleet


class NotServed(Exception):
    """A page runs outside of `hubledger dashboard`."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the fleet, its lake and its ledger are; `state` is the folder of the key and the share links."""

    mode: Mode
    fleet: Path
    lake: str
    ledger: str
    state: Path
    base_path: str = ""

    def to_secrets(self) -> dict[str, str]:
        """Return what `served` reads back."""
        return {name: str(value) for name, value in asdict(self).items()}


def served() -> Site:
    """Return what this process serves.

    Raises NotServed where nothing was set up: nothing is shown by default.
    """
    import streamlit as st  # the commands that don't serve pages need not wait for it

    if SECTION not in st.secrets:
        raise NotServed("the pages of the dashboard don't stand alone: start them with 'hubledger dashboard'")
    said = dict(st.secrets[SECTION])
    return Site(
        mode=Mode(said["mode"]),
        fleet=Path(said["fleet"]),
        lake=said["lake"],
        ledger=said["ledger"],
        state=Path(said["state"]),
        base_path=said["base_path"],
    )
