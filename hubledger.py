"""The `hubledger` command: mounts the packages' Typer apps, nothing else."""
