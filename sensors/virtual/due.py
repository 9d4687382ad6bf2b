"""The virtual sensors of dates that run out: one for each date that a device should have."""

from dataclasses import replace
from datetime import timedelta

from sensors.due import DUE, runs_out
from sensors.registry import Device
from sensors.virtual.make import virtual_of

EVERY = timedelta(hours=1)


def with_due(device: Device) -> Device:
    """Give a device with the days left of its dates, and what it does not say."""
    added, missing = [], dict(device.missing)
    for entry in DUE.values():
        if entry.kind != device.kind:
            continue
        done = device.dates.get(entry.name)
        if done is None:
            missing[entry.quantity] = f"the site file gives no date {entry.name}"
            continue
        says = f"days until {runs_out(done, entry.months)}: {entry.what}, done {done}"
        added.append(replace(virtual_of(device, "", entry.quantity, says), every=EVERY))
    return replace(device, sensors=(*device.sensors, *added), missing=missing)
