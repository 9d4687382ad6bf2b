"""Steps of escalations, what came back about notices; waiting repeats become escalations."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A repeat that waits says whom an alert's repeats were for and when the next one was due. `told`
# is left empty: good news then goes to whom the routes name, as before.
_TAKE_OVER = """
INSERT INTO escalation_steps (alert_id, ordinal, n, kind, at, due_at, rung, told, why)
SELECT alert_id, 0, 0, 'begun', MIN(created_at), MIN(due_at), 'first notices', '[]',
       'taken over from repeats of an older version'
FROM outbox WHERE reason = 'repeat' AND state = 'pending' GROUP BY alert_id
"""
_CANCEL = "UPDATE outbox SET state = 'cancelled' WHERE reason = 'repeat' AND state = 'pending'"


def upgrade() -> None:
    op.create_table(
        "escalation_steps",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "ordinal", "n", name=op.f("pk_escalation_steps")),
    )
    op.create_table(
        "proofs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
        sa.UniqueConstraint("digest", name=op.f("uq_proofs_digest")),
    )
    op.create_index(op.f("ix_proofs_alert_id_at"), "proofs", ["alert_id", "at"])
    op.execute(_TAKE_OVER)
    op.execute(_CANCEL)


def downgrade() -> None:
    op.drop_index(op.f("ix_proofs_alert_id_at"), table_name="proofs")
    op.drop_table("proofs")
    op.drop_table("escalation_steps")
