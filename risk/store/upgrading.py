"""Bring a database to the tables of this version.

A new database is made and an older one upgraded in one transaction. A database of a later version is
refused: an older program would write rows the newer one does not understand.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from risk.store.database import Database, StoreError


def steps() -> ScriptDirectory:
    """Return the steps this version knows."""
    return ScriptDirectory.from_config(_config())


def version(connection: sa.Connection) -> str:
    """Return the step a database stands at, empty for an empty one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(database: Database) -> str:
    """Make the tables, or bring them to this version; return the step it stands at.

    Raises
    ------
    StoreError
        The database is of a later version, or holds tables of another program.
    """
    with database.write() as connection:
        at = version(connection)
        known = {each.revision for each in steps().walk_revisions()}
        if at and at not in known:
            raise StoreError(f"{database.name}: made by a later version (step {at[:40]}); use that one")
        if not at and (strange := sa.inspect(connection).get_table_names()):
            raise StoreError(f"{database.name}: holds tables of another program ({', '.join(strange[:5])})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return version(connection)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
