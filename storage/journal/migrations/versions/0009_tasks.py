"""What happened to orders."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_events",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "n", name=op.f("pk_task_events")),
    )
    op.create_index(op.f("ix_task_events_alert_id"), "task_events", ["alert_id"])
    op.create_index(op.f("ix_task_events_at"), "task_events", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_task_events_at"), table_name="task_events")
    op.drop_index(op.f("ix_task_events_alert_id"), table_name="task_events")
    op.drop_table("task_events")
