"""Everything a directory of site files says: sensors, rules, people, resources, and all its faults.

Works offline and starts nothing; `groundwatch check` prints what this finds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alerting.drill import DrillPlan
from alerting.route import Known, RouteTable, load_routes
from alerting.rules import BoundRule, Packs, instead_for, load_packs, own_limit_faults, rules_for
from alerting.tell.inhibit import InhibitionTable
from alerting.tell.load import load_inhibitions
from gis_link.loaders import Resources, load_resources
from groundwatch.console_stand_in import stand_in_warning
from groundwatch.drill_files import load_drills
from groundwatch.limits import gap_text
from groundwatch.response_file import ResponsePolicy, load_response
from groundwatch.roads import BUILT_IN_ROADS, Roads
from groundwatch.whereabouts import Whereabouts
from sensors.fault import did_you_mean, listed
from sensors.model import SensorKey
from sensors.registry import Registry
from sensors.site import FOLDER, load_registry
from sensors.site_claims import claims_of
from sensors.virtual.crane_gap import gap_faults

# Quantities that say how a machine stands; by themselves they are no danger.
_DESCRIBES = frozenset(
    {
        *("rated_load_t", "radius_m", "hook_height_m", "slew_deg", "reeving"),
        *(
            "jib_angle_deg",
            "operator_code",
            "phase_code",
            "lift_state",
            "floor",
            "height_m",
            "door_open",
        ),
        *("chart_load_t", "nameplate_pct", "tilt_x_deg", "tilt_y_deg", "limit_bits"),
        *("warning_bits", "load_t"),
        *("rain_total_mm", "pump_running", "barrier_closed"),
        *("battery_v", "battery_pct", "temperature_degc"),
    }
)


@dataclass(frozen=True, kw_only=True)
class District:
    """A loaded directory; parts with faults hold what could be used.

    `unused` are the site files of which nothing could be.
    """

    registry: Registry
    packs: Packs
    routes: RouteTable
    resources: Resources
    inhibitions: InhibitionTable
    response: ResponsePolicy
    drills: Mapping[str, DrillPlan]
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    unused: tuple[str, ...] = ()

    @cached_property
    def rules(self) -> Mapping[SensorKey, list[BoundRule]]:
        """Give the rules of every sensor, for looking through; the program binds its own."""
        return {
            sensor.key: rules_for(sensor, self.packs.get(sensor.kind, ()))
            for sensor in self.registry.sensors()
        }

    def not_judged(self) -> list[str]:
        """List in sentences every limit that misses an input on some sensor."""
        by_rule = [
            f"{key}: {rule.id}, {missing.severity.word}: {gap_text(missing)}"
            for key, rules in self.rules.items()
            for rule in rules
            for missing in rule.not_judged
        ]
        return by_rule + [
            f"{device.site}/{device.id}/{name}: not judged, {why}"
            for device in self.registry.devices()
            for name, why in device.missing.items()
        ]

    def without_rule(self) -> dict[str, int]:
        """Count the sensors that no rule of any severity speaks of, by kind and quantity.

        They are shown and stored, and no value of theirs ever warns. Left out is what only
        describes a machine (radius, floor, battery, …).
        """
        found: Counter[str] = Counter()
        for sensor in self.registry.sensors():
            name = sensor.key.quantity
            packs = self.packs.get(sensor.kind, ())
            if name in _DESCRIBES or self.rules[sensor.key] or instead_for(sensor, packs):
                continue
            found[f"{sensor.kind}/{name}"] += 1
        return dict(sorted(found.items()))


def counted(count: int, word: str) -> str:
    """Write a number of things.

    >>> counted(1, "fault"), counted(2, "fault")
    ('1 fault', '2 faults')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def load_district(
    directory: Path,
    *,
    packs: Path | None = None,
    resources: Path | None = None,
    language: str = "en",
    roads: Roads = BUILT_IN_ROADS,
) -> District:
    """Load a directory of site files; nothing is raised, every fault is in the answer.

    `language` is that of people who name none; `roads` are the channels they may name.
    """
    if not directory.is_dir():
        return _nothing(directory)
    registry, site_faults = load_registry(directory)
    found, pack_faults = load_packs(local=packs or directory / "packs")
    faults = [*site_faults, *pack_faults, *own_limit_faults(registry.sensors(), found)]
    faults += gap_faults(registry.sites.values())
    claims = claims_of(directory / FOLDER, site_faults, registry)
    stock, stock_faults = load_resources(resources or directory / "resources", directory / "map")
    where = Whereabouts(stock.places)
    known = Known(
        sites=frozenset(registry.sites) | claims.sites if claims.is_whole else None,
        places=where.names,
        places_of={site.id: where.at(site.position) for site in registry.sites.values()},
        hazards=frozenset(
            rule.hazard for kind in found.values() for pack in kind for rule in pack.spec.rules
        )
        | {"sensor_silent", "sensor_doubtful", "anomaly", "system"},
        channels=None if roads.named is None else roads.names,
        why_refused=roads.why_refused,
        language=language,
    )
    routes, route_faults = load_routes(directory, known)
    routes.places_of = where.of
    faults += route_faults
    inhibitions, inhibition_faults = load_inhibitions(directory)
    response, response_faults = load_response(directory)
    drills, drill_faults = load_drills(directory, registry, response.drills, claims)
    faults += inhibition_faults + response_faults + drill_faults
    said = [str(fault) for fault in faults if not fault.is_warning]
    warned = [str(fault) for fault in faults if fault.is_warning]
    said += [str(fault) for fault in stock_faults if not fault.is_warning]
    warned += [str(fault) for fault in stock_faults if fault.is_warning]
    if roads.settings is not None:
        unset = (name for name in routes.console_stands_in_for if name not in roads.names)
        warned += [f"{directory}/people.yaml: {stand_in_warning(name)}" for name in unset]
    said += _no_such_channel(roads, routes)
    return District(
        registry=registry,
        packs=found,
        routes=routes,
        resources=stock,
        inhibitions=inhibitions,
        response=response,
        drills=drills,
        faults=tuple(said),
        warnings=tuple(warned),
        unused=claims.unused,
    )


def _no_such_channel(roads: Roads, routes: RouteTable) -> list[str]:
    """Say that orders would go out by a channel that is not there."""
    wanted = roads.settings.tasks.channel if roads.settings is not None else ""
    known = [*roads.names, *routes.console_stands_in_for]
    if not wanted or wanted in known:
        return []
    hint = did_you_mean(wanted, known)
    what = f"settings: `tasks.channel`: there is no channel {wanted!r}; allowed: {listed(known)}"
    return ["; ".join(part for part in (what, hint) if part)]


def _nothing(directory: Path) -> District:
    what = "is a file" if directory.exists() else "does not exist"
    said = (
        f"{directory}: {what}; name a directory of site files, like examples/baiyun, with --sites"
    )
    return District(
        registry=Registry([]),
        packs={},
        routes=RouteTable(),
        resources=Resources(),
        inhibitions=InhibitionTable(),
        response=ResponsePolicy(),
        drills={},
        faults=(f"{said} with --sites or `sites` in the settings",),
        warnings=(),
    )
