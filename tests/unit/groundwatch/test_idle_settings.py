"""A setting that would do nothing beside the others is refused, with its line and what to do."""

from pathlib import Path

import pytest
import trustme

from groundwatch.settings import SettingsError, load_settings

EMAIL = '[channels.mail]\nkind = "email"\nhost = "mail.example"\nsender = "gw@example.org"\n'
SMPP = (
    '[channels.sms]\nkind = "sms_smpp"\nhost = "x"\nsystem_id = "gw"\npassword = "p"\n'
    'source = "106"\nanswers = true\n'
)
INFLUX = '[influx]\nurl = "http://127.0.0.1:8086"\n'
HERE = '[mqtt]\nhost = "broker.example"\n'
SECRET = "x" * 24

IDLE = {
    "a port without a host": ("[mqtt]\nport = 1884", 2, "mqtt.port", "name the port `broker_port`"),
    "authorities without a host": ('[mqtt]\ntls_ca = "ca.pem"', 2, "mqtt.tls_ca", "give `host`"),
    "a certificate without a host": (
        '[mqtt]\ntls_cert = "c.pem"\ntls_key = "k.pem"',
        2,
        "mqtt.tls_cert",
        "without `host`",
    ),
    "a user without a host": ('[mqtt]\nuser = "gw"', 2, "mqtt.user", "without `host`"),
    "a version without a host": ("[mqtt]\nversion = 5", 2, "mqtt.version", "without `host`"),
    "an own port beside a host": (
        f"{HERE}broker_port = 1884",
        3,
        "mqtt.broker_port",
        "without effect beside `host`",
    ),
    "an own kind beside a host": (f'{HERE}broker = "amqtt"', 3, "mqtt.broker", "beside `host`"),
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
    "days beside a database": (f"retention_days = 9\n{INFLUX}", 1, "retention_days", "InfluxDB"),
    "an organisation of 1.x": (f'{INFLUX}version = "1"\norg = "o"', 4, "influx.org", "leave it"),
    "a token and a user": (f'{INFLUX}token = "t"\nuser = "u"', 4, "influx.user", "a token for"),
    "a database's password alone": (f'{INFLUX}password = "p"', 3, "influx.password", "`user`"),
    "open beside keys": (
        f'[http]\nopen = true\n[http.keys.desk]\nsecret = "{SECRET}"',
        2,
        "http.open",
        "beside keys",
    ),
    "a password of no key": ('[cap]\nkey_password = "p"', 2, "cap.key_password", "without `key`"),
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


@pytest.mark.parametrize(("text", "line", "name", "said"), IDLE.values(), ids=IDLE)
def test_a_setting_without_effect_is_refused_with_its_line_and_what_to_do(
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
    load_settings(path)
