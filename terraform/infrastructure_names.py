"""Names that the root module of a cluster has for what the fleet's files say."""

from __future__ import annotations


def secret_variable(hub: str) -> str:
    """Return the root's variable that holds the settings of a hub's authenticator."""
    return f"authenticator_config_{hub}"
