"""What is wrong with the program itself, decided in plain functions and told as alerts.

A broker that is away makes every sensor silent at once; one alert that says so replaces hundreds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alerting.model import Severity
from ingest.mqtt import SourceStatus
from storage.ship import ShipStatus

BROKER_PATIENCE_S = 10.0
STORE_PATIENCE_S = 60.0
FIRST_STORE_PATIENCE_S = 15.0  # a database never reached is rather a mistake than an outage


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and how bad that is."""

    text: str
    severity: Severity


@dataclass(slots=True)
class Away:
    """For how long something has been away, on a clock that only goes forward."""

    since_s: float | None = None

    def look(self, *, is_away: bool, now_s: float) -> float:
        """Take one look at a monotonic time and give the seconds it has been away, 0 if here."""
        if not is_away:
            self.since_s = None
            return 0.0
        if self.since_s is None:
            self.since_s = now_s
        return now_s - self.since_s


def problems(
    *,
    source: SourceStatus,
    broker_away_s: float,
    log_full: str,
    ship: ShipStatus,
    store_away_s: float,
) -> Mapping[str, Problem | None]:
    """Say for each of the program's own parts what is wrong with it, None where nothing is."""
    return {
        "broker": _broker(source, broker_away_s),
        "log": _log(log_full),
        "store": _store(ship, store_away_s),
    }


def _broker(source: SourceStatus, away_s: float) -> Problem | None:
    if away_s < BROKER_PATIENCE_S:
        return None
    text = f"no readings arrive: the broker is away ({source.reason}); every sensor is unseen"
    return Problem(text, Severity.SEVERE)


def _log(full: str) -> Problem | None:
    return Problem(f"readings cannot be kept: {full}", Severity.EXTREME) if full else None


def _store(ship: ShipStatus, away_s: float) -> Problem | None:
    if ship.needs_a_person:
        return Problem(f"the database refuses readings: {ship.last_error}", Severity.MODERATE)
    if away_s < (STORE_PATIENCE_S if ship.last_ok_at else FIRST_STORE_PATIENCE_S):
        return None
    text = (
        f"the database is away ({ship.last_error}); {ship.behind_reports} reports wait in the log"
    )
    return Problem(text, Severity.MINOR)
