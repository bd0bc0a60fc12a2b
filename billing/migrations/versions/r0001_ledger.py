"""The ledger: periods, drafts, what is issued, and the triggers that hold it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "postgresql":
        for statement in _postgresql():
            op.execute(statement)
    else:
        for statement in _sqlite():
            op.execute(statement)


def _tables() -> None:
    op.create_table(
        "computations",
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
    )
    op.create_table(
        "periods",
        sa.Column("month", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("computation", sa.Text, sa.ForeignKey("computations.fingerprint")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.CheckConstraint("state in ('open', 'closed')", name="period_state"),
        sa.CheckConstraint(
            "(state = 'closed') = (computation is not null and closed_at is not null)", name="period_closed_whole"
        ),
    )
    op.create_table(
        "drafts",
        sa.Column("month", sa.Text, primary_key=True),
        sa.Column("community", sa.Text, primary_key=True),
        sa.Column("payer", sa.Text, primary_key=True),
        sa.Column("corrects", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("computation", sa.Text, sa.ForeignKey("computations.fingerprint"), nullable=False),
        sa.Column("drafted_at", MOMENT, nullable=False),
        sa.CheckConstraint("(kind = 'invoice') = (corrects = '')", name="draft_note_corrects"),
    )
    op.create_table(
        "invoices",
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("month", sa.Text, sa.ForeignKey("periods.month"), nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("payer", sa.Text, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("net", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("rounding", sa.BigInteger, nullable=False),
        sa.Column("payable", sa.BigInteger, nullable=False),
        sa.Column("issue_date", sa.Date, nullable=False),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("computation", sa.Text, sa.ForeignKey("computations.fingerprint"), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False, unique=True),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.Text, nullable=False),
        sa.UniqueConstraint("issuer", "year", "sequence", name="invoice_sequence"),
        sa.UniqueConstraint("issuer", "previous_hash", name="invoice_chain"),
        sa.CheckConstraint("kind in ('invoice', 'credit note', 'debit note')", name="invoice_kind"),
        sa.CheckConstraint("sequence > 0", name="invoice_counts_from_one"),
        sa.CheckConstraint("net + tax + rounding = payable", name="invoice_adds_up"),
        sa.CheckConstraint("length(content_hash) = 64", name="invoice_hashed"),
    )
    once = sa.text("kind = 'invoice'")
    op.create_index(
        "invoice_once",
        "invoices",
        ["month", "community", "payer", "edition"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )
    op.create_table(
        "lines",
        sa.Column(
            "number",
            sa.Text,
            sa.ForeignKey("invoices.number", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hub", sa.Text, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("award", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("net", sa.BigInteger, nullable=False),
        sa.Column("tax_category", sa.Text, nullable=False),
        sa.Column("tax_rate", sa.Text, nullable=False),
    )
    op.create_table(
        "credit_notes",
        sa.Column("number", sa.Text, sa.ForeignKey("invoices.number"), primary_key=True),
        sa.Column("corrects", sa.Text, sa.ForeignKey("invoices.number"), nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.CheckConstraint("number <> corrects", name="note_corrects_another"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("number", sa.Text, sa.ForeignKey("invoices.number"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("paid_on", sa.Date, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.Text, nullable=False),
        sa.CheckConstraint("amount <> 0", name="payment_of_something"),
    )
    op.create_table(
        "provider_totals",
        sa.Column("computation", sa.Text, sa.ForeignKey("computations.fingerprint"), primary_key=True),
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("exact", sa.Text, nullable=False),
        sa.Column("rounded", sa.BigInteger, nullable=False),
        sa.Column("stated", sa.Text),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )


# What may only ever be added to, with its key. A closed period is frozen too.
FROZEN = {
    "computations": "fingerprint",
    "invoices": "number",
    "lines": "number, position",
    "credit_notes": "number",
    "payments": "id",
    "provider_totals": "computation, issuer, account, currency",
    "events": "id",
}
REFUSED = "what is in the ledger never changes: correct an invoice with a credit note, a payment with one of the opposite sign"
CLOSED = "a closed month stays closed: bring a restated bill in with hubledger invoices adjust"
# Name, table, what must not be, what to say of it. NEW is the row that is being added.
RULES = (
    (
        "invoices_gapless",
        "invoices",
        "NEW.sequence <> 1 + (select coalesce(max(sequence), 0) from invoices where issuer = NEW.issuer and year = NEW.year)",
        "numbers have no gaps: this is not the next one of its year",
    ),
    (
        "invoices_chained",
        "invoices",
        "NEW.previous_hash <> coalesce((select content_hash from invoices where issuer = NEW.issuer"
        " order by year desc, sequence desc limit 1), '')",
        "a document names the hash of the one before it",
    ),
    (
        "invoices_in_order",
        "invoices",
        "exists (select 1 from invoices where issuer = NEW.issuer and (year > NEW.year or issue_date > NEW.issue_date))",
        "a document of a later date is issued already",
    ),
    (
        "invoices_closed",
        "invoices",
        "not exists (select 1 from periods where month = NEW.month and state = 'closed')",
        "only a closed month is billed",
    ),
    (
        "invoices_of_lines",
        "invoices",
        "NEW.net <> coalesce((select sum(net) from lines where number = NEW.number), 0)",
        "the lines do not add up to the document",
    ),
    (
        "lines_before",
        "lines",
        "exists (select 1 from invoices where number = NEW.number)",
        "the document is issued: its lines are all there",
    ),
    (
        "payments_currency",
        "payments",
        "NEW.currency <> coalesce((select currency from invoices where number = NEW.number), '')",
        "a payment is in the currency of its document",
    ),
    (
        "periods_reopened",
        "periods",
        "exists (select 1 from periods where month = NEW.month and state = 'closed')",
        CLOSED,
    ),
)


def _sqlite() -> list[str]:
    statements = []
    for table, key in FROZEN.items():
        statements += [
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            for event in ("UPDATE", "DELETE")
        ]
        # INSERT OR REPLACE would delete without asking the trigger above.
        same = " and ".join(f"{name} = NEW.{name}" for name in key.split(", "))
        statements.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
            f" WHEN exists (select 1 from {table} where {same}) BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
    statements += [
        f"CREATE TRIGGER periods_no_delete BEFORE DELETE ON periods BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END",
        "CREATE TRIGGER periods_one_way BEFORE UPDATE ON periods WHEN OLD.state = 'closed' or NEW.month <> OLD.month"
        f" BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END",
    ]
    statements += [
        f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{text}'); END"
        for name, table, wrong, text in RULES
    ]
    return statements


def _postgresql() -> list[str]:
    statements = [
        "CREATE FUNCTION hubledger_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation'; END $$"
    ]
    for table in FROZEN:
        statements += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION hubledger_refuse('{REFUSED}')",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION hubledger_refuse('{REFUSED}')",
        ]
    statements += [
        "CREATE TRIGGER periods_no_delete BEFORE DELETE ON periods"
        f" FOR EACH ROW EXECUTE FUNCTION hubledger_refuse('{CLOSED}')",
        "CREATE TRIGGER periods_no_truncate BEFORE TRUNCATE ON periods"
        f" FOR EACH STATEMENT EXECUTE FUNCTION hubledger_refuse('{CLOSED}')",
        "CREATE TRIGGER periods_one_way BEFORE UPDATE ON periods"
        " FOR EACH ROW WHEN (OLD.state = 'closed' or NEW.month <> OLD.month)"
        f" EXECUTE FUNCTION hubledger_refuse('{CLOSED}')",
    ]
    for name, table, wrong, text in RULES:
        statements += [
            f"CREATE FUNCTION hubledger_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{text}', ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION hubledger_{name}()",
        ]
    return statements
