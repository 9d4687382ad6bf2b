"""The parts of sentences beside their English wording, for other languages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002_stages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("alerts", "transitions"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("said", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("transitions", "alerts"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("said")
