"""What the commands `hubledger infra …` stop with: a line for each thing that is wrong."""

from __future__ import annotations


class InfraError(Exception):
    """Infrastructure can't be changed or looked at; says the cluster, what is wrong and what to do."""
