"""Silence, judged by the clock against the registry: which sensors should have spoken and did not.

A sensor is overdue when it last spoke longer ago than its pack's *stale* time, or than three of its
own intervals where that is longer; one never seen counts from when watching began. It spoke when
its newest believable reading was taken. Where readings overtake one another, those that arrive
count as well, and the next one is given as long as others were late, both within the lateness of
the pack (`Watch.spoke_s`).

The sensors of a device share one *blind* alert, so that one dead box is one alert. It escalates:
minor when stale, moderate past the *offline* time, severe when an alert stands on one of the silent
sensors, because then nobody can see whether it gets worse. A further sensor that falls silent is
told again.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from alerting.model import Form, Sentence, Severity
from sensors.model import SensorKey

GRACE_S = 120.0
_MAX_AHEAD_S = 300.0
_MAX_NAMED = 4
_LONGEST_S = 3600.0  # every device is asked this often, whatever its deadline said


class Patience(Protocol):
    """How long one sensor may be silent, in seconds, and when it last said something believable.

    `newest_s` is 0 while the sensor has never been heard.
    """

    @property
    def key(self) -> SensorKey:
        """Give the sensor."""
        ...

    @property
    def stale_s(self) -> float:
        """Give the age at which it is overdue."""
        ...

    @property
    def offline_s(self) -> float:
        """Give the age at which it counts as gone."""
        ...

    @property
    def newest_s(self) -> float:
        """Give when its newest believable reading was taken."""
        ...

    @property
    def spoke_s(self) -> float:
        """Give when it last spoke, in seconds since 1970."""
        ...

    @property
    def is_disordered(self) -> bool:
        """Say whether its readings have lately overtaken one another."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """The silent sensors of one device, and how bad that is."""

    silent: tuple[SensorKey, ...]
    n_sensors: int
    severity: Severity
    since_s: float
    said: Sentence


@dataclass(slots=True)
class _Device:
    sensors: list[Patience] = field(default_factory=list[Patience])


def why_blind(
    sensors: Iterable[Patience],
    *,
    now_s: float,
    watching_s: float,
    has_alert: Callable[[SensorKey], bool],
) -> Blindness | None:
    """Say which sensors of one device are overdue, or None when all have spoken in time.

    A sensor never heard counts from `watching_s`, when this program first listened; so does one
    whose newest reading lies more than 5 min in the future, because its clock or ours is wrong.
    `has_alert` says whether a limit alert stands on a sensor.
    """
    silent: list[tuple[Patience, float]] = []
    count = 0
    for sensor in sensors:
        count += 1
        is_heard = 0.0 < sensor.newest_s <= now_s + _MAX_AHEAD_S
        since_s = sensor.spoke_s if is_heard else watching_s
        if now_s - since_s > sensor.stale_s:
            silent.append((sensor, since_s))
    if not silent:
        return None
    is_offline = any(now_s - since_s > sensor.offline_s for sensor, since_s in silent)
    severity = Severity.MODERATE if is_offline else Severity.MINOR
    is_alerted = any(has_alert(sensor.key) for sensor, _ in silent)
    if is_alerted:
        severity = Severity.SEVERE
    since_s = min(since_s for _, since_s in silent)
    overdue = [sensor for sensor, _ in silent]
    return Blindness(
        silent=tuple(sensor.key for sensor in overdue),
        n_sensors=count,
        severity=severity,
        since_s=since_s,
        said=_sentence(overdue, count, now_s - since_s, has_alert=is_alerted),
    )


def _sentence(silent: list[Patience], count: int, age_s: float, *, has_alert: bool) -> Sentence:
    is_never = all(sensor.newest_s == 0.0 for sensor in silent)
    return Sentence(
        form=Form.SILENT,
        names=tuple(
            "/".join(part for part in (sensor.key.point, sensor.key.quantity) if part)
            for sensor in silent[:_MAX_NAMED]
        ),
        numbers=(len(silent), count, -1.0 if is_never else age_s, float(has_alert)),
    )


class SilenceTimers:
    """A timer per sensor, kept as one deadline per device; asks again only when one runs out."""

    def __init__(self) -> None:
        """Start with no devices."""
        self._devices: dict[tuple[str, str], _Device] = {}
        self._heap: list[tuple[float, tuple[str, str]]] = []
        self._asked_at: dict[tuple[str, str], float] = {}
        self._blind: set[tuple[str, str]] = set()
        self._heard: frozenset[tuple[str, str]] | None = None
        self.watching_s = 0.0
        self._not_before_s = 0.0

    def add(self, patience: Patience) -> None:
        """Put one sensor of the registry under watch."""
        device = self._devices.setdefault((patience.key.site, patience.key.device), _Device())
        device.sensors.append(patience)

    def start(self, now_s: float, grace_s: float = GRACE_S) -> None:
        """Begin to listen, or begin again after the broker was away or the clock was set.

        What devices kept meanwhile is on its way, so nobody is asked within the grace. Silence from
        before counts on: a line that breaks often must not hide a dead sensor.
        """
        if not self.watching_s or self.watching_s > now_s:
            self.watching_s = now_s
        self._not_before_s = now_s + grace_s
        self._heap = [(self._not_before_s, name) for name in self._devices]
        self._asked_at = dict.fromkeys(self._devices, self._not_before_s)
        heapq.heapify(self._heap)

    def hear_only(self, devices: frozenset[tuple[str, str]] | None) -> None:
        """Ask only devices whose line to us works now; None is all of them."""
        self._heard = devices

    def sensors(self, device: tuple[str, str]) -> list[Patience]:
        """Give the sensors of one device."""
        return self._devices[device].sensors

    def is_disordered(self, device: tuple[str, str]) -> bool:
        """Say whether readings of a device have lately overtaken one another."""
        return any(sensor.is_disordered for sensor in self._devices[device].sensors)

    def mark(self, device: tuple[str, str], *, is_blind: bool) -> None:
        """Remember that a device is blind, so that it is asked at every look."""
        (self._blind.add if is_blind else self._blind.discard)(device)

    def due(self, now_s: float) -> list[tuple[str, str]]:
        """Give the devices worth asking now: those whose deadline came, and all blind ones."""
        if now_s < self._not_before_s:
            return []
        asked = [name for name in self._blind if name in self._devices]
        while self._heap and self._heap[0][0] <= now_s:
            at_s, name = heapq.heappop(self._heap)
            if at_s != self._asked_at.get(name):
                continue  # another deadline has taken the place of this one
            device = self._devices[name]
            if name not in self._blind:
                asked.append(name)
            self._ask_at(name, self._deadline(device, now_s))
        return asked if self._heard is None else [n for n in asked if n in self._heard]

    def ask_soon(self, device: tuple[str, str], now_s: float) -> None:
        """Set a device's deadline anew: how long it may be silent has changed."""
        if device in self._asked_at:
            self._ask_at(device, self._deadline(self._devices[device], now_s))

    def _ask_at(self, name: tuple[str, str], at_s: float) -> None:
        """Put a deadline on the heap; the one before, if there is one, does not count any more.

        A device that works and rests in turns leaves deadlines behind, which are thrown out before
        they are twice as many as there are devices.
        """
        self._asked_at[name] = at_s
        heapq.heappush(self._heap, (at_s, name))
        if len(self._heap) > 2 * len(self._devices) + 16:
            self._heap = [(at_s, name) for name, at_s in self._asked_at.items()]
            heapq.heapify(self._heap)

    def _deadline(self, device: _Device, now_s: float) -> float:
        """Give when one of the device's sensors can next become overdue, at least a second on."""
        first = min(
            (each.spoke_s if each.newest_s else self.watching_s) + each.stale_s
            for each in device.sensors
        )
        return min(max(first, now_s + 1.0), now_s + _LONGEST_S)

    def ages(self, now_s: float) -> Mapping[SensorKey, float]:
        """Give how long ago every sensor last spoke, in seconds."""
        return {
            sensor.key: now_s - sensor.spoke_s
            for device in self._devices.values()
            for sensor in device.sensors
        }
