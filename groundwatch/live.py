"""Resources while the program runs: edits are recorded, then count, and outlive a restart.

An edit is in the journal before anybody sees it. At a start the edits are laid over the files again
in their order; one that no longer fits (its record left the files, a field is refused now) is told
and left out, the others count.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from alerting.errors import JournalError
from gis_link.datum import Datum
from gis_link.edit import EditRefused, fields_at, in_wgs84, put, record_of, take
from gis_link.importing import key_of
from gis_link.kinds import KINDS
from gis_link.loaders import Resources
from gis_link.unload import Text, fields_of, stock_fields
from groundwatch.closed_roads import KIND as CLOSED
from sensors.local_time import shown_time
from storage.resource_edits import EditAction, ResourceEdit

_LOG = logging.getLogger(__name__)
AHEAD: Final = timedelta(minutes=5)


class EditStore(Protocol):
    """Where edits are kept (implemented by `storage.journal.SqlJournal`)."""

    async def add_edit(self, edit: ResourceEdit) -> int:
        """Keep an edit and give its number; it is on the disk when this returns."""
        ...

    async def standing_edits(self) -> list[ResourceEdit]:
        """List the edits to lay over the files, oldest first."""
        ...


class NoSuchResource(Exception):
    """There is no resource of this kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOrder:
    """What somebody wants changed of one resource; `datum` is that of positions in `fields`."""

    kind: str
    resource: str
    actor: str
    note: str = ""
    fields: Mapping[str, str]
    datum: Datum | None = None


class LiveResources:
    """The resources of a district with the edits of people on top."""

    def __init__(
        self, files: Resources, store: EditStore, tell: Callable[[Resources], None]
    ) -> None:
        """Begin with what the files say; `tell` is given the resources after every change."""
        self.now = files
        self.unfit: tuple[str, ...] = ()
        self.listeners: list[Callable[[], None]] = []
        self._store, self._tell = store, tell
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Lay the recorded edits over the files; unreadable ones leave the files alone."""
        try:
            edits = [edit for edit in await self._store.standing_edits() if edit.kind != CLOSED]
        except JournalError as error:
            self.unfit = (f"no edit counts, they cannot be read: {error}",)
        else:
            self.now, self.unfit = await asyncio.to_thread(laid_over, self.now, edits)
            await asyncio.to_thread(self._tell, self.now)
        for said in self.unfit:
            _LOG.warning("an edit does not count", extra={"why": said})

    async def create(self, order: EditOrder, at: datetime) -> ResourceEdit:
        """Add a resource that is not there yet; its id is in the fields.

        Raises:
            EditRefused: the fields make none, or the id is taken; nothing changed.
            JournalError: it could not be recorded; nothing changed.
        """
        async with self._turn:
            record = record_of(self.now, order.kind, order.fields, order.datum)
            fields = stock_fields(*record) if order.kind == "stock" else fields_of(record)
            key = key_of(KINDS[order.kind], fields)
            if fields_at(self.now, order.kind, key) is not None:
                one = KINDS[order.kind].one
                raise EditRefused(f"{one} {key!r} is there already: change it instead")
            named = replace(order, resource=key)
            return await self._record(named, EditAction.CREATE, at, changes=fields, before={})

    async def patch(self, order: EditOrder, at: datetime) -> ResourceEdit:
        """Change some fields of a resource; an empty one is emptied.

        Raises:
            NoSuchResource: it is not there.
            EditRefused: the fields make none; nothing changed.
            JournalError: it could not be recorded; nothing changed.
        """
        async with self._turn:
            before = self._fields(order)
            changes = in_wgs84(order.fields, order.datum)
            return await self._record(order, EditAction.PATCH, at, changes=changes, before=before)

    async def delete(self, order: EditOrder, at: datetime) -> ResourceEdit:
        """Take a resource away.

        Raises:
            NoSuchResource: it is not there.
            JournalError: it could not be recorded; nothing changed.
        """
        async with self._turn:
            before = self._fields(order)
            return await self._record(order, EditAction.DELETE, at, changes={}, before=before)

    async def report_position(
        self, order: EditOrder, taken_at: datetime, at: datetime
    ) -> ResourceEdit:
        """Note where a team is; `order` has `lat`, `lon` and their datum.

        Raises:
            NoSuchResource: the team is not there.
            EditRefused: the position is none, older than the one known, or from the future.
            JournalError: it could not be recorded; nothing changed.
        """
        if taken_at > at + AHEAD:
            raise EditRefused(f"taken at {shown_time(taken_at)}, ahead of now: set the clock")
        async with self._turn:
            before = self._fields(order)
            known = before.get("as_of")
            if known is not None and taken_at < datetime.fromisoformat(known):
                of = shown_time(datetime.fromisoformat(known))
                raise EditRefused(f"older than the position known, which is of {of}")
            changes = in_wgs84(order.fields, order.datum) | {"as_of": taken_at.isoformat()}
            return await self._record(
                order, EditAction.POSITION, at, changes=changes, before=before
            )

    def _fields(self, order: EditOrder) -> Text:
        before = fields_at(self.now, order.kind, order.resource)
        if before is None:
            raise NoSuchResource(f"there is no {KINDS[order.kind].one} {order.resource!r}")
        return before

    async def _record(
        self,
        order: EditOrder,
        action: EditAction,
        at: datetime,
        *,
        changes: Mapping[str, str],
        before: Mapping[str, str],
    ) -> ResourceEdit:
        """Make the change, record it, then let it count."""
        edit = ResourceEdit(
            kind=order.kind,
            resource=order.resource,
            action=action,
            at=at,
            actor=order.actor,
            note=order.note,
            changes=changes,
            before=before,
        )
        changed = await asyncio.to_thread(_applied, self.now, edit)
        after = fields_at(changed, order.kind, order.resource) or {}
        edit = replace(edit, after=after)
        number = await self._store.add_edit(edit)
        self.now = changed
        await asyncio.to_thread(self._tell, changed)
        for listener in self.listeners:
            listener()
        return replace(edit, number=number)


def laid_over(files: Resources, edits: list[ResourceEdit]) -> tuple[Resources, tuple[str, ...]]:
    """Give the files' resources with edits in their order, and which no longer fit and why."""
    unfit: list[str] = []
    for edit in edits:
        try:
            files = _applied(files, edit)
        except (EditRefused, NoSuchResource) as error:
            who = f"{edit.action} of {edit.kind} {edit.resource} by {edit.actor}"
            unfit.append(f"{who} at {shown_time(edit.at)}: {error}")
    return files, tuple(unfit)


def _applied(resources: Resources, edit: ResourceEdit) -> Resources:
    if edit.kind not in KINDS:
        raise EditRefused(f"kind {edit.kind!r} is not known")
    if edit.action is EditAction.DELETE:
        return take(resources, edit.kind, edit.resource)
    if edit.action is EditAction.CREATE:
        return put(resources, edit.kind, edit.resource, edit.changes)
    before = fields_at(resources, edit.kind, edit.resource)
    if before is None:
        raise NoSuchResource("it is no longer there")
    return put(resources, edit.kind, edit.resource, {**before, **edit.changes})
