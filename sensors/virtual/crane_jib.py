"""The virtual sensor of a jib that is held against the wind (domain reference A5)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sensors.registry import Device, Sensor
from sensors.virtual.make import virtual_of

HELD_JIB, MOORED = "held_jib_ms", "jib_moored"
# What stands for minutes needs no value each second.
TOLD_EVERY = timedelta(minutes=1)
# A free jib in a strong wind swings by degrees within three minutes (D); encoders show 0.1.
FREE_TURN_DEG = 1.0
_SAYS = "mean wind_ms while slew_deg stays within {turn:g} deg for 3 min, 0 while it turns"


def free_turn_deg(design: Mapping[str, float]) -> float:
    """Give by how much a jib turns within the window that counts as free."""
    return design.get("jib_free_turn_deg", FREE_TURN_DEG)


def jib_sensor(crane: Device) -> Sensor | str | None:
    """Make the sensor, None where the crane lacks slew or wind, or say why it is not wanted."""
    known = crane.points.get("", {})
    if not {"slew_deg", "wind_ms"} <= set(known):
        return None
    design = known["slew_deg"].design
    if design.get(MOORED):
        return "the site file gives jib_moored: the jib is tied down and must not turn"
    made = virtual_of(crane, "", HELD_JIB, _SAYS.format(turn=free_turn_deg(design)))
    return replace(made, every=max(crane.every, TOLD_EVERY))
