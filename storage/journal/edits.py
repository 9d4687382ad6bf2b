"""Edits of resources as rows of the journal: only ever added, read to lay them over the files."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Delete, Row, Select, delete, func, insert, or_, select

from storage.journal.schema import resource_edits
from storage.resource_edits import EditAction, ResourceEdit


def edit_row(edit: ResourceEdit) -> dict[str, Any]:
    """Give the row of an edit."""
    return {
        "kind": edit.kind,
        "resource": edit.resource,
        "action": edit.action,
        "at": edit.at,
        "actor": edit.actor,
        "note": edit.note,
        "changes": json.dumps(dict(edit.changes), ensure_ascii=False),
        "before": json.dumps(dict(edit.before), ensure_ascii=False),
        "after": json.dumps(dict(edit.after), ensure_ascii=False),
    }


def added(connection: Connection, edit: ResourceEdit) -> int:
    """Add an edit and give its number."""
    result = connection.execute(insert(resource_edits), edit_row(edit))
    key = result.inserted_primary_key
    if key is None:
        raise ValueError("the database gave the edit no number")
    return int(key[0])


def edit_of(row: Row[Any]) -> ResourceEdit:
    """Give the edit of a row; ValueError when it cannot be read."""
    changes, before, after = (_fields(text) for text in (row.changes, row.before, row.after))
    return ResourceEdit(
        kind=row.kind,
        resource=row.resource,
        action=row.action,
        at=row.at,
        actor=row.actor,
        note=row.note,
        changes=changes,
        before=before,
        after=after,
        number=row.id,
    )


def _fields(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"{text[:40]!r} is no mapping of fields")
    return {str(name): str(value) for name, value in found.items()}


def standing() -> Select[Any]:
    """Ask for the edits to lay over the files, in order; of positions only each one's newest."""
    return (
        select(resource_edits)
        .where(
            or_(
                resource_edits.c.action != EditAction.POSITION,
                resource_edits.c.id.in_(_newest_positions()),
            )
        )
        .order_by(resource_edits.c.id)
    )


def history(resource: str, kind: str | None, before: int | None, limit: int) -> Select[Any]:
    """Ask for the edits of one resource, newest first, those numbered below `before`."""
    question = select(resource_edits).where(resource_edits.c.resource == resource)
    if kind is not None:
        question = question.where(resource_edits.c.kind == kind)
    if before is not None:
        question = question.where(resource_edits.c.id < before)
    return question.order_by(resource_edits.c.id.desc()).limit(limit)


def past_positions(before: datetime) -> Delete:
    """Delete reported positions older than that, but for the newest of each; the rest stays."""
    return delete(resource_edits).where(
        resource_edits.c.action == EditAction.POSITION,
        resource_edits.c.at < before,
        resource_edits.c.id.not_in(_newest_positions()),
    )


def _newest_positions() -> Select[Any]:
    return (
        select(func.max(resource_edits.c.id))
        .where(resource_edits.c.action == EditAction.POSITION)
        .group_by(resource_edits.c.kind, resource_edits.c.resource)
    )
