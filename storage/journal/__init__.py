"""The journal: lasting memory of alerts, transitions, outbox, human actions and rule states.

`SqlJournal` implements `alerting.ports.Journal` on SQLite (default) or PostgreSQL.
"""

from storage.journal.sql import SqlJournal

__all__ = ["SqlJournal"]
