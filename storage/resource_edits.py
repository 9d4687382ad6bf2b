"""What people changed of teams, depots, cameras and places while the program runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EditAction(StrEnum):
    """What was done to a resource."""

    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"
    POSITION = "position"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEdit:
    """One change of one resource: who, when, what, and how it was before and after.

    Fields are those of the files, as text. `changes` has what was said ("" empties a field), and
    is what is laid over the file after a restart; `before` and `after` are for the record, empty
    where there was nothing. `number` counts the edits of a journal, 0 before it is written.
    """

    kind: str
    resource: str
    action: EditAction
    at: datetime
    actor: str
    note: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
