"""What happens to a device as a whole: it dies, its link is cut and mended."""

from collections.abc import Sequence

from firmware_sim.device import Device
from firmware_sim.events import LIFE_DEEDS, Event
from firmware_sim.site import DeviceSpec


def life_of(spec: DeviceSpec, events: Sequence[Event]) -> list[Event]:
    """Give the events of one device's life in order of time; an outage is a cut and a mending."""
    found: list[Event] = []
    for event in events:
        if event.deed not in LIFE_DEEDS or not event.touches(spec.site, spec.id):
            continue
        if event.deed == "outage":
            ends_s = event.at_s + event.params["lasting"]
            found.append(Event(deed="cut_link", at_s=event.at_s, target=event.target))
            found.append(Event(deed="restore", at_s=ends_s, target=event.target))
        else:
            found.append(event)
    return sorted(found, key=lambda event: event.at_s)


def befall(device: Device, event: Event) -> None:
    """Let one event happen to a device."""
    if event.deed == "die":
        device.die(event.at_s)
    elif event.deed == "cut_link":
        device.cut(event.at_s)
    else:
        device.restore(event.at_s)
