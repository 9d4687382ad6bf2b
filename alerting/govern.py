"""What governs how others are judged: life cycles, phases of devices, couplings, patience.

The judge hands in what a governing sensor said; the answer names the devices that must be judged
again, and from which instant on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alerting.couple import GaugeForce
from alerting.lives import Lives, Name
from alerting.official import OfficialBoard, OfficialForce
from alerting.pace import Pace
from alerting.rules import Pack
from alerting.warning import OfficialWarning
from alerting.watch import Watch
from sensors.lifecycle import DEVICE, PHASES, StageChange, phase_changes
from sensors.model import SensorKey
from sensors.registry import Registry, Sensor

PHASE = "phase_code"
_PHASES_KEPT_S = 7 * 86400.0


class Turn(NamedTuple):
    """Devices whose terms are others from an instant on."""

    names: Sequence[Name]
    from_s: float


class Governor:
    """Holds the life cycles and couplings of a district; `keys` are the sensors that govern."""

    def __init__(self, registry: Registry) -> None:
        """Take what the site files say; `attach` must follow when the watches are there."""
        sites = registry.sites.values()
        self.official = OfficialBoard()
        self._gauged = [GaugeForce(each) for site in sites for each in site.couplings]
        self._warned = [
            OfficialForce(each, self.official) for site in sites for each in site.official
        ]
        self.forces: list[GaugeForce | OfficialForce] = [*self._gauged, *self._warned]
        self.lives = Lives(registry, _by_kind(self.forces))
        self.keys = {s.key for s in registry.sensors() if s.key.quantity == PHASE}
        self._names = [(device.site, device.id) for device in registry.devices()]
        self._forced: dict[SensorKey, list[GaugeForce]] = {}
        self._paces: list[Pace] = []

    def add(self, watch: Watch, packs: Sequence[Pack], slack_s: float) -> None:
        """Take a watch in: keep phases long enough, and follow its patience where it changes."""
        if watch.key.quantity == PHASE:
            watch.feed(_PHASES_KEPT_S)
        around = self.lives.of((watch.key.site, watch.key.device))
        patience = [entry for pack in packs for entry in pack.spec.patience]
        asked = (pack.frequency for pack in packs if pack.frequency is not None)
        frequency = next((each for each in asked if each.speaks_of(watch.sensor)), None)
        if patience or around.forces or frequency is not None:
            self._paces.append(Pace(watch, around, patience, slack_s, frequency=frequency))

    def attach(self, find: Callable[[SensorKey], Watch | None]) -> None:
        """Let every coupling follow its gauge; one whose gauge is unknown stays out of force."""
        for force in self._gauged:
            key = force.coupling.gauge
            is_rain = key.quantity == "rain_mm"  # a counter loses no rain with a message
            keys = [key, key._replace(quantity="rain_total_mm")] if is_rain else [key]
            for gauge in filter(None, map(find, keys)):
                force.attach(gauge)
                self._forced.setdefault(gauge.key, []).append(force)
        self.keys |= self._forced.keys()

    def take(self, watch: Watch) -> list[Turn]:
        """Take in what a governing sensor's history says now."""
        turns: list[Turn] = []
        if watch.key.quantity == PHASE and len(watch.history):
            turns += self._take_phases(watch)
        for force in self._forced.get(watch.key, ()):
            from_s = force.take()
            if from_s is not None:
                names = [name for name in self._names if name[0] == force.coupling.site]
                turns.append(Turn(names, from_s))
        return turns

    def warn(self, warning: OfficialWarning) -> list[Turn]:
        """Take an official message in, and follow what it tightens or sets free again."""
        self.official.put(warning)
        turns: list[Turn] = []
        for force in self._warned:
            from_s = force.take()
            if from_s is not None:
                names = [name for name in self._names if name[0] == force.coupling.site]
                turns.append(Turn(names, from_s))
        return turns

    def _take_phases(self, watch: Watch) -> list[Turn]:
        history, name = watch.history, (watch.key.site, watch.key.device)
        known = watch.notes.get(PHASE, [])
        told = phase_changes(history.times, history.values)
        older = [entry for entry in known if entry[0] < history.times[0]]
        if older and told and PHASES[int(older[-1][1])] == told[0][1]:
            told = told[1:]
        phases = [*older, *((at_s, float(PHASES.index(stage))) for at_s, stage in told)]
        if phases == known:
            return []
        watch.notes[PHASE] = phases
        self.lives.tell(name, _told_by_device(phases))
        return [Turn([name], min(time_s for time_s, _ in set(phases) ^ set(known)))]

    def declare(self, site: str, device: str, change: StageChange) -> Turn:
        """Take a person's word on the stage of a device, or of a site where `device` is empty."""
        return Turn(self.lives.declare(site, device, change), change.at_s)

    def catch_up(self, watches: Iterable[Watch]) -> None:
        """Follow what histories and notes hold, after memories were put back."""
        for watch in watches:
            if watch.key.quantity == PHASE and (phases := watch.notes.get(PHASE)):
                self.lives.tell((watch.key.site, watch.key.device), _told_by_device(phases))
        for force in self._gauged:
            force.catch_up()

    def keep_up(self, now_s: float) -> list[Name]:
        """Set how long silence is tolerated now; give the devices where that has changed."""
        changed = [pace.watch.key for pace in self._paces if pace.keep_up(now_s)]
        return list(dict.fromkeys((key.site, key.device) for key in changed))

    def paced(self, site: str | None, kinds: Sequence[str]) -> dict[Name, timedelta]:
        """Give how often devices report usually, of a site and of kinds where these are given."""
        return {
            (sensor.key.site, sensor.key.device): sensor.every
            for sensor in (pace.watch.sensor for pace in self._paces)
            if site in (None, sensor.key.site) and _is_of(sensor, kinds)
        }

    def hold_to(self, agreed: Mapping[Name, timedelta]) -> None:
        """Tolerate less silence of devices that have agreed to report oftener, and only of them."""
        for pace in self._paces:
            pace.raised_every = agreed.get((pace.watch.key.site, pace.watch.key.device))


def _is_of(sensor: Sensor, kinds: Sequence[str]) -> bool:
    return not sensor.derived and (not kinds or sensor.kind in kinds)


def _by_kind(
    forces: Iterable[GaugeForce | OfficialForce],
) -> dict[tuple[str, str], list[GaugeForce | OfficialForce]]:
    found: dict[tuple[str, str], list[GaugeForce | OfficialForce]] = {}
    for force in forces:
        for kind in force.coupling.kinds:
            found.setdefault((force.coupling.site, kind), []).append(force)
    return found


def _told_by_device(phases: Iterable[tuple[float, float]]) -> list[StageChange]:
    return [
        StageChange(at=datetime.fromtimestamp(at_s, UTC), stage=PHASES[int(code)], by=DEVICE)
        for at_s, code in phases
    ]
