"""Foreign formats in the settings: which are on, on what topics, and what the doctor says."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from groundwatch.doors import filters_of, open_doors, topics_of
from groundwatch.settings import DoorsSettings, SettingsError, load_settings
from ingest.codecs.formats import FORMATS
from sensors.door import DOORS
from sensors.registry import Registry
from tests.system.rig import tell_by_webhook

SITE = """\
site:
  id: s
  name: S
  position: {lat: 23.2, lon: 113.2}
  kind: river
  district: d
  street: s
  village: v
devices:
  - id: WL-1
    kind: water_level
    every: 5m
    addresses: {senml: WL-7}
    sensors: [{quantity: stage_m, sent_as: stage}]
"""


def settings_file(folder: Path, text: str) -> Path:
    (folder / "sites").mkdir(exist_ok=True)
    (folder / "resources").mkdir(exist_ok=True)
    (folder / "sites" / "s.yaml").write_text(SITE)
    tell_by_webhook(folder, "http://127.0.0.1:9/notices")
    path = folder / "groundwatch.toml"
    own = '[webhook]\nallowed_hosts = ["127.0.0.1"]\n'
    path.write_text(f'sites = "{folder}"\nstate = "{folder}/state"\n{text}{own}')
    return path


def test_every_format_has_a_section_and_a_door() -> None:
    assert set(FORMATS) == set(DoorsSettings.model_fields)
    assert {entry.door for entry in FORMATS.values()} <= set(DOORS)
    assert all(entry.topics for entry in FORMATS.values())


def test_nothing_foreign_is_heard_unless_its_section_is_there(tmp_path: Path) -> None:
    settings = load_settings(settings_file(tmp_path, ""))
    assert filters_of(settings) == ()
    assert open_doors(settings, Registry()).lanes == []
    assert not (tmp_path / "state").exists()


def test_a_section_opens_its_usual_topics_or_those_it_names(tmp_path: Path) -> None:
    text = '[doors.frigate]\n[doors.senml]\ntopics = ["plant/+/senml", "x/#"]\n'
    settings = load_settings(settings_file(tmp_path, text))
    assert topics_of(settings) == {
        "senml": ("plant/+/senml", "x/#"),
        "frigate": FORMATS["frigate"].topics,
    }
    lanes = open_doors(settings, Registry()).lanes
    assert {lane.filter for lane in lanes} == set(filters_of(settings))


def test_sparkplug_nodes_are_greeted_after_every_new_connection(tmp_path: Path) -> None:
    settings = load_settings(settings_file(tmp_path, "[doors.sparkplug]\n"))
    (greet,) = open_doors(settings, Registry()).greets
    assert greet(datetime(2026, 7, 1, tzinfo=UTC) + timedelta(0), "why") == []


def test_the_key_that_hashes_persons_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = load_settings(settings_file(tmp_path, "[doors.yunzhu]\n"))
    text = b'{"driverName":"A"}'
    copies = {open_doors(settings, Registry()).lanes[0].cleaning.copy(text) for _ in range(2)}
    assert len(copies) == 1
    assert copies != {text}
    assert (tmp_path / "state" / "private.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[doors.senm]\n", "there is no setting `doors.senm`; allowed: chirpstack, crane_alarm"),
        ('[doors.senml]\ntopic = ["a"]\n', "`doors.senml.topic`; allowed: topics; did you mean"),
        ('[doors.senml]\ntopics = ["a/#/b"]\n', "'a/#/b' is no topic filter; + stands for one"),
        ('[doors.senml]\ntopics = ["a+/b"]\n', "'a+/b' is no topic filter"),
        ('[doors.senml]\ntopics = ["#"]\n', "'#' would hear the native topics gw/1/…"),
        ('[doors.senml]\ntopics = ["gw/1/s/d/telemetry"]\n', "would hear the native topics"),
        ('[doors.yunzhu]\nbit_order = "up"\n', "allowed: list, reversed"),
        (
            '[private]\nkey = "tiny-one"\n',
            "`private.key`: the value is too short; allowed: at least 16",
        ),
    ],
)
def test_a_wrong_section_is_refused_with_what_is_allowed(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(settings_file(tmp_path, text))
    assert words in str(refused.value)
    assert "tiny-one" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words", "is_ok"),
    [
        ("", "senml addresses: 1 device, which nobody hears; give [doors.senml]", False),
        ("[doors.senml]\n", "senml on senml/#, senml addresses: 1 device", True),
        (
            "[doors.senml]\n[doors.frigate]\n",
            "frigate addresses: 0 devices; nothing it brings",
            False,
        ),
    ],
)
def test_the_doctor_looks_at_every_door(tmp_path: Path, text: str, words: str, is_ok: bool) -> None:
    path = settings_file(tmp_path, f"[http]\nport = 0\n{text}")
    result = CliRunner().invoke(app, ["doctor", "--config", str(path), "--json"])
    said = {entry["said"]: entry["ok"] for entry in json.loads(result.stdout)}
    (found,) = [line for line in said if words in line]
    assert said[found] is is_ok


def test_check_says_by_which_doors_devices_are_heard(tmp_path: Path) -> None:
    settings_file(tmp_path, "")
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert "senml: 1 device to be heard there, if the settings do" in result.stdout
    as_json = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    assert json.loads(as_json.stdout)["doors"] == {"senml": 1}
