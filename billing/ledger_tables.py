"""The ledger's tables, as the migrations make them. Amounts are whole minor units of the row's currency."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()

PERIODS = Table(
    "periods",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("computation", Text, ForeignKey("computations.fingerprint")),
    Column("reason", Text, nullable=False),  # why it was closed with provisional bills
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Text, nullable=False),
    CheckConstraint("state in ('open', 'closed')", name="period_state"),
    CheckConstraint(
        "(state = 'closed') = (computation is not null and closed_at is not null)", name="period_closed_whole"
    ),
)

COMPUTATIONS = Table(
    "computations",
    METADATA,
    Column("fingerprint", Text, primary_key=True),
    Column("month", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

DRAFTS = Table(
    "drafts",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("community", Text, primary_key=True),
    Column("payer", Text, primary_key=True),  # empty, or the award whose own payer it goes to
    Column("corrects", Text, primary_key=True),  # the number that a note corrects, or empty
    Column("kind", Text, nullable=False),
    Column("whole", Boolean, nullable=False),  # a credit note for all that was charged
    Column("content", Text, nullable=False),
    Column("computation", Text, ForeignKey("computations.fingerprint"), nullable=False),
    Column("drafted_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("(kind = 'invoice') = (corrects = '')", name="draft_note_corrects"),
)

INVOICES = Table(
    "invoices",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("month", Text, ForeignKey("periods.month"), nullable=False),
    Column("community", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("edition", Integer, nullable=False),  # 0; one more for each time it was voided and billed again
    Column("currency", Text, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("rounding", BigInteger, nullable=False),
    Column("payable", BigInteger, nullable=False),
    Column("issue_date", Date, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("computation", Text, ForeignKey("computations.fingerprint"), nullable=False),
    Column("content", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("content_hash", Text, nullable=False, unique=True),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("issued_by", Text, nullable=False),
    UniqueConstraint("issuer", "year", "sequence", name="invoice_sequence"),
    UniqueConstraint("issuer", "previous_hash", name="invoice_chain"),
    CheckConstraint("kind in ('invoice', 'credit note', 'debit note')", name="invoice_kind"),
    CheckConstraint("sequence > 0", name="invoice_counts_from_one"),
    CheckConstraint("net + tax + rounding = payable", name="invoice_adds_up"),
    CheckConstraint("length(content_hash) = 64", name="invoice_hashed"),
)
Index(
    "invoice_once",
    INVOICES.c.month,
    INVOICES.c.community,
    INVOICES.c.payer,
    INVOICES.c.edition,
    unique=True,
    sqlite_where=text("kind = 'invoice'"),
    postgresql_where=text("kind = 'invoice'"),
)

LINES = Table(
    "lines",
    METADATA,
    Column("number", Text, ForeignKey("invoices.number", deferrable=True, initially="DEFERRED"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("hub", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("award", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax_category", Text, nullable=False),
    Column("tax_rate", Text, nullable=False),
)

CREDIT_NOTES = Table(
    "credit_notes",
    METADATA,
    Column("number", Text, ForeignKey("invoices.number"), primary_key=True),
    Column("corrects", Text, ForeignKey("invoices.number"), nullable=False),
    Column("whole", Boolean, nullable=False),
    CheckConstraint("number <> corrects", name="note_corrects_another"),
)

PAYMENTS = Table(
    "payments",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", Text, ForeignKey("invoices.number"), nullable=False),
    Column("amount", BigInteger, nullable=False),  # negative: a payment that was taken back
    Column("currency", Text, nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("reference", Text, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("entered_by", Text, nullable=False),
    CheckConstraint("amount <> 0", name="payment_of_something"),
)

PROVIDER_TOTALS = Table(
    "provider_totals",
    METADATA,
    Column("computation", Text, ForeignKey("computations.fingerprint"), primary_key=True),
    Column("issuer", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("exact", Text, nullable=False),
    Column("rounded", BigInteger, nullable=False),
    Column("stated", Text),  # what the provider's own document says, where somebody entered it
)

EVENTS = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
