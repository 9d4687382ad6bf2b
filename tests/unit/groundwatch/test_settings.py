"""Settings: which of file, environment and command line wins, and what is said of mistakes."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from groundwatch.settings import Settings, SettingsError, load_settings


class Environment(dict[str, str]):
    """Variables of the environment that last as long as a test."""

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name, value)
        os.environ[name] = value


@pytest.fixture
def environment() -> Iterator[Environment]:
    before = dict(os.environ)
    yield Environment()
    os.environ.clear()
    os.environ.update(before)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "groundwatch.toml"
    path.write_text(text)
    return path


def test_without_anything_the_program_runs_on_its_own_parts() -> None:
    settings = load_settings()
    assert settings.mqtt.host is None
    assert settings.influx is None
    assert settings.journal_url == "sqlite:///var/journal.db"
    assert settings.resources_dir == Path("sites/resources")
    assert settings.retention is None


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, environment: Environment
) -> None:
    path = file(
        tmp_path,
        'sites = "of-file"\nstate = "of-file"\nretention_days = 3\n[mqtt]\nhost = "a"\nport = 1\n',
    )
    environment["GROUNDWATCH_STATE"] = "of-environment"
    environment["GROUNDWATCH_SITES"] = "of-environment"
    environment["GROUNDWATCH_MQTT__PORT"] = "2"
    settings = load_settings(path, sites=Path("given"), clock=None)
    assert settings.sites == Path("given")
    assert settings.state == Path("of-environment")
    assert (settings.mqtt.host, settings.mqtt.port) == ("a", 2)
    assert settings.retention == timedelta(days=3)
    assert settings.clock == "system"


INFLUX = '[influx]\nurl = "http://127.0.0.1:8086"\n'
TWICE = "".join(f'[http.keys.{name}]\nsecret = "{"x" * 24}"\n' for name in "ab")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sites = = 1", "not a TOML file"),
        ('sitez = "x"', "there is no setting `sitez`; allowed: cap, channels, clock, "),
        ('sitez = "x"', "did you mean `sites`?"),
        ("[mqtt]\nprot = 1", "there is no setting `mqtt.prot`; allowed: broker, broker_port"),
        (
            "[http]\nport = 65536",
            "`http.port`: the value is out of range; allowed: less than",
        ),
        ("[mqtt]\nversion = 4", "`mqtt.version`: the value is not one of the words known here; al"),
        ("[mqtt]\nversion = 4", "; allowed: 5, 311"),
        ('[replies]\nnetworks = ["abc"]', "`replies.networks`: 'abc' is no network; allowed: an"),
        ('[replies]\nnetworks = ["10.2.0.1/16"]', "did you mean 10.2.0.0/16?"),
        ('[replies]\nnetworks = "10.2.0.0/16"', "the value is not a list; allowed: a list in br"),
        ("replies = 1", "`replies`: the value is not a block of keys; allowed: a section of"),
        ('[http]\npublic_url = "gw.example"', "allowed: an address people reach, http://… or"),
        ('[http]\nhost = "0.0.0.0"', "`http`: everybody who reaches 0.0.0.0 could acknowledge"),
        ('[http]\nhost = "gw.example"', "give keys, as in [http.keys.desk] secret = "),
        ('[http.keys.desk]\nsecret = "short"', "`http.keys.desk.secret`: the value is too short"),
        ('[http.keys.desk]\nmay = "act"', "`http.keys.desk.secret` is missing"),
        ("[http.keys.desk]\nmust = 1", "there is no setting `http.keys.desk.must`; allowed: may"),
        ('[http.keys."a b"]\nsecret = 1', "`http.keys.a b`: it is not written as needed; allowed"),
        (TWICE, "`http`: the keys a and b have the same secret"),
        ('clock = "sun"', "`clock`: the value is not one of the words known here; allow"),
        ("log_max_bytes = 10", "`log_max_bytes`: the value is out of range; allowed: at"),
        ("[influx]\n", "`influx.url` is missing"),
        ('[influx]\nurl = "nonsense"', "`influx.url`: url '://' must be like http://influx"),
        (
            f'{INFLUX}version = "2"\ntoken = "t"',
            "`influx`: with `version` 2: InfluxDB 2 needs org, the organisation",
        ),
        (
            f'{INFLUX}version = "3"\nuser = "u"',
            "`influx`: with `version` 3: InfluxDB 3 is entered with a token",
        ),
        ('[influx]\nurl = "http://u:p@x"', "`influx.url`: url must not hold a password"),
        ('journal = "x"', "`journal`: not a URL; a journal's is sqlite:///"),
        ('journal = "mysql://x/y"', "`journal`: 'mysql' is no journal"),
        ("[mqtt]\nmax_in_flight = 0", "allowed: more than 0"),
        (
            'language = "en"\n[mqtt]\npassword = "p"',
            ":3: `mqtt.password`: without effect without `host`",
        ),
    ],
)
def test_a_mistake_says_where_what_and_what_is_allowed(
    text: str, said: str, tmp_path: Path
) -> None:
    path = file(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '[http]\nhost = "::1"',
        '[http]\nhost = "localhost"',
        '[http]\nhost = "0.0.0.0"\nopen = true',
        f'[http]\nhost = "0.0.0.0"\n[http.keys.desk]\nsecret = "{"x" * 24}"',
    ],
)
def test_other_machines_are_let_in_only_by_keys_or_by_a_word(text: str, tmp_path: Path) -> None:
    assert load_settings(file(tmp_path, text)).http.host


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    path = file(tmp_path, 'clock = "sun"\nretention_days = 0\n[mqtt]\nversion = 4\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert len(str(caught.value).splitlines()) == 3


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SettingsError, match=r"/nowhere/x\.toml: cannot be read: No such file"):
        load_settings(Path("/nowhere/x.toml"))


def test_a_wrong_variable_of_the_environment_is_named(environment: Environment) -> None:
    environment["GROUNDWATCH_MQTT"] = "not-json"
    with pytest.raises(SettingsError, match=r"environment: .*GROUNDWATCH_MQTT__HOST"):
        load_settings()


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    text = (
        'journal = "mysql://me:hidden-4@host/x"\n[mqtt]\npassword = "hidden-1"\nport = 0\n'
        '[influx]\nurl = "http://x"\ntoken = "hidden-2"\n[webhook]\nsecret = ["hidden-3"]\n'
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(file(tmp_path, text))
    assert "hidden" not in str(caught.value)
    good = text.replace("port = 0", 'host = "x"\nuser = "me"').replace(
        '["hidden-3"]', '"hidden-3-long-enough"'
    )
    settings: Settings = load_settings(file(tmp_path, good.split("\n", 1)[1]))
    assert "hidden" not in repr(settings)
