"""A setting without effect is told with its line and what to do; one that is relied on, refused."""

import json
import logging
import shutil
from pathlib import Path

import pytest
import trustme
from typer.testing import CliRunner

from groundwatch.cli import app
from groundwatch.settings import SettingsError, load_settings
from groundwatch.start import run_program

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"

EMAIL = '[channels.mail]\nkind = "email"\nhost = "mail.example"\nsender = "gw@example.org"\n'
SMPP = (
    '[channels.sms]\nkind = "sms_smpp"\nhost = "x"\nsystem_id = "gw"\npassword = "p"\n'
    'source = "106"\nanswers = true\n'
)
INFLUX = '[influx]\nurl = "http://127.0.0.1:8086"\n'
HERE = '[mqtt]\nhost = "broker.example"\n'
SECRET = "x" * 24

HARMLESS = {
    "a port without a host": ("[mqtt]\nport = 1884", 2, "mqtt.port", "name the port `broker_port`"),
    "a version without a host": ("[mqtt]\nversion = 5", 2, "mqtt.version", "without `host`"),
    "an own port beside a host": (
        f"{HERE}broker_port = 1884",
        3,
        "mqtt.broker_port",
        "without effect beside `host`",
    ),
    "an own kind beside a host": (f'{HERE}broker = "amqtt"', 3, "mqtt.broker", "beside `host`"),
    "days beside a database": (f"retention_days = 9\n{INFLUX}", 1, "retention_days", "InfluxDB"),
    "an organisation of 1.x": (f'{INFLUX}version = "1"\norg = "o"', 4, "influx.org", "leave it"),
    "a token and a user": (f'{INFLUX}token = "t"\nuser = "u"', 4, "influx.user", "a token for"),
    "open beside keys": (
        f'[http]\nopen = true\n[http.keys.desk]\nsecret = "{SECRET}"',
        2,
        "http.open",
        "beside keys",
    ),
    "a restriction of the public": (
        '[cap]\nscope = "Public"\nrestriction = "for us"',
        3,
        "cap.restriction",
        "`scope` Restricted",
    ),
    "how often nothing is fetched": ("[official]\nevery_s = 9", 2, "official.every_s", "`feeds`"),
    "a deadline of no server": ("[travel]\ndeadline_ms = 90", 2, "travel.deadline_ms", "`url`"),
    "an hour of no models": (
        "[models]\nenabled = false\ntrain_at_hour_utc = 3",
        3,
        "models.train_at_hour_utc",
        "beside `enabled` false",
    ),
    "a key of no format": (f'[private]\nkey = "{SECRET}"', 2, "private.key", "[doors]"),
    "how often nobody hears": ("[heartbeat]\nevery_s = 9", 2, "heartbeat.every_s", "give `url`"),
}

RELIED_ON = {
    "authorities without a host": ('[mqtt]\ntls_ca = "ca.pem"', 2, "mqtt.tls_ca", "give `host`"),
    "a certificate without a host": (
        '[mqtt]\ntls_cert = "c.pem"\ntls_key = "k.pem"',
        2,
        "mqtt.tls_cert",
        "without `host`",
    ),
    "a user without a host": ('[mqtt]\nuser = "gw"', 2, "mqtt.user", "without `host`"),
    "a certificate without authorities": (
        f'{HERE}tls_cert = "c.pem"\ntls_key = "k.pem"',
        3,
        "mqtt.tls_cert",
        "the connection would not be encrypted; give `tls_ca`",
    ),
    "a certificate without its key": (
        f'{HERE}tls_ca = "ca.pem"\ntls_cert = "c.pem"',
        4,
        "mqtt.tls_cert",
        "give `tls_key`",
    ),
    "a key without its certificate": (
        f'{HERE}tls_ca = "ca.pem"\ntls_key = "k.pem"',
        4,
        "mqtt.tls_key",
        "give `tls_cert`",
    ),
    "a password without a user": (f'{HERE}password = "p"', 3, "mqtt.password", "give `user`"),
    "a database's password alone": (f'{INFLUX}password = "p"', 3, "influx.password", "`user`"),
    "a password of no key": ('[cap]\nkey_password = "p"', 2, "cap.key_password", "without `key`"),
    "a secret that is not sent": (
        '[channels.sms]\nkind = "sms_http"\nurl = "https://sms.example/?to={to}&text={text}"\n'
        'secret = "s"',
        4,
        "channels.sms.secret",
        "write {secret} where",
    ),
    "a key nobody tells of": (
        '[channels.calls]\nkind = "voice"\nurl = "https://voice.example"\n'
        f'secret = "{SECRET}"\ndigit = "5"',
        5,
        "channels.calls.digit",
        "give [http] `public_url`",
    ),
    "answers nobody hears": (SMPP, 7, "channels.sms.answers", "give [replies]"),
}


def loaded(tmp_path: Path, text: str) -> str:
    path = tmp_path / "groundwatch.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return str(caught.value)


@pytest.mark.parametrize(("text", "line", "name", "said"), HARMLESS.values(), ids=HARMLESS)
def test_a_setting_without_effect_is_told_and_stops_nothing(
    text: str, line: int, name: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "groundwatch.toml"
    path.write_text(text)
    first = load_settings(path).idle[0]
    assert first.startswith(f"{tmp_path}/groundwatch.toml:{line}: `{name}`: ")
    assert said in first


@pytest.mark.parametrize(("text", "line", "name", "said"), RELIED_ON.values(), ids=RELIED_ON)
def test_a_setting_that_is_relied_on_is_refused_with_its_line_and_what_to_do(
    text: str, line: int, name: str, said: str, tmp_path: Path
) -> None:
    first = loaded(tmp_path, text).splitlines()[0]
    assert first.startswith(f"{tmp_path}/groundwatch.toml:{line}: `{name}`: ")
    assert said in first


def test_authorities_of_a_server_that_is_spoken_to_in_the_open_are_refused(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = f'security = "none"\ntls_ca = "{tmp_path}/ca.pem"'
    said = loaded(tmp_path, EMAIL + tls)
    assert ":6: `channels.mail.tls_ca`: without effect beside `security` none" in said


def test_every_setting_without_effect_is_said_at_once(tmp_path: Path) -> None:
    text = loaded(tmp_path, '[mqtt]\nport = 1\ntls_ca = "ca.pem"\n[heartbeat]\nevery_s = 9\n')
    assert [line.split("`")[1] for line in text.splitlines()] == [
        "mqtt.port",
        "mqtt.tls_ca",
        "heartbeat.every_s",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[mqtt]\nbroker_port = 1884\nmax_in_flight = 9",
        f'{HERE}port = 8883\nuser = "gw"\npassword = "p"\ntls_ca = "ca.pem"\nversion = 5',
        f'{INFLUX}token = "t"\norg = "o"',
        f'{INFLUX}user = "u"\npassword = "p"\nversion = "1"',
        f'[private]\nkey = "{SECRET}"\n[doors.yunzhu]',
        SMPP + f'[replies]\nsecret = "{SECRET}"',
        SMPP.replace("true", "false"),
        '[travel]\nby = "osrm"\nurl = "http://x"\ndeadline_ms = 90',
        "[models]\ntrain_at_hour_utc = 3",
        "[http]\nopen = false",
    ],
)
def test_what_has_its_effect_is_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "groundwatch.toml"
    path.write_text(text)
    assert load_settings(path).idle == ()


def idle_of(tmp_path: Path) -> Path:
    path = tmp_path / "groundwatch.toml"
    path.write_text(f'state = "{tmp_path}/state"\n[http]\nport = 0\n[heartbeat]\nevery_s = 9\n')
    return path


def test_run_goes_on_past_a_setting_without_effect_and_warns_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        with pytest.raises(SettingsError, match="nothing was started") as caught:
            run_program(idle_of(tmp_path), {"sites": tmp_path / "none"}, port=0, log_json=True)
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
    assert "heartbeat" not in str(caught.value)
    [told] = map(json.loads, capsys.readouterr().err.splitlines())
    assert told["level"] == "warning"
    assert f"{tmp_path}/groundwatch.toml:5: `heartbeat.every_s`: without effect" in told["event"]


def test_check_warns_of_it_and_the_doctor_notes_it(tmp_path: Path) -> None:
    said = f"{tmp_path}/groundwatch.toml:5: `heartbeat.every_s`: without effect without `url`"
    config = str(idle_of(tmp_path))
    shown = CliRunner().invoke(app, ["check", str(EXAMPLE), "--config", config, "--json"])
    looked = CliRunner().invoke(
        app, ["doctor", "--sites", str(EXAMPLE), "--config", config, "--json"]
    )
    warnings = json.loads(shown.stdout)["warnings"]
    notes = [each["said"] for each in json.loads(looked.stdout) if each["state"] == "note"]
    assert shown.exit_code == looked.exit_code == 0
    assert [line for line in warnings if line.startswith(said)]
    assert [line for line in notes if line.startswith(said)]


def test_a_demonstration_starts_beside_variables_of_a_broker_it_does_not_use(
    tmp_path: Path,
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "mine")
    words = ["demo", "--json", "--seconds", "0.1", "--speed", "60"]
    words += ["--sites", str(tmp_path / "mine"), "--state", str(tmp_path / "state")]
    spoken = {"GROUNDWATCH_MQTT__USER": "gw", "GROUNDWATCH_MQTT__PASSWORD": "p"}
    shown = CliRunner().invoke(app, words, env=spoken)
    assert shown.exit_code == 0, shown.output
    refused = CliRunner().invoke(
        app, words, env={"GROUNDWATCH_MQTT__HOST": "127.0.0.1", "GROUNDWATCH_MQTT__PASSWORD": "p"}
    )
    assert refused.exit_code == 2
    assert "`password` without `user`" in refused.output
