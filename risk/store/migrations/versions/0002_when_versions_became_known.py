"""When versions became known: entries and rules are tried on the latest, and reach what came since."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index(op.f("ix_versions_known_at"), "versions", ["known_at"], unique=False)
