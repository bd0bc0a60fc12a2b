"""What Alembic runs to bring a ledger up to date, on the connection that `billing.ledger` gives it."""

from __future__ import annotations

from alembic import context

from billing.ledger_tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
context.run_migrations()
