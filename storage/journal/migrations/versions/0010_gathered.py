"""Notices about several alerts, and those that are held for one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_members",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "alert_id", name=op.f("pk_notice_members")),
    )
    op.create_index(op.f("ix_notice_members_alert_id"), "notice_members", ["alert_id"])
    op.create_index(
        "ix_outbox_held",
        "outbox",
        ["created_at"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_held", table_name="outbox")
    op.drop_index(op.f("ix_notice_members_alert_id"), table_name="notice_members")
    op.drop_table("notice_members")
