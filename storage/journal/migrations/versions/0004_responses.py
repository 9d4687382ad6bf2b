"""How far the response to each alert is, and what each step of it made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "responses",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("shelved_until", sa.BigInteger(), nullable=True),
        sa.Column("response", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_responses_alert_id_alerts")
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_responses")),
    )
    op.create_index(op.f("ix_responses_phase_since"), "responses", ["phase", "since"])
    with op.batch_alter_table("actions", schema=None) as batch_op:
        for name in ("phase", "detail"):
            batch_op.add_column(
                sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''"))
            )


def downgrade() -> None:
    with op.batch_alter_table("actions", schema=None) as batch_op:
        for name in ("detail", "phase"):
            batch_op.drop_column(name)
    op.drop_index(op.f("ix_responses_phase_since"), table_name="responses")
    op.drop_table("responses")
