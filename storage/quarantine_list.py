"""Lists of the quarantine for people: single entries, or alike ones together as one group.

Entries are alike that came on one topic for one reason; instants and numbers in the reason do not
count, so that a device whose clock is wrong is one group and not one for every message.
"""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from storage.log_file import unusable
from storage.quarantine import COLUMNS, Quarantined, entry_of
from storage.schema import from_us

_NUMBERS = re.compile(r"'[-+\d.eE]+'|('[^']*')|\d[-+:.\dTZe]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineQuery:
    """Which entries: `reason` and `topic` are parts of those, whatever their case."""

    reason: str = ""
    topic: str = ""
    with_replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineGroup:
    """Entries of one topic that are here for one reason, which is that of the newest."""

    origin: str
    topic: str
    reason: str
    n_entries: int
    first_at: datetime
    last_at: datetime
    newest_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineGroups:
    """Groups, the newest first; `n_groups` and `n_entries` count those that were left off too."""

    groups: tuple[QuarantineGroup, ...]
    n_groups: int
    n_entries: int


def alike(reason: str) -> str:
    """Give a reason without its instants and numbers; names in quotes stay.

    >>> alike("taken at 2026-06-01T08:00:00+00:00, 512 s after it was received")
    'taken at #, # s after it was received'
    >>> alike("device 'a/TC-1' has no point 'P2'") == alike("device 'a/TC-1' has no point 'P3'")
    False
    """
    return _NUMBERS.sub(lambda found: found[1] or "#", reason)


def groups(path: Path, wanted: QuarantineQuery, limit: int) -> QuarantineGroups:
    """Give the groups with the newest entries of a log's file, and how many there are.

    It reads everything, through a connection of its own that writes nothing, so that nobody who
    owns messages waits; the log may be in use.

    Raises:
        LogUnusable: the file cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            found = _tallied(reader, wanted)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return QuarantineGroups(
        groups=tuple(_group(key, tally) for key, tally in islice(found.items(), limit)),
        n_groups=len(found),
        n_entries=sum(tally.n for tally in found.values()),
    )


def _tallied(
    connection: sqlite3.Connection, wanted: QuarantineQuery
) -> dict[tuple[str, str, str], "_Tally"]:
    where, values = _where(wanted)
    rows = connection.execute(
        f"SELECT id, origin, topic, received_us, reason FROM quarantine WHERE {where}"  # noqa: S608 - constant
        " ORDER BY id DESC",
        values,
    )
    found: dict[tuple[str, str, str], _Tally] = {}
    for entry_id, origin, topic, received_us, reason in rows:
        key = (origin, topic, alike(reason))
        tally = found.get(key)
        if tally is None:
            tally = found[key] = _Tally(entry_id, reason, received_us)
        tally.n += 1
        tally.first_us = min(tally.first_us, received_us)
        tally.last_us = max(tally.last_us, received_us)
    return found


class _Tally:
    """A group while it is counted."""

    __slots__ = ("first_us", "last_us", "n", "newest_id", "reason")

    def __init__(self, newest_id: int, reason: str, received_us: int) -> None:
        self.newest_id, self.reason, self.n = newest_id, reason, 0
        self.first_us = self.last_us = received_us


def _group(key: tuple[str, str, str], tally: _Tally) -> QuarantineGroup:
    return QuarantineGroup(
        origin=key[0],
        topic=key[1],
        reason=tally.reason,
        n_entries=tally.n,
        first_at=from_us(tally.first_us),
        last_at=from_us(tally.last_us),
        newest_id=tally.newest_id,
    )


def entries(
    connection: sqlite3.Connection, wanted: QuarantineQuery, after_id: int | None, limit: int
) -> list[Quarantined]:
    """Give single entries: from `after_id` on the oldest first, or the newest first without it."""
    where, values = _where(wanted)
    order = "DESC" if after_id is None else "ASC"
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM quarantine WHERE id > ? AND {where} ORDER BY id {order} LIMIT ?",  # noqa: S608 - constant
        (after_id or 0, *values, limit),
    )
    return [entry_of(row) for row in rows]


def _where(wanted: QuarantineQuery) -> tuple[str, tuple[str | bool, ...]]:
    told = "instr(lower(reason), lower(?)) > 0 AND instr(lower(topic), lower(?)) > 0"
    return (
        f"{told} AND (? OR replayed_us IS NULL)",
        (wanted.reason, wanted.topic, wanted.with_replayed),
    )
