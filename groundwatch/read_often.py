"""How often a sensor must be read by its standard, in words, for `limits` and `explain`."""

from collections.abc import Sequence

from alerting.rules import Pack
from groundwatch.limits import span
from sensors.lifecycle import Life
from sensors.registry import Sensor


def required_text(sensor: Sensor, packs: Sequence[Pack], life: Life, now_s: float) -> str:
    """Say how often readings by hand are asked for at an instant; empty where nobody asks."""
    for pack in packs:
        if pack.frequency is None or not pack.frequency.speaks_of(sensor):
            continue
        required = pack.frequency.required(sensor, life, now_s)
        if isinstance(required, str):
            return f"no interval is asked of readings by hand: {required}"
        every_s, source = required.every.total_seconds(), required.provenance
        overdue = span(every_s * pack.frequency.spec.overdue_after)
        return (
            f"to be read every {span(every_s)} ({required.state}), overdue after {overdue}: "
            f"{source.source} {source.clause}; confidence {source.confidence}; {required.place}"
        )
    return ""
