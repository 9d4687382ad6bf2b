"""Differential settlement: how much more one pole has settled than the one beside it."""

from collections.abc import Iterable, Sequence

from alerting.joint import Input, Joint, Seen
from sensors.registry import Registry
from sensors.virtual.ground import between, pole

SILENT_INTERVALS = 3
MIN_AGE_S = 60.0


def settlement_joints(registry: Registry) -> Iterable[Joint]:
    """Make the virtual sensor of every pair of neighbouring poles."""
    for site in registry.sites.values():
        for pair in site.neighbours:
            one, other = pole(site, pair.one), pole(site, pair.other)
            output = registry.sensor(between(one, other)) if one and other else None
            if one is not None and other is not None and output is not None:
                yield Joint(
                    output=output,
                    inputs=tuple(
                        Input(
                            key=sensor.key,
                            max_age_s=max(
                                MIN_AGE_S, SILENT_INTERVALS * sensor.every.total_seconds()
                            ),
                        )
                        for sensor in (one, other)
                    ),
                    compute=difference,
                )


def difference(time_s: float, seen: Sequence[Seen | None]) -> float | None:
    """Give the first pole's settlement less the second one's; unknown unless both have spoken."""
    del time_s
    one, other = seen
    return None if one is None or other is None else one.value - other.value
