"""Whom notices were sent to, so that an answer finds the newest of them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = op.f("ix_outbox_recipient_id_sent_at")
    op.create_index(name, "outbox", ["recipient_id", "sent_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_outbox_recipient_id_sent_at"), table_name="outbox")
