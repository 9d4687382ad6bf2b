"""The journal's tables, the same on SQLite and PostgreSQL; `migrations` brings a file to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from alerting.model import AlertKind, AlertState, Mark, NoticeState, NotifyReason, TransitionKind
from alerting.ports import ProofKind, StepKind
from alerting.tasks.model import EventKind
from storage.journal.columns import Instant, Number, Rank, Word, Words
from storage.resource_edits import EditAction

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Words, primary_key=True),
    Column("kind", Word(AlertKind), nullable=False),
    Column("state", Word(AlertState), nullable=False),
    Column("site", Words, nullable=False),
    Column("device", Words, nullable=False),
    Column("point", Words, nullable=False),
    Column("quantity", Words, nullable=False),
    Column("hazard", Words, nullable=False),
    Column("rule_id", Words, nullable=False),
    Column("pack", Words, nullable=False),
    Column("severity", Rank, nullable=False),
    Column("peak", Rank, nullable=False),
    Column("lat", Number),
    Column("lon", Number),
    Column("started_at", Instant, nullable=False),
    Column("detected_at", Instant, nullable=False),
    Column("severity_at", Instant, nullable=False),
    Column("value", Number),
    Column("limit_value", Number),
    Column("unit", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("provenance_source", Words, nullable=False),
    Column("provenance_clause", Words, nullable=False),
    Column("provenance_confidence", Words, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("ended_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Words, nullable=False),
    Column("awaiting_sign_off", Boolean, nullable=False),
    Column("said", Words),
    Column("mark", Word(Mark), nullable=False, server_default=text("'actual'")),
    Index(None, "detected_at"),
    Index(None, "site", "detected_at"),
    Index(None, "state", "detected_at"),
)

transitions = Table(
    "transitions",
    metadata,
    Column("alert_id", Words, ForeignKey("alerts.id"), primary_key=True),
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Word(TransitionKind), nullable=False),
    Column("severity", Rank, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("detected_at", Instant, nullable=False),
    Column("value", Number),
    Column("reason", Words, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("late_by_s", Number),
    Column("actor", Words, nullable=False),
    Column("said", Words),
)

# No foreign key to alerts: a notice that went out while the journal was away is saved on its own.
# `entry` is the whole OutboxEntry (storage.journal.document); the columns are for asking.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Words, primary_key=True),
    Column("alert_id", Words, nullable=False),
    Column("reason", Word(NotifyReason), nullable=False),
    Column("severity", Rank, nullable=False),
    Column("recipient_id", Words, nullable=False),
    Column("recipient_name", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("state", Word(NoticeState), nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("last_error", Words, nullable=False),
    Column("entry", Text, nullable=False),
    Index(None, "alert_id", "created_at"),
    Index(None, "created_at"),
    Index(None, "recipient_id", "sent_at"),
)

# Which alerts a notice about several tells of.
notice_members = Table(
    "notice_members",
    metadata,
    Column("notice_id", Words, primary_key=True),
    Column("alert_id", Words, primary_key=True),
    Index(None, "alert_id"),
)

Index(
    "ix_outbox_held",
    outbox.c.created_at,
    sqlite_where=outbox.c.state == NoticeState.HELD,
    postgresql_where=outbox.c.state == NoticeState.HELD,
)
Index(
    "ix_outbox_due",
    outbox.c.severity.desc(),
    outbox.c.due_at,
    outbox.c.id,
    sqlite_where=outbox.c.state == NoticeState.PENDING,
    postgresql_where=outbox.c.state == NoticeState.PENDING,
)

# How far the response to each alert is; `actions` has every step of it. `response` is the whole
# (storage.journal.document); the columns are for asking.
responses = Table(
    "responses",
    metadata,
    Column("alert_id", Words, ForeignKey("alerts.id"), primary_key=True),
    Column("phase", Words, nullable=False),
    Column("since", Instant, nullable=False),
    Column("assigned_to", Words, nullable=False),
    Column("shelved_until", Instant),
    Column("response", Text, nullable=False),
    Index(None, "phase", "since"),
)

# `digest` is of the whole action, so that the same one recorded twice is one.
actions = Table(
    "actions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("alert_id", Words, ForeignKey("alerts.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("phase", Words, nullable=False, server_default=text("''")),
    Column("detail", Words, nullable=False, server_default=text("''")),
    Column("digest", Text, nullable=False),
    UniqueConstraint("digest"),
    Index(None, "alert_id", "at"),
)

# What people said of stages, in the order of `id`; only ever added to. `digest` is of the whole.
stages = Table(
    "stages",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("site", Words, nullable=False),
    Column("device", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("stage", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("depth_m", Number),
    Column("recorded_at", Instant, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    UniqueConstraint("digest"),
)

# Steps of escalations; only ever added to. Where an escalation is, is its newest step.
# No foreign key to alerts, as with notices.
escalation_steps = Table(
    "escalation_steps",
    metadata,
    Column("alert_id", Words, primary_key=True),
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Word(StepKind), nullable=False),
    Column("at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("rung", Words, nullable=False),
    Column("told", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("why_zh", Words, nullable=False, server_default=text("''")),
)

# What came back about notices, in the order of `id`. `digest` is of the whole.
proofs = Table(
    "proofs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("notice_id", Words, nullable=False),
    Column("alert_id", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Word(ProofKind), nullable=False),
    Column("source", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("digest", Text, nullable=False),
    UniqueConstraint("digest"),
    Index(None, "alert_id", "at"),
)

# What people muted; `matcher` is the whole as a document.
silences = Table(
    "silences",
    metadata,
    Column("id", Words, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("author", Words, nullable=False),
    Column("comment", Words, nullable=False),
    Column("ended_at", Instant),
    Column("silence", Text, nullable=False),
    Index(None, "until"),
)

# Official messages as they came, in the order of `id`; only ever added to. `warning` is what was
# made of one; `over_at` is when it can matter no more.
officials = Table(
    "officials",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sender", Words, nullable=False),
    Column("identifier", Words, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("over_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("how", Words, nullable=False),
    Column("remarks", Words, nullable=False),
    Column("warning", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("sender", "identifier"),
    Index(None, "over_at"),
)

# What people changed of resources, in the order of `id`; fields are JSON objects of texts.
resource_edits = Table(
    "resource_edits",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", Words, nullable=False),
    Column("resource", Words, nullable=False),
    Column("action", Word(EditAction), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("changes", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index(None, "resource", "id"),
)

# Under which identifier of GB/T 35965 a message of CAP is known outside; given once, for ever.
foreign_names = Table(
    "foreign_names",
    metadata,
    Column("identifier", Words, primary_key=True),
    Column("message", Words, nullable=False),
    UniqueConstraint("message"),
)

# Messages of CAP as they were first given out, as JSON; the same identifier says the same for ever.
cap_messages = Table(
    "cap_messages",
    metadata,
    Column("identifier", Words, primary_key=True),
    Column("message", Text, nullable=False),
)

rule_state = Table(
    "rule_state",
    metadata,
    Column("key", Words, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

# Single numbers; `recorded_seq` is the highest log block whose effects are in here.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# What happened to orders; only ever added to. `alert_id` and what was `given` are with the first.
task_events = Table(
    "task_events",
    metadata,
    Column("task_id", Words, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Word(EventKind), nullable=False),
    Column("actor", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("alert_id", Words, nullable=False),
    Column("given", Words),
    Index(None, "alert_id"),
    Index(None, "at"),
)
