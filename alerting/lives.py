"""The life cycles of every device: what the site files, people and the devices themselves told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alerting.terms import Force, Surroundings
from sensors.lifecycle import Life, StageChange
from sensors.registry import Registry

Name = tuple[str, str]
MAX_TOLD = 5_000


@dataclass(slots=True)
class _Told:
    """What was told of one device, or of a whole site, since the site file was written."""

    filed: tuple[StageChange, ...] = ()
    people: list[StageChange] = field(default_factory=list[StageChange])
    device: tuple[StageChange, ...] = ()

    @property
    def changes(self) -> tuple[StageChange, ...]:
        return (*self.filed, *self.device, *self.people)


class Lives:
    """Holds the surroundings of every device and replaces their life cycles as they change."""

    def __init__(self, registry: Registry, forces: Mapping[Name, Sequence[Force]]) -> None:
        """Start with what the site files say; `forces` are the couplings by site and kind."""
        self._sites = {site.id: _Told(filed=site.stages) for site in registry.sites.values()}
        self._devices: dict[Name, _Told] = {}
        self._surroundings: dict[Name, Surroundings] = {}
        for device in registry.devices():
            name = (device.site, device.id)
            self._devices[name] = _Told(filed=device.stages)
            life = self._life(name)
            self._surroundings[name] = Surroundings(
                life=life,
                forces=tuple(forces.get((device.site, device.kind), ())),
                filed_life=life.terms(),
            )

    def of(self, name: Name) -> Surroundings:
        """Give what bears on a device."""
        return self._surroundings[name]

    def knows(self, site: str, device: str) -> bool:
        """Say whether there is such a site (and device, unless it is empty)."""
        return (site, device) in self._devices if device else site in self._sites

    def declare(self, site: str, device: str, change: StageChange) -> list[Name]:
        """Take a word about a device, or a site (`device` empty); give whom it bears on."""
        told = self._devices[site, device] if device else self._sites[site]
        told.people.append(change)
        concerned = [(site, device)] if device else [n for n in self._devices if n[0] == site]
        self._renew(concerned)
        return concerned

    def refuse_too_many(self, site: str, device: str) -> None:
        """Bound what people may tell.

        Raises:
            ValueError: too much was told already.
        """
        told = self._devices[site, device] if device else self._sites[site]
        if len(told.people) >= MAX_TOLD:
            raise ValueError(f"more than {MAX_TOLD} changes of stage; write them in the site file")

    def tell(self, name: Name, changes: Iterable[StageChange]) -> None:
        """Take what a device says of itself, in place of all it said before."""
        self._devices[name].device = tuple(changes)
        self._renew([name])

    def changes(self, site: str, device: str) -> tuple[StageChange, ...]:
        """List what was told of a device, or of a site, in the order in which it became known."""
        return (self._devices[site, device] if device else self._sites[site]).changes

    def own(self, site: str, device: str) -> Life:
        """Give the life told of a device itself, or of a site (`device` empty)."""
        return Life(self.changes(site, device))

    def _renew(self, names: Iterable[Name]) -> None:
        for name in names:
            self._surroundings[name].life = self._life(name)

    def _life(self, name: Name) -> Life:
        return Life(self._devices[name].changes, self._sites[name[0]].changes)
