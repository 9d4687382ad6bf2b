"""A scenario's truth as plain values: labels for each device, with absolute times when asked."""

from datetime import datetime, timedelta
from typing import Any

from firmware_sim.encode import rfc3339
from firmware_sim.scenario import Label, Scenario, Scope
from firmware_sim.site import DeviceSpec


def truth(scenario: Scenario, devices: list[DeviceSpec], start: datetime | None) -> dict[str, Any]:
    """Give labels, allowed and quiet; times are seconds since the start, and instants if known.

    `devices` take part, and to the `disturbed` ones something happens.
    """
    return {
        "scenario": scenario.name,
        "sites": scenario.sites,
        "start": rfc3339(start) if start is not None else None,
        "duration_s": scenario.duration_s,
        "devices": [device.name for device in devices],
        "disturbed": _disturbed(scenario, devices),
        "labels": [_label(label, device, start) for label, device in scenario.expand(devices)],
        "allowed": [_scope(scope, devices) for scope in scenario.allowed],
        "quiet": [_scope(scope, devices) for scope in scenario.quiet],
    }


def _disturbed(scenario: Scenario, devices: list[DeviceSpec]) -> list[str]:
    """Name the devices to which anything happens at all."""
    return [
        device.name
        for device in devices
        if any(event.touches(device.site, device.id) for event in scenario.events)
    ]


def _label(label: Label, device: DeviceSpec, start: datetime | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "hazard": label.hazard,
        "site": device.site,
        "device": device.id,
        "severity": label.severity,
        "from_s": label.from_s,
        "by_s": label.by_s,
        "until_s": label.until_s,
    }
    if start is not None:
        for name in ("from", "by", "until"):
            entry[name] = rfc3339(start + timedelta(seconds=entry[f"{name}_s"]))
    return entry


def _scope(scope: Scope, devices: list[DeviceSpec]) -> dict[str, Any]:
    return {
        "hazard": scope.hazard,
        "devices": [device.name for device in devices if scope.covers(scope.hazard, device)],
    }
