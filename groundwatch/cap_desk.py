"""Answers with the messages of the Common Alerting Protocol that our alerts gave rise to.

Everything is made from the record when somebody asks, so that what was said before a restart is
found again under the same identifier; what was given out once is given as it was then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import shapely

from alerting.cap.entry import Entry, FeedConfig
from alerting.cap.issue import Issue, cards_of, issues_of
from alerting.cap.message import CapConfig, Scene, message_of
from alerting.cap.sign import Writer
from alerting.cap.values import Message
from alerting.errors import DeliveryError, JournalError
from alerting.model import Alert, Mark, Notice, NotifyReason, OutboxEntry, Transition
from gis_link.area import AREA_TIERS, Areas
from gis_link.model import Place, Tier
from gis_link.model import Position as GisPosition
from groundwatch.cap_kept import KeptMessages
from groundwatch.gbt_names import GbtNames
from sensors.model import Position

MAX_FEED_ALERTS = 200
MAX_CORNERS = 200
_TOLERANCE_DEG = 0.0005
_NO_REFERENCES = (
    "Earlier messages are not named: the record is away. 记录暂不可用，未列出此前信息。"
)


class Record(Protocol):
    """What is asked of the journal."""

    async def alerts(
        self,
        *,
        firing_only: bool = False,
        site: str | None = None,
        since: datetime | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """List alerts, newest first."""
        ...

    async def transitions(self, alert_id: str) -> list[Transition]:
        """List the steps of one alert."""
        ...

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        """List the notices of one alert."""
        ...


class Issued(NamedTuple):
    """A message and what it comes from."""

    issue: Issue
    message: Message


class Ground:
    """The names and outlines of the places an alert lies in, and the name of its site."""

    def __init__(self, places: Sequence[Place], site_names: Mapping[str, str]) -> None:
        """Index the places; `site_names` are by the site's id."""
        self._areas = Areas(places)
        self._site_names = site_names

    def scene(self, alert: Alert, outline: str) -> Scene:
        """Name the places of an alert, smallest last, with the outline of one tier if wanted."""
        position = alert.position
        site = tuple(filter(None, (self._site_names.get(alert.site),)))
        if not abs(position.lat) <= 90.0 or not abs(position.lon) <= 180.0:
            return Scene(places=site)
        found = self._areas.at(GisPosition(position.lat, position.lon))
        names = tuple(found[tier].name for tier in AREA_TIERS if tier in found)
        drawn = found.get(Tier(outline)) if outline else None
        return Scene(places=(*names, *site), outline=_corners(drawn, position) if drawn else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class CapDesk:
    """The messages of alerts, as values and as bytes."""

    record: Record
    ground: Ground
    config: CapConfig
    writer: Writer
    now: Callable[[], datetime]
    kept: KeptMessages
    feed_days: int = 7
    names: GbtNames | None = None

    async def issued(self, alert: Alert, now: datetime) -> list[Issued]:
        """Give every message of an alert up to now, oldest first."""
        steps = await self.record.transitions(alert.id)
        cards = cards_of(entry.notice for entry in await self.record.outbox(alert.id))
        found = issues_of(alert, steps, now, cards=cards, renew_every=self.config.renew_every)
        made = [await self._named(self.message(alert, issue)) for issue in found]
        kept = await self.kept.as_first(made)
        return [Issued(issue, message) for issue, message in zip(found, kept, strict=True)]

    async def _named(self, message: Message) -> Message:
        return message if self.names is None else await self.names.named(message)

    def message(
        self,
        alert: Alert,
        issue: Issue,
        *,
        mark: Mark = Mark.ACTUAL,
        remarks: tuple[str, ...] = (),
    ) -> Message:
        """Put one issue into words."""
        said = self.config.hazards.of(alert.hazard, issue.step.severity)
        scene = self.ground.scene(alert, said.outline)
        mark = mark if alert.mark is Mark.ACTUAL else alert.mark
        return message_of(alert, issue, self.config, replace(scene, mark=mark, remarks=remarks))

    async def message_for(self, notice: Notice) -> Message:
        """Give the message a notice stands for: the newest of the steps it knows of.

        While the journal is away an alert goes out without naming earlier messages, and says so; an
        end waits, for nobody could tell what it ends.

        Raises:
            DeliveryError: there is none.
        """
        if notice.task:
            why = "cap: an order is no message of CAP; name another channel for orders"
            raise DeliveryError(why, retryable=False)
        remarks, away = notice.remarks, False
        steps, notices = [notice.transition], [notice]
        try:
            steps += await self.record.transitions(notice.alert.id)
            notices = [entry.notice for entry in await self.record.outbox(notice.alert.id)]
        except JournalError:
            away, remarks = True, (*remarks, _NO_REFERENCES)
        known = {step.ordinal: step for step in reversed(steps)}
        told = [step for step in known.values() if step.ordinal <= notice.transition.ordinal]
        found = issues_of(
            notice.alert,
            told,
            self.now(),
            cards=cards_of([*notices, notice]),
            renew_every=self.config.renew_every,
        )
        if not found:
            said = "the journal is away" if away else "the record names no beginning of this alert"
            raise DeliveryError(f"cap: nothing to send: {said}", retryable=away)
        issue = _wanted(found, notice)
        made = self.message(notice.alert, issue, mark=notice.mark, remarks=remarks)
        named = await self._named(made)
        try:
            (kept,) = await self.kept.as_first([named])
        except JournalError:  # it goes out all the same
            return named
        return kept

    async def gbt35965_of(self, notice: Notice) -> dict[str, str] | None:
        """Give what systems of GB/T 35965 know the message of a notice by; None where nothing."""
        if self.names is None or notice.task or notice.batch is not None:
            return None
        try:
            info = (await self.message_for(notice)).infos[0]
        except DeliveryError:  # there is no such message, or nobody can tell now
            return None
        head = "gbt35965:"
        said = {name.removeprefix(head): value for name, value in info.parameters if head in name}
        return said or None

    async def feed(self, now: datetime, path: str) -> bytes:
        """Give the feed: every alert that stands, then the newest of the last days."""
        from alerting.cap.feed import feed_of  # and with it lxml, once somebody asks

        standing = await self.record.alerts(firing_only=True, limit=MAX_FEED_ALERTS)
        since = now - timedelta(days=self.feed_days)
        recent = await self.record.alerts(since=since, limit=MAX_FEED_ALERTS)
        alerts = list({alert.id: alert for alert in (*standing, *recent)}.values())
        entries = [
            Entry(message=each.message, path=message_path(alert, each.issue))
            for alert in alerts[:MAX_FEED_ALERTS]
            for each in await self.issued(alert, now)
        ]
        config = FeedConfig(
            sender=self.config.sender,
            name=self.config.sender_name,
            path=path,
            base_url=self.config.base_url,
            is_signing=self.writer.is_signing,
        )
        return feed_of(entries, config, now)


_NEWEST = (NotifyReason.REPEAT, NotifyReason.CARD, NotifyReason.RENEWED)


def _wanted(found: Sequence[Issue], notice: Notice) -> Issue:
    """Choose the step's own message, or its newest for a repeat or a card."""
    ordinal = found[-1].step.ordinal
    if notice.reason in _NEWEST:
        return found[-1]
    return next(each for each in found if each.step.ordinal == ordinal)


def message_path(alert: Alert, issue: Issue) -> str:
    """Give the path under which a message is."""
    return f"/api/v1/alerts/{alert.id}/cap?message={issue.key}"


def _corners(place: Place, position: Position) -> tuple[Position, ...]:
    """Give the outline around a position, with no more corners than a message should carry."""
    parts = shapely.get_parts(place.outline)
    at = shapely.Point(position.lon, position.lat)
    part = next((each for each in parts if each.intersects(at)), parts[0])
    tolerance = 0.0
    while len(part.exterior.coords) > MAX_CORNERS:
        tolerance = 2 * tolerance or _TOLERANCE_DEG
        part = shapely.simplify(part, tolerance)
    return tuple(Position(lat, lon) for lon, lat in part.exterior.coords)
