"""The command line for somebody who sits before it for the first time, and offline."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from groundwatch import __version__
from groundwatch.alert_table import Listed, alert_lines, nothing_listed
from groundwatch.cli import app
from groundwatch.cli_words import clock_time
from tests.servers import free_port

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"
COMMANDS = (
    *("run", "demo", "check", "alerts", "ack", "near", "explain", "replay", "doctor", "version"),
    "limits",
)


def asked(*words: str | Path) -> Result:
    wide = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    return CliRunner().invoke(app, [str(word) for word in words], env=wide)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = asked(command, "--help")
    assert result.exit_code == 0
    assert f"Usage: groundwatch {command}" in result.output.replace("root", "groundwatch")


def test_the_first_help_lists_every_command() -> None:
    said = asked("--help").output
    assert all(command in said for command in COMMANDS)


@pytest.mark.parametrize("word", ["version", "--version"])
def test_the_version(word: str) -> None:
    result = asked(word)
    assert (result.exit_code, result.output.strip()) == (0, __version__)


NEAR = ("near", "--lat", "23.2", "--lon", "113.25", "--hazard", "river_flood")
NOBODY = f"http://127.0.0.1:{free_port()}"

WRONG = {
    "no such command": (("nonsense",), "No such command 'nonsense'"),
    "no directory": (("check",), "Missing argument 'directory'"),
    "a directory that is not there": (("check", "/nowhere"), "/nowhere: does not exist; name a"),
    "a file for a directory": (("check", __file__), "is a file; name a directory"),
    "no hazard": (NEAR[:-2], "Missing option '--hazard'"),
    "a hazard that is none": ((*NEAR[:-1], "x"), "--hazard 'x': allowed are anomaly, crane_coll"),
    "a severity that is none": ((*NEAR, "--severity", "red"), "allowed are minor, moderate, seve"),
    "a latitude beyond the pole": ((*NEAR, "--lat", "91"), "allowed are -90 to 90 and -180 to 180"),
    "a latitude that is none": ((*NEAR, "--lat", "nan"), "allowed are -90 to 90 and -180 to 180"),
    "no sites to write into": (
        ("resources", "import", __file__, "--kind", "teams"),
        "nothing was read: say which directory of site files to write into",
    ),
    "no resources": ((*NEAR, "--sites", "/nowhere"), "--sites /nowhere: holds no folder"),
    "seconds below zero": (("demo", "--seconds", "-3"), "--seconds -3: must be above 0"),
    "seconds that are none": (("demo", "--seconds", "nan"), "--seconds nan: must be above 0"),
    "no speed": (("demo", "--speed", "0"), "--speed 0: must be above 0, and 3600 at most"),
    "endless speed": (("demo", "--speed", "inf"), "--speed inf: must be above 0"),
    "a port beyond all": (("demo", "--port", "65536"), "Invalid value for '--port'"),
    "a port below all": (("run", "--port", "-1"), "Invalid value for '--port'"),
    "no sites for the demonstration": (("demo", "--sites", "/nowhere"), "nothing was started"),
    "no settings file": (("run", "--config", "/nowhere.toml"), "/nowhere.toml: cannot be read"),
    "a clock that is none": (
        ("run", "--clock", "sun"),
        "known here; allowed: system, event",
    ),
    "no sites to run": (("run", "--sites", "/nowhere"), "1 fault; nothing was started"),
    "nobody acknowledges": (("ack", "a1"), "Missing option '--as'"),
    "an empty name acknowledges": (("ack", "a1", "--as", " "), "say who you are"),
    "an id that is none": (("replay", "--id", "x"), "Invalid value for '--id'"),
    "no address": (("alerts", "--url", "nonsense"), "--url 'nonsense' is not an address"),
    "another protocol": (("alerts", "--url", "ftp://x"), "allowed is http:// or https://"),
    "nobody there to list": (("alerts", "--url", NOBODY), f"nobody answers at {NOBODY}"),
    "nobody there to explain": (("explain", "a1", "--url", NOBODY), "start the program with"),
    "nobody there to replay": (("replay", "--url", NOBODY), "start the program with"),
    "nobody there to ack": (("ack", "a1", "--as", "me", "--url", NOBODY), "start the program"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_ends_with_a_sentence_and_2(words: tuple[str, ...], said: str) -> None:
    result = asked(*words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr or said in result.output
    assert "Traceback" not in result.output


# check


def test_check_finds_the_example_good() -> None:
    result = asked("check", EXAMPLE)
    assert result.exit_code == 0
    assert "0 faults, 0 warnings" in result.stdout
    assert result.stderr == ""


PLANTED = {
    "sites/huanghe-tower.yaml": ("kind: crane", "kind: krane", "did you mean 'crane'?"),
    "sites/baiyun-rain.yaml": ("quantity: rain_mm", "quantity: rain_cm", "'rain_mm'"),
    "sites/tongde-pit.yaml": ("devices:", "devicez:", "did you mean"),
    "sites/jiahe-pit.yaml": ("lat: 23", "lat: 923", "out of range"),
    "sites/baihe-creek.yaml": ("every: 1m", "every: 1 fortnight", "fortnight"),
    "people.yaml": ("channel: console", "channel: pigeon", "pigeon"),
    "routes.yaml": ("min_severity: extreme", "min_severity: extrem", "did you mean 'extreme'?"),
    "resources/teams.csv": (",23.", ",x23.", "teams.csv:"),
    "resources/depots.csv": (",113.", ",913.", "depots.csv:"),
    "map/villages.geojson": ('"Polygon"', '"Polygone"', "must be a Polygon or a MultiPolygon"),
}


def test_check_names_ten_planted_faults_at_once_with_their_places(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "baiyun")
    for name, (good, bad, _) in PLANTED.items():
        path = tmp_path / "baiyun" / name
        text = path.read_text()
        assert good in text, f"{name} holds no {good!r} to spoil"
        path.write_text(text.replace(good, bad, 1))
    result = asked("check", tmp_path / "baiyun")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    for name, (_, _, said) in PLANTED.items():
        about = [line for line in lines if f"/{name}" in line]
        assert any(said in line for line in about), (name, about or lines)
    assert not [line for line in lines if "there is no site" in line], "faults that follow others"
    n_faults = len(json.loads(asked("check", tmp_path / "baiyun", "--json").stdout)["faults"])
    assert n_faults >= len(PLANTED)
    assert f"{n_faults} faults" in result.stdout


# near, doctor, alerts

OFFLINE = {
    "near": NEAR,
    "limits": ("limits", "huanghe-tower/TC-01/moment_pct"),
    "route": (
        *("route", "--dry-run", "--site", "huanghe-tower"),
        *("--hazard", "crane_overload", "--severity", "extreme"),
    ),
}


@pytest.mark.parametrize("words", OFFLINE.values(), ids=OFFLINE)
def test_an_answer_from_the_example_says_that_it_is(words: tuple[str, ...]) -> None:
    unnamed, named = asked(*words, "--json"), asked(*words, "--json", "--sites", EXAMPLE)
    assert (unnamed.exit_code, named.exit_code) == (0, 0)
    assert named.stderr == ""
    [line] = unnamed.stderr.splitlines()
    assert line.startswith(f"{EXAMPLE}: the made-up example district is asked")
    assert json.loads(unnamed.stdout).keys() == json.loads(named.stdout).keys()


def test_near_answers_offline_for_people_and_machines() -> None:
    shown = asked(*NEAR)
    assert shown.exit_code == 0
    assert all(word in shown.stdout for word in ("teams:", "supplies:", "cameras:", "km", "min ("))
    card = json.loads(asked(*NEAR, "--json").stdout)
    assert set(card) == {"teams", "supplies", "cameras", "places", "chain", "shortfall"}
    assert card["teams"][0]["name"] in shown.stdout
    near = [*card["teams"], *card["supplies"], *card["places"]]
    phones = [each["phone"] for each in near if each["phone"]]
    assert len(phones) >= 6
    assert all(phone in shown.stdout for phone in phones), shown.stdout
    assert all(each["link"] in shown.stdout for each in card["cameras"])


def test_near_speaks_chinese_where_it_is_asked_to() -> None:
    shown = asked(*NEAR, "--language", "zh")
    assert shown.exit_code == 0
    assert all(word in shown.stdout for word in ("队伍：", "物资：", "摄像头：", "指挥链：", "约"))
    assert not any(word in shown.stdout for word in ("teams", "km ring", "on duty", "straight"))


def test_limits_speak_chinese_where_they_are_asked_to() -> None:
    shown = asked("limits", "jiahe-pit/PIT-ZL1/ZL1/strut_force_kn", "--language", "zh")
    assert shown.exit_code == 0
    for part in ("支撑轴力", "规则 ", "黄色：", "依据 GB 50911", "报警条件：", "解除条件："):
        assert part in shown.stdout
    assert " of " not in shown.stdout


def test_near_says_which_rows_it_could_not_use(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "baiyun")
    teams = tmp_path / "baiyun" / "resources" / "teams.csv"
    teams.write_text(teams.read_text().replace(",23.", ",x23.", 1))
    result = asked(*NEAR, "--sites", tmp_path / "baiyun")
    assert result.exit_code == 0
    assert "teams.csv:" in result.stderr
    assert "teams:" in result.stdout


def settings_of(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "groundwatch.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_doctor_finds_a_machine_fit(tmp_path: Path) -> None:
    given = (f'sites = "{EXAMPLE}"', f'state = "{tmp_path}/state"', "[http]", "port = 0")
    result = asked("doctor", "--config", settings_of(tmp_path, *given))
    assert result.exit_code == 0, result.output
    assert "FAULT" not in result.stdout
    assert not (tmp_path / "state").exists(), "looking must not make anything"


def test_doctor_finds_every_fault_in_one_look(tmp_path: Path) -> None:
    gone = free_port()
    (tmp_path / "file").touch()
    given = (
        'sites = "/nowhere"',
        f'state = "{tmp_path}/file/state"',
        f'journal = "postgresql://me:hidden@127.0.0.1:{gone}/x"',
        f'[mqtt]\nhost = "127.0.0.1"\nport = {gone}',
        f'[influx]\nurl = "http://127.0.0.1:{gone}"\ntoken = "hidden"',
        "[http]\nport = 0",
    )
    result = asked("doctor", "--config", settings_of(tmp_path, *given), "--json")
    assert result.exit_code == 2, result.output
    found = {entry["what"]: entry for entry in json.loads(result.stdout)}
    bad = {what for what, entry in found.items() if not entry["ok"]}
    assert bad == {"site files", "state directory", "broker", "database", "journal"}
    assert str(gone) in found["broker"]["said"]
    assert "hidden" not in result.output


def test_doctor_says_what_is_wrong_with_the_settings(tmp_path: Path) -> None:
    result = asked("doctor", "--config", settings_of(tmp_path, "sitez = 1"))
    assert result.exit_code == 2
    assert "there is no setting `sitez`" in result.stdout


def test_alerts_stand_in_columns() -> None:
    rows = [
        {"id": "a1", "state": "firing", "severity": "minor", "sensor": "s/d/q", "reason": "High.",
         "started_at": "2026-06-01T12:30:00Z"},
        {"id": "a234", "state": "resolved", "severity": "extreme", "sensor": "site/d/q",
         "reason": "Low.", "started_at": "2026-06-01T12:31:00Z"},
    ]  # fmt: skip
    assert alert_lines(rows) == [
        f"a1    {clock_time('2026-06-01T12:30:00Z')}  firing    minor    s/d/q     High.",
        f"a234  {clock_time('2026-06-01T12:31:00Z')}  resolved  extreme  site/d/q  Low.",
    ]
    assert alert_lines([]) == []


def test_alerts_in_chinese_are_in_one_language_and_stand_in_columns() -> None:
    at = "2026-06-01T12:30:00Z"
    rows = [
        {"id": "a1", "state": "firing", "severity": "minor", "sensor": "s/d/q", "reason": "High.",
         "reason_zh": "偏高。", "started_at": at},
        {"alert": "a234", "kind": "signed_off", "severity": "extreme", "sensor": "s/d/q",
         "reason": "Safe.", "reason_zh": "已确认安全。", "taken_at": at},
    ]  # fmt: skip
    assert alert_lines(rows, "zh") == [
        f"a1    {clock_time(at)}  未解除    蓝色  s/d/q  偏高。",
        f"a234  {clock_time(at)}  签字解除  红色  s/d/q  已确认安全。",
    ]


@pytest.mark.parametrize("what", list(Listed))
def test_nothing_to_list_is_said_in_words_of_what_was_asked(what: Listed) -> None:
    said = nothing_listed(what, "my-creek", "en")
    assert said.startswith("no ")
    assert "my-creek" in said
    assert ("final" in said) == (what is Listed.HISTORY)
    assert nothing_listed(what, "my-creek", "zh").startswith("my-creek")


def test_the_command_line_starts_without_what_only_the_program_needs() -> None:
    code = "import sys, groundwatch.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"groundwatch.settings", "pydantic_settings", "alerting.model", "numpy", "sqlalchemy"}
    assert heavy.isdisjoint(loaded)
