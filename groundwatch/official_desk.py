"""Official messages taken in, kept and told of: context beside our alerts, never one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from alerting.cap.heard import CapRefused
from alerting.cap.official import OfficialRules, warning_of
from alerting.cap.place import Spot
from alerting.cap.sign import NotGenuine
from alerting.model import Alert, Card, Remark, Severity
from alerting.official import OfficialBoard
from alerting.ports import CardLookup
from alerting.warning import Name, OfficialRecord, OfficialWarning
from gis_link.area import AREA_TIERS, Areas
from gis_link.model import Place
from gis_link.model import Position as GisPosition
from sensors.local_time import shown_time
from sensors.registry import Registry

MAX_SHOWN = 5
_KEPT_FOR_LISTS = timedelta(days=60)


class Recorder(Protocol):
    """Makes a message last and count (implemented by `alerting.engine`)."""

    async def warn(self, record: OfficialRecord) -> OfficialRecord:
        """Record it, then judge what it tightens."""
        ...


class Shelf(Protocol):
    """Gives what was recorded (implemented by the journal)."""

    async def official(self, name: Name) -> OfficialRecord | None:
        """Give one message."""
        ...

    async def officials(self, since: datetime) -> list[OfficialRecord]:
        """List messages whose time was not over before `since`."""
        ...


class Answer(NamedTuple):
    """What became of a message: as it was recorded, and whether it was new."""

    record: OfficialRecord
    is_new: bool


class InForce(NamedTuple):
    """A warning in force at a site, and what it says there."""

    warning: OfficialWarning
    severity: Severity
    ends_at: datetime
    text: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialDesk:
    """Takes messages, answers what is in force."""

    recorder: Recorder
    shelf: Shelf
    board: OfficialBoard
    spots: Sequence[Spot]
    rules: OfficialRules
    now: Callable[[], datetime]
    certificate: str = ""

    async def take(self, body: bytes, how: str) -> Answer:
        """Take a message in; one that is known already changes nothing.

        Raises:
            CapRefused: it cannot be used or must not be; the text says why.
            JournalError: it could not be recorded, so it does not count.
        """
        from alerting.cap.read import read_message  # and with it lxml, once a message comes

        genuine = self._genuine(body)
        now = self.now()
        taken = warning_of(read_message(genuine), self.spots, self.rules, now)
        name = taken.warning.name
        known = await self.shelf.official(name)
        if known is not None:
            if known.body != body:
                raise CapRefused(
                    f"another message of {name.sender} has the identifier {name.identifier[:80]!r};"
                    " a changed message needs one of its own and names the old in references"
                )
            return Answer(known, is_new=False)
        record = OfficialRecord(
            warning=taken.warning,
            received_at=now,
            seq=0,
            how=how,
            body=body,
            remarks=taken.remarks,
        )
        return Answer(await self.recorder.warn(record), is_new=True)

    def _genuine(self, body: bytes) -> bytes:
        if not self.certificate:
            return body
        from alerting.cap.read import tree_of
        from alerting.cap.signature import verified

        try:
            return verified(tree_of, body, self.certificate)
        except NotGenuine as error:
            raise CapRefused(
                f"{error}; official.certificate in the settings is asked for"
            ) from None

    async def listed(self, site: str | None, *, in_force_only: bool) -> list[OfficialRecord]:
        """List messages, newest first."""
        now = self.now()
        found = await self.shelf.officials(now - _KEPT_FOR_LISTS)
        return [
            each
            for each in sorted(found, key=lambda each: each.warning.sent_at, reverse=True)
            if (site is None or each.warning.severity_at(site) is not None)
            and (not in_force_only or self.is_in_force(each.warning, now))
        ]

    def is_in_force(self, warning: OfficialWarning, now: datetime) -> bool:
        """Say whether it warns of something now."""
        return not self.why_not(warning, now)

    def why_not(self, warning: OfficialWarning, now: datetime) -> str:
        """Say why it warns of nothing now; empty where it does."""
        return why_not_in_force(warning, self.board.ends_of(warning), now)

    def beside(self, card: Card, site: str) -> Card:
        """Give a card with what officials warn of at a site."""
        return replace(card, official=tuple(each.text for each in self.in_force(site)[:MAX_SHOWN]))

    def in_force(self, site: str) -> list[InForce]:
        """List what is in force at a site now, worst first."""
        found: list[InForce] = []
        for warning in self.board.in_force(site, self.now()):
            severity = warning.severity_at(site)
            if severity is not None:
                ends_at = self.board.ends_of(warning)
                found.append(InForce(warning, severity, ends_at, _text(warning, severity, ends_at)))
        return found


class CardsWithContext:
    """A card look-up that adds the official warnings in force at the alert's site.

    `desk` is set when there is one; before that, while the program restores, cards go without.
    """

    def __init__(self, cards: CardLookup) -> None:
        """Ask `cards` for everything else."""
        self._cards = cards
        self.desk: OfficialDesk | None = None

    async def card(self, alert: Alert) -> Card:
        """Look the card up and say what officials warn of there."""
        card = await self._cards.card(alert)
        return card if self.desk is None else self.desk.beside(card, alert.site)


def spots_of(registry: Registry, places: Sequence[Place]) -> tuple[Spot, ...]:
    """Gather how messages may name each site: its position, and codes and names of its places."""
    areas = Areas(places)
    spots = []
    for site in registry.sites.values():
        at = GisPosition(site.position.lat, site.position.lon)
        found = areas.at(at)
        named = [found[tier] for tier in AREA_TIERS if tier in found]
        words = [part for place in named for part in place.name.split()]
        names = dict.fromkeys([site.district, site.street, site.village, *words])
        spots.append(
            Spot(
                site=site.id,
                position=site.position,
                codes=tuple(place.code for place in named),
                names=tuple(name for name in names if len(name) > 1 and not name.isascii()),
            )
        )
    return tuple(spots)


def why_not_in_force(warning: OfficialWarning, ends_at: datetime, now: datetime) -> str:
    """Say why a message that ends at `ends_at` is not in force; empty where it is."""
    if not warning.is_counted:
        return warning.kind if warning.status == "Actual" else warning.status
    if warning.ends_at <= warning.begins_at:
        return f"expired: it ends before it takes effect at {shown_time(warning.begins_at)}"
    if ends_at <= now:
        return "expired" if ends_at == warning.ends_at else "replaced or cancelled by its sender"
    if now < warning.begins_at:
        return f"not before {shown_time(warning.begins_at)}"
    return ""


def _text(warning: OfficialWarning, severity: Severity, ends_at: datetime) -> Remark:
    """Say what it is, marked as official."""
    who = warning.sender_name or warning.name.sender
    until = shown_time(ends_at)
    return Remark(
        f"OFFICIAL {severity.colour} {warning.headline.en} ({who}, until {until})",
        f"【官方】{severity.zh}色 {warning.headline.zh}（{who}，有效至{until}）",
    )
