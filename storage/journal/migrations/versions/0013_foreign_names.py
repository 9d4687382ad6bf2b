"""Under which identifier of GB/T 35965 a message is known outside."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "foreign_names",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_foreign_names")),
        sa.UniqueConstraint("message", name=op.f("uq_foreign_names_message")),
    )


def downgrade() -> None:
    op.drop_table("foreign_names")
