"""Why a step of an escalation asked whom, in Chinese too."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("escalation_steps", schema=None) as batch_op:
        none = sa.text("''")
        batch_op.add_column(sa.Column("why_zh", sa.Text(), nullable=False, server_default=none))


def downgrade() -> None:
    with op.batch_alter_table("escalation_steps", schema=None) as batch_op:
        batch_op.drop_column("why_zh")
