"""One message by one channel, marked as a test, without the running program."""

import secrets
import sys
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from alerting.errors import DeliveryError
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Mark,
    Notice,
    NotifyReason,
    Provenance,
    Receipt,
    Recipient,
    Severity,
    Transition,
    TransitionKind,
)
from groundwatch.channel_entry import RoadParts
from groundwatch.channel_settings import kind_of
from groundwatch.clock import SystemClock
from groundwatch.roads import Roads, open_roads, ways_back
from groundwatch.settings import Settings, SettingsError, load_settings
from groundwatch.siren_door import SirenDoor
from sensors.document import did_you_mean, listed
from sensors.model import Position, SensorKey


class TryError(Exception):
    """The message did not go out; the text says why and how to mend it."""


def channels_of(config: Path | None) -> list[tuple[str, str]]:
    """Give names and kinds.

    Raises:
        TryError: the settings cannot be used.
    """
    settings = _settings(config)
    kinds = {name: kind_of(type(entry)) for name, entry in settings.channels.items()}
    return [(name, kinds.get(name, "built in")) for name in Roads(settings).names]


async def try_channel(name: str, *, to: str, language: str, config: Path | None) -> Receipt:
    """Send the message.

    Raises:
        TryError: the settings or the address cannot be used, or the channel did not take it.
    """
    settings = _settings(config)
    roads = Roads(settings)
    if name not in roads.names or name == "cap":
        known = sorted(set(roads.names) - {"cap"})
        hint = did_you_mean(name, known)
        said = f"there is no channel {name!r} to try; allowed: {listed(known)}"
        raise TryError(f"{said}; {hint}" if hint else said)
    refused = roads.why_refused(name, to)
    if refused is not None:
        raise TryError(f"--to: {refused}")
    now = SystemClock().now()
    notice = trial_notice(name, to=to, language=language, now=now)
    async with AsyncExitStack() as stack:
        parts = RoadParts(now=SystemClock().now, back=ways_back(settings), teller=SirenDoor())
        opened = open_roads(settings, sys.stdout, parts, stack)
        try:
            return await opened[name].send(notice)
        except DeliveryError as error:
            again = "; it may be tried again" if error.retryable else ""
            raise TryError(f"{error.reason}{again}") from error


def trial_notice(name: str, *, to: str, language: str, now: datetime) -> Notice:
    """Give a notice that is marked as a test and warns of nothing."""
    alert_id = f"test-{secrets.token_hex(6)}"
    reason = f"this is a test of the channel {name}; nothing is wrong"
    alert = Alert(
        id=alert_id,
        kind=AlertKind.SYSTEM,
        state=AlertState.FIRING,
        sensor=SensorKey("groundwatch", "", "", ""),
        hazard="system",
        rule_id="test",
        pack="",
        severity=Severity.MINOR,
        peak=Severity.MINOR,
        position=Position(float("nan"), float("nan")),
        started_at=now,
        detected_at=now,
        severity_at=now,
        value=None,
        limit=None,
        unit="",
        reason=reason,
        provenance=Provenance(source=""),
    )
    transition = Transition(
        alert_id=alert_id,
        ordinal=1,
        kind=TransitionKind.RAISED,
        severity=Severity.MINOR,
        taken_at=now,
        detected_at=now,
        value=None,
        reason=reason,
    )
    return Notice(
        id=f"{alert_id}-0",
        reason=NotifyReason.FIRST,
        alert=alert,
        transition=transition,
        recipient=Recipient(id="test", name="Test", channel=name, address=to, language=language),
        card=None,
        created_at=now,
        mark=Mark.TEST,
    )


def _settings(config: Path | None) -> Settings:
    try:
        return load_settings(config)
    except SettingsError as error:
        raise TryError(str(error)) from error
