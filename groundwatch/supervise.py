"""What is wrong with the program itself, decided in plain functions and told as alerts.

A broker that is away makes every sensor silent at once; one alert that says so replaces hundreds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.model import Severity
from ingest.mqtt import SourceStatus
from storage.ship import ShipStatus

BROKER_PATIENCE = timedelta(seconds=10)
STORE_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and how bad that is."""

    text: str
    severity: Severity


def problems(
    *, source: SourceStatus, log_full: str, ship: ShipStatus, started_at: datetime, now: datetime
) -> Mapping[str, Problem | None]:
    """Say for each of the program's own parts what is wrong with it, None where nothing is."""
    return {
        "broker": _broker(source, now),
        "log": Problem(f"readings cannot be kept: {log_full}", Severity.EXTREME)
        if log_full
        else None,
        "store": _store(ship, started_at, now),
    }


def _broker(source: SourceStatus, now: datetime) -> Problem | None:
    if source.connected or now - source.since < BROKER_PATIENCE:
        return None
    text = f"no readings arrive: the broker is away ({source.reason}); every sensor is unseen"
    return Problem(text, Severity.SEVERE)


def _store(ship: ShipStatus, started_at: datetime, now: datetime) -> Problem | None:
    if ship.is_writing:
        return None
    since = ship.last_ok_at or started_at
    if ship.needs_a_person:
        return Problem(f"the database refuses readings: {ship.last_error}", Severity.MODERATE)
    if now - since < STORE_PATIENCE:
        return None
    text = (
        f"the database is away ({ship.last_error}); {ship.behind_reports} reports wait in the log"
    )
    return Problem(text, Severity.MINOR)
