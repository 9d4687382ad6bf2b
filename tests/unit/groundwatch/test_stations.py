"""The doors of stations: their settings, what `doctor` says, and their numbers."""

from pathlib import Path

import pytest

from groundwatch.clock import SystemClock
from groundwatch.doctor import examine
from groundwatch.listen import host_and_port
from groundwatch.settings import Settings, SettingsError, load_settings
from groundwatch.stations import station_sources, unheard
from ingest.tcp import TcpSource
from sensors.registry import Registry
from sensors.site import load_registry
from tests.servers import free_port

SITE = """
site:
  id: creek
  name: Test creek
  position: {lat: 23.2, lon: 113.2}
  kind: river
  district: d
  street: s
  village: v
devices:
  - id: WL-1
    kind: water_level
    every: 5m
    addresses: {sl651: "0044010699"}
    sensors: [{quantity: stage_m}]
"""


def set_up(tmp_path: Path, text: str) -> Path:
    (tmp_path / "sites" / "sites").mkdir(parents=True, exist_ok=True)
    (tmp_path / "sites" / "sites" / "creek.yaml").write_text(SITE)
    path = tmp_path / "groundwatch.toml"
    path.write_text(f'sites = "{tmp_path}/sites"\nstate = "{tmp_path}"\n{text}')
    return path


def sources(settings: Settings) -> list[TcpSource]:
    return station_sources(settings, now=SystemClock().now)


PLACES = [
    ("10.0.0.1:5651", ("10.0.0.1", 5651)),
    ("[::]:5651", ("::", 5651)),
    ("gauge.example:0", ("gauge.example", 0)),
]


@pytest.mark.parametrize(("text", "place"), PLACES)
def test_a_place_to_listen_is_an_address_and_a_port(text: str, place: tuple[str, int]) -> None:
    assert host_and_port(text) == place


@pytest.mark.parametrize("text", ["", "5651", ":5651", "::5651", "a:b", "a:65536", "a:-1", "[]:1"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"0\.0\.0\.0:5651"):
        host_and_port(text)


MISTAKES = [
    ('[sl651]\nlisten = "5651"', "`sl651.listen`: address and port are needed"),
    ('[sl651]\nlisten = "a:1"\npassword = "12345"', "four hexadecimal digits"),
    ('[sl651]\npassword = "1234"', "`sl651.listen` is missing"),
    ('[hj212]\nlisten = "a:1"\nstay_online = true', "there is no setting `hj212.stay_online`"),
    ('[hj212]\nlisten = "a:1"\nidle_s = 1', "`hj212.idle_s`"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_in_the_settings_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(set_up(tmp_path, text))
    assert said in str(caught.value)
    assert "12345" not in str(caught.value)


def test_settings_become_listeners(tmp_path: Path) -> None:
    text = '[sl651]\nlisten = "127.0.0.1:5651"\nidle_s = 60\n[hj212]\nlisten = "127.0.0.1:5212"'
    made = sources(load_settings(set_up(tmp_path, text)))
    assert [(each.name, each.place, each.config.idle_s) for each in made] == [
        ("sl651", "127.0.0.1:5651", 60.0),
        ("hj212", "127.0.0.1:5212", 900.0),
    ]


def known(tmp_path: Path) -> Registry:
    registry, faults = load_registry(tmp_path / "sites")
    assert not faults
    return registry


def test_devices_behind_a_door_that_is_closed_are_told(tmp_path: Path) -> None:
    closed = load_settings(set_up(tmp_path, ""))
    (said,) = unheard(closed, known(tmp_path))
    assert "1 device has an address behind sl651 and nobody listens there" in said
    assert (
        unheard(load_settings(set_up(tmp_path, '[sl651]\nlisten = "a:1"')), known(tmp_path)) == []
    )


async def test_the_doctor_tries_each_door_and_misses_the_closed_ones(tmp_path: Path) -> None:
    port = free_port()
    path = set_up(tmp_path, f'[hj212]\nlisten = "127.0.0.1:{port}"')
    found = {each.what: each for each in await examine(path, None)}
    assert found["hj212 stations"].said == f"127.0.0.1:{port} is free"
    assert not found["hj212 stations"].is_fault
    assert found["stations"].is_fault
    other = sources(load_settings(path))[0]
    await other.open()
    found = {each.what: each for each in await examine(path, None)}
    await other.close(0.0)
    assert found["hj212 stations"].is_fault
    assert "another program listens there" in found["hj212 stations"].said
