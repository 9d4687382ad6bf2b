"""Addresses of devices behind foreign doors, and the names their sensors have there."""

from collections.abc import Callable

import pytest

from sensors.document import Fault
from sensors.site import Registry

Load = Callable[..., tuple[Registry, list[Fault]]]

SITE = """\
site:
  id: {id}
  name: Creek
  position: {{lat: 23.2, lon: 113.3}}
  kind: river
  district: 白云区
  street: 嘉禾街道
  village: 禾望社区
devices:
  - id: WL-01
    kind: water_level
    every: 5m
    addresses: {addresses}
    sensors:
      - {{quantity: stage_m, sent_as: Gauge/Level}}
      - {{quantity: battery_v}}
"""


def creek(addresses: str, site: str = "creek") -> str:
    return SITE.format(id=site, addresses=addresses)


def test_a_device_is_found_by_its_address_and_its_sensors_by_what_they_are_called(
    load: Load,
) -> None:
    registry, faults = load(creek('{sl651: "0044010699", sparkplug: d/gw-1/WL}'))
    assert faults == []
    device = registry.addressed("sl651", "0044010699")
    assert device is not None
    assert registry.addressed("sparkplug", "d/gw-1/WL") is device
    assert registry.addressed("sl651", "0044010698") is None
    assert registry.addresses("sl651") == ["0044010699"]
    assert device.names["Gauge/Level"].key.quantity == "stage_m"
    assert device.names["battery_v"].key.quantity == "battery_v"


def test_an_unknown_door_is_a_fault_with_what_is_allowed(load: Load) -> None:
    _, faults = load(creek('{sl615: "0044010699"}'))
    (fault,) = faults
    assert "'sl615' is not a door" in str(fault)
    assert "did you mean 'sl651'" in str(fault)


def test_two_devices_with_one_address_are_a_fault_that_names_the_other(load: Load) -> None:
    address = '{sl651: "0044010699"}'
    _, faults = load(creek(address), creek(address, "creek-2"))
    (fault,) = faults
    assert "creek-2/WL-01 has the sl651 address '0044010699' of creek/WL-01" in str(fault)


def test_two_sensors_with_one_foreign_name_are_a_fault(load: Load) -> None:
    site = creek("{}").replace("quantity: battery_v", "quantity: battery_v, sent_as: Gauge/Level")
    _, faults = load(site)
    (fault,) = faults
    assert "name 'Gauge/Level' already exists" in str(fault)
    assert "its own `sent_as`" in str(fault)


ADDRESSES = [
    ("sl651", "0044010699", True),
    ("sl651", "0044010699/rain", True),
    ("sl651", "00440106A9", True),
    ("sl651", "44010699", False),
    ("sl651", "0044010699/", False),
    ("sl651", "0044010699/a/b", False),
    ("hj212", "010000A8900016F000169DC0", True),
    ("hj212", "a/b", False),
]


@pytest.mark.parametrize(("door", "address", "is_one"), ADDRESSES)
def test_an_address_must_have_the_form_its_door_knows(
    door: str, address: str, is_one: bool, load: Load
) -> None:
    _, faults = load(creek(f'{{{door}: "{address}"}}'))
    assert [f"'{address}' is no address behind {door}" in str(fault) for fault in faults] == (
        [] if is_one else [True]
    )


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("chirpstack: 70B3D57ED0000017", "DevEUI, 16 hexadecimal digits in lower case"),
        ("sparkplug: gw-1", "group/edge node/device, or group/edge node"),
        ("sparkplug: a/b/c/d", "group/edge node/device, or group/edge node"),
        ("vendor: HX-0017", "feed/number of the device"),
        ("frigate: a/b", "name of the camera"),
    ],
)
def test_an_address_that_could_never_be_heard_is_a_fault(
    load: Load, address: str, words: str
) -> None:
    _, (fault,) = load(creek(f"{{{address}}}"))
    assert "is no address behind" in str(fault)
    assert words in str(fault)
