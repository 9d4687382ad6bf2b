"""Alerts of exercises, apart from real ones."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        actual = sa.text("'actual'")
        batch_op.add_column(sa.Column("mark", sa.Text(), nullable=False, server_default=actual))


def downgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_column("mark")
