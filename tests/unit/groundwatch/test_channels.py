"""Channels of the settings: what `check` says of them with file and line, and one test message."""

import asyncio
import io
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwatch.channel_entry import Back, RoadParts
from groundwatch.checked import checked
from groundwatch.cli import app
from groundwatch.clock import SystemClock
from groundwatch.roads import open_roads, ways_back
from groundwatch.settings import SettingsError, load_settings
from groundwatch.siren_door import SirenDoor
from groundwatch.toml_lines import line_at, lines_of
from tests.contract.receiver import Receiver, receiving
from tests.unit.alerting_delivery.values import ANN, make_notice

ROOT = Path(__file__).parents[3]
SECRET = "correct-horse-battery-staple"

SETTINGS = f"""
[channels.duty_sms]
kind = "sms_http"
url = "https://sms.example.org/send"
body = '{{"to": "{{to}}", "text": "{{text}}", "password": "{{secret}}"}}'
secret = "{SECRET}"
success = "json.code == 0"

[channels.group]
kind = "dingtalk"
url = "https://oapi.dingtalk.com/robot/send?access_token={SECRET}"

[channels.office]
kind = "webhook"
url = "https://hooks.example.org/{SECRET}"
allowed_hosts = ["10.0.0.0/8"]
"""


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "groundwatch.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("json.code == 0", "json.code = 0"), 2, "'json.code = 0' cannot be read"),
        (('kind = "dingtalk"', 'kind = "pigeon"'), 9, "allowed: webhook, wecom"),
        (('kind = "dingtalk"\n', ""), 9, "`channels.group.kind` is missing; allowed: webhook"),
        (("url = \"https://oapi", "urll = \"https://oapi"), 11, "did you mean `url`?"),
        (("[channels.group]", "[channels.Group]"), 9, "`Group` is no name"),
        (("[channels.group]", "[channels.console]"), 9, "leave this section out"),
        (("[channels.group]", "[channels.webhook]"), 9, "stand in a section `[webhook]`"),
        (("[channels.group]", "[channels.cap]"), 9, "stands in a section `[cap]`"),
        (("10.0.0.0/8", "10.0.0.0/99"), 13, "is no network"),
        (("https://oapi", "ftp://oapi"), 9, "allowed: http, https"),
        ((f'"{SECRET}"', '{file = "/nowhere/x"}'), 6, "/nowhere/x cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_file_and_line(
    change: tuple[str, str], line: int, said: str, tmp_path: Path
) -> None:
    path = file(tmp_path, SETTINGS.replace(*change))
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert f"{path}:{line}: " in str(caught.value)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    settings = load_settings(file(tmp_path, SETTINGS))
    assert SECRET not in repr(settings)
    assert SECRET not in repr([entry.config("x", Back()) for entry in settings.channels.values()])


@pytest.fixture
def environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("environment")
def test_a_secret_may_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    kept = tmp_path / "secret"
    kept.write_text(f"{SECRET}\n")
    text = SETTINGS.replace(f'secret = "{SECRET}"', f'secret = {{file = "{kept}"}}')
    os.environ["GROUNDWATCH_CHANNELS__GROUP__SECRET"] = "SEC-of-the-environment"
    channels: Any = load_settings(file(tmp_path, text)).channels
    assert channels["duty_sms"].secret.get_secret_value() == SECRET
    assert channels["group"].secret.get_secret_value() == "SEC-of-the-environment"


PEOPLE = """people:
  - id: ann
    name: Ann Example
    role: duty
    contacts:
      - {{channel: {channel}, address: "{address}"}}
"""


@pytest.mark.parametrize(
    ("channel", "address", "said"),
    [
        ("duty_sms", "+86 000 0000 0101", None),
        ("duty_sms", "Ann", "this is no telephone number"),
        ("group", "00000000101", None),
        ("group", "https://oapi.dingtalk.com/x", "belongs in the settings"),
        ("office", "", None),
        ("office", "http://10.1.2.3/x", None),
        ("office", "http://192.168.1.2/x", "is private: not allowed; allowed: 10.0.0.0/8"),
        ("webhook", "http://192.168.1.2/x", "allowed without that: the public internet"),
        ("grupp", "x", "did you mean 'group'?"),
    ],
)
def test_addresses_of_people_are_checked_by_their_channel(
    channel: str, address: str, said: str | None, tmp_path: Path
) -> None:
    (tmp_path / "people.yaml").write_text(PEOPLE.format(channel=channel, address=address))
    (tmp_path / "routes.yaml").write_text("routes:\n  - {name: all, recipients: {people: [ann]}}\n")
    faults = checked(tmp_path, file(tmp_path, SETTINGS)).faults
    about = [fault for fault in faults if "people.yaml:6" in fault]
    assert bool(about) == (said is not None)
    if said is not None:
        assert said in about[0]


WEBHOOK_SECTION = SETTINGS + '\n[channels.webhook]\nsecret = "of-the-webhook-that-is-there"\n'


def test_a_section_for_a_channel_that_is_there_is_one_fault_only(tmp_path: Path) -> None:
    people = PEOPLE.format(channel="duty_sms", address="+86 000 0000 0101")
    (tmp_path / "people.yaml").write_text(people)
    (tmp_path / "routes.yaml").write_text("routes:\n  - {name: all, recipients: {people: [ann]}}\n")
    path = file(tmp_path, WEBHOOK_SECTION)
    (said,) = (each for each in checked(tmp_path, path).faults if "groundwatch.toml" in each)
    assert f"{path}:18: `channels.webhook`: the channel `webhook` is always there" in said


@pytest.mark.parametrize(
    ("text", "channel", "is_known"),
    [
        (WEBHOOK_SECTION, "duty_sms", True),
        (WEBHOOK_SECTION, "duty_smms", False),
        ("not TOML", "duty_sms", True),
    ],
)
def test_a_fault_of_the_settings_makes_no_channel_unknown(
    text: str, channel: str, is_known: bool, tmp_path: Path
) -> None:
    people = PEOPLE.format(channel=channel, address="+86 000 0000 0101")
    (tmp_path / "people.yaml").write_text(people)
    (tmp_path / "routes.yaml").write_text("routes:\n  - {name: all, recipients: {people: [ann]}}\n")
    faults = checked(tmp_path, file(tmp_path, text)).faults
    assert any("groundwatch.toml" in fault for fault in faults)
    assert any("is not known" in fault for fault in faults) is not is_known


@pytest.mark.usefixtures("environment")
def test_a_channel_of_the_environment_is_known_too(tmp_path: Path) -> None:
    os.environ["GROUNDWATCH_CHANNELS__MAIL__KIND"] = "email"
    people = PEOPLE.format(channel="mail", address="ann@example.org")
    (tmp_path / "people.yaml").write_text(people)
    faults = checked(tmp_path, file(tmp_path, WEBHOOK_SECTION)).faults
    assert not any("is not known" in fault for fault in faults)


def test_check_says_the_faults_of_the_settings_too(tmp_path: Path) -> None:
    path = file(tmp_path, SETTINGS.replace('kind = "dingtalk"', 'kind = "pigeon"'))
    found = CliRunner().invoke(app, ["check", str(ROOT / "examples/baiyun"), "--config", str(path)])
    assert found.exit_code == 2
    assert f"{path}:9: `channels.group.kind`" in found.output


class TestTrying:
    async def test_one_message_that_says_it_is_a_test(self, tmp_path: Path) -> None:
        async with receiving() as receiver:
            said = await tried(tmp_path, receiver, "--to", f"{receiver.url}/{SECRET}")
        assert said.startswith("office took it: HTTP 200")
        assert len(receiver.received) == 1
        body = receiver.received[0].body.decode()
        assert '"mark":"test"' in body
        assert "TEST MESSAGE, NOT A REAL ALERT" in body

    async def test_what_the_far_end_says_is_repeated_without_secrets(self, tmp_path: Path) -> None:
        async with receiving("403", reply=f"no {SECRET}".encode()) as receiver:
            said = await tried(tmp_path, receiver, "--to", f"{receiver.url}/{SECRET}", code=2)
        assert f"office: 127.0.0.1:{receiver.port} answered 403: no …" in said

    def test_a_wrong_name_or_address_says_what_is_allowed(self, tmp_path: Path) -> None:
        path = file(tmp_path, SETTINGS)
        for words, why in (
            (["gruop"], "did you mean 'group'?"),
            (["duty_sms", "--to", "Ann"], "--to: this is no telephone number"),
        ):
            found = CliRunner().invoke(app, ["channel", "test", *words, "--config", str(path)])
            assert found.exit_code == 2
            assert why in found.output

    def test_the_list_names_every_channel_and_its_kind(self, tmp_path: Path) -> None:
        path = file(tmp_path, SETTINGS)
        found = CliRunner().invoke(app, ["channel", "list", "--config", str(path)])
        rows = [line.split() for line in found.output.splitlines()]
        assert ["duty_sms", "sms_http"] in rows
        assert ["console", "built", "in"] in rows


REPLIES = '[replies]\nnetworks = ["203.0.113.0/28"]\n'
SMPP = """
[channels.centre]
kind = "sms_smpp"
host = "smsc.example.org"
system_id = "groundwatch"
password = "secret"
source = "10690000"
"""


class TestAnswers:
    """Whether a short message may ask for an answer: somebody must hear it."""

    @pytest.mark.parametrize(
        ("replies", "option", "hears"),
        [("", "", False), (REPLIES, "", True), (REPLIES, "answers = false\n", False)],
    )
    async def test_a_message_asks_for_an_answer_where_it_is_heard(
        self, replies: str, option: str, hears: bool, tmp_path: Path
    ) -> None:
        async with receiving(reply=b'{"code": 0}') as receiver:
            text = SETTINGS.replace("https://sms.example.org", receiver.url)
            text = text.replace('success = "json', f'{option}success = "json')
            settings = load_settings(file(tmp_path, replies + text))
            parts = RoadParts(now=SystemClock().now, back=ways_back(settings), teller=SirenDoor())
            async with AsyncExitStack() as stack:
                roads = open_roads(settings, io.StringIO(), parts, stack)
                ann = replace(ANN, channel="duty_sms", address="+86 000 0000 0101")
                await roads["duty_sms"].send(make_notice(to=ann))
        assert ("answer 1 to acknowledge" in receiver.received[0].body.decode()) is hears

    @pytest.mark.parametrize(("option", "hears"), [("", False), ("answers = true\n", True)])
    def test_a_number_nobody_reads_hears_nothing_unless_it_is_said(
        self, option: str, hears: bool, tmp_path: Path
    ) -> None:
        settings = load_settings(file(tmp_path, REPLIES + SETTINGS + SMPP + option))
        centre: Any = settings.channels["centre"]
        form = centre.config("centre", ways_back(settings)).form
        assert form.hears_answers is hears
        silent = load_settings(file(tmp_path, SMPP))
        deaf: Any = silent.channels["centre"]
        assert not deaf.config("centre", ways_back(silent)).form.hears_answers

    def test_answers_that_nobody_hears_are_not_promised(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="no answer is heard without"):
            load_settings(file(tmp_path, SMPP + "answers = true\n"))


async def tried(tmp_path: Path, receiver: Receiver, *words: str, code: int = 0) -> str:
    text = SETTINGS.replace('["10.0.0.0/8"]', f'["127.0.0.1:{receiver.port}"]')
    path = file(tmp_path, text)
    command = ["channel", "test", "office", *words, "--config", str(path)]
    found = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert found.exit_code == code, found.output
    return found.output


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("a",), 1),
        (("t", "x", "key one"), 4),
        (("t", "x", "b", "c"), 5),
        (("t", "x", "b"), 3),
        (("t", "x", "not there"), 3),
        (("t", "y"), 9),
        (("u",), None),
    ],
)
def test_lines_of_settings(where: tuple[str, ...], line: int | None) -> None:
    text = (
        "a = 1\n# [t.z]\n[ t.x ] # a table\n\"key one\" = 2\nb.c = 3\nm = '''\n[t.y]\n'''\n[t.y]\n"
    )
    assert line_at(lines_of(text), where) == line
