"""What the rest of the program asks of a telemetry store; one contract suite runs on every one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerting.model import Alert, Transition
from sensors.model import Reading, Report, SensorKey

# A device point: site, device and point.
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """One report the database will never take, and its reason; it goes to quarantine."""

    report: Report
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One wide row of stored telemetry: a device point at an instant.

    `qc` holds only the flags that are not `Qc.PASS`, as in `sensors.model.Report`.
    """

    site: str
    device: str
    point: str
    taken_at: datetime
    values: dict[str, float]
    qc: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """How one site stands at `at`, for the map: `worst` is 0 (calm) or a `Severity` 1 to 4.

    `lat` and `lon` are WGS 84 degrees; `n_firing` and `n_blind` count alerts.
    """

    site: str
    name: str
    lat: float
    lon: float
    worst: int
    n_firing: int
    n_blind: int
    at: datetime


class TelemetryStore(Protocol):
    """A database of readings. Writing the same report twice leaves one (same device, point, time).

    Two reports of one device, point and instant are merged: the later one's quantities replace or
    join the earlier one's; a quality flag, once stored for a value, stays. Instants keep
    microseconds. `received_at` is not stored: a reading read back gives its `taken_at` there.

    Every method raises `storage.errors.StoreUnavailable` (try again later) when the database does
    not answer, and `storage.errors.StoreRefused` when a person must mend something (wrong
    password, no such database).
    """

    async def open(self) -> None:
        """Connect and make what is missing (database, tables)."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        """Store all reports but those returned."""
        ...

    async def write_transition(self, alert: Alert, transition: Transition) -> None:
        """Store one transition of an alert, with its position, for annotations and maps."""
        ...

    async def write_sites(self, rows: Sequence[SiteRow]) -> None:
        """Store how sites stand now, for the map; written at a low rate."""
        ...

    async def latest(self, site: str | None = None) -> list[Reading]:
        """Give the newest reading of every sensor, of one site or of all."""
        ...

    async def history(
        self, key: SensorKey, kind: str, since: datetime, until: datetime, limit: int = 10_000
    ) -> list[Reading]:
        """Give one sensor's readings with since <= taken_at < until, oldest first."""
        ...

    async def rows(
        self, kind: str, since: datetime, until: datetime, limit: int = 1_000_000
    ) -> list[Row]:
        """Give all devices' wide rows of one kind, oldest first; input for model training."""
        ...

    async def rows_of_each(
        self, kind: str, most: Mapping[Place, int], since: datetime, until: datetime
    ) -> list[Row]:
        """Give the oldest rows of each device point named, `most` says how many; oldest first."""
        ...
