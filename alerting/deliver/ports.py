"""What delivery asks of others beyond `alerting.ports`: the time, and who wants to know."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from alerting.model import Notice, OutboxEntry

# Told what became of a notice, and of the entry that takes its place, if any.
NoteOutcome = Callable[[OutboxEntry, OutboxEntry | None], None]


# Gives the link by which the recipient of a notice acknowledges; "" for none.
AckLink = Callable[[Notice], str]

# Gives what people call a site; "" where nobody has said.
SiteName = Callable[[str], str]


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        ...
