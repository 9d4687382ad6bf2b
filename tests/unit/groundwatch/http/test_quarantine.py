"""What no site file lists is told, and the quarantine says whose it is, why, and what to do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from ingest.source import Decoded, Undecodable
from tests import servers
from tests.unit.groundwatch.http.running import Running, running

pytestmark = pytest.mark.broker

API = "/api/v1"
STRANGER = "gw/1/huanghe-tower/TC-99/telemetry"


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a program that heard an unknown device three times, and a known one's nonsense once."""
    place = tmp_path_factory.mktemp("program")
    port = servers.start_mosquitto(place)
    with running(place / "state", port) as program:
        program.publish(STRANGER, *(_sample(program, n) for n in range(3)))
        program.publish("gw/1/huanghe-tower/TC-01/telemetry", b'{"at": "now\x1b[2J')
        yield program
    servers.stop(port)


def _sample(program: Running, n: int) -> dict[str, Any]:
    at = program.clock.now() + timedelta(seconds=n)
    return {"at": at.isoformat(), "readings": {"wind_ms": 3.0 + n}}


def shown(program: Running, *words: str) -> str:
    done = CliRunner().invoke(
        app, ["quarantine", *words, "--url", str(program.client.base_url)], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_alike_messages_are_one_entry_with_how_often_and_what_to_do(heard: Running) -> None:
    page = heard.get(f"{API}/quarantine/groups")
    nonsense, stranger = page["items"]
    assert (stranger["site"], stranger["device"]) == ("huanghe-tower", "TC-99")
    assert stranger["n_entries"] == 3
    assert stranger["first_at"] <= stranger["last_at"]
    assert "has no device 'TC-99'" in stranger["reason"]
    assert stranger["what_to_do"].startswith("add it to a site file")
    assert nonsense["n_entries"] == 1
    assert (page["n_groups"], page["n_entries"], page["counts"]["n_rows"]) == (2, 4, 4)


def test_entries_are_chosen_by_parts_of_reason_and_topic(heard: Running) -> None:
    of_topic = heard.get(f"{API}/quarantine/groups", topic="tc-99")
    assert [each["topic"] for each in of_topic["items"]] == [STRANGER]
    assert heard.get(f"{API}/quarantine/groups", reason="no DEVICE")["n_entries"] == 3
    newest = heard.get(f"{API}/quarantine", newest="true", topic="TC-99", limit=2)
    ids = [each["id"] for each in newest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert newest["next_after_id"] is None
    assert newest["items"][0]["what_to_do"].startswith("add it")
    first = heard.get(f"{API}/quarantine", topic="TC-99", limit=2)
    assert first["next_after_id"] == first["items"][-1]["id"]
    heard.get(f"{API}/quarantine/groups", limit=1001, status=422)
    heard.get(f"{API}/quarantine/groups", topics="x", status=422)


def test_the_command_lists_whose_it_is_why_and_what_to_do(heard: Running) -> None:
    text = shown(heard)
    assert f"huanghe-tower/TC-99 ({STRANGER}): 3 messages, " in text
    assert " +08:00" in text
    assert "  why: site 'huanghe-tower' has no device 'TC-99'" in text
    assert "  do:  add it to a site file" in text
    assert "the quarantine holds 4 messages" in text
    assert "TC-01" not in shown(heard, "--topic", "TC-99")
    assert "and 1 more; --limit shows them" in shown(heard, "--limit", "1")
    assert "nothing there that was asked for" in shown(heard, "--reason", "no such thing")
    assert json.loads(shown(heard, "--json"))["n_groups"] == 2


def test_single_messages_are_shown_with_what_they_hold(heard: Running) -> None:
    text = shown(heard, "--each", "--topic", "TC-99")
    assert text.count("has no device 'TC-99'") == 3
    assert '"wind_ms": 5.0' in text
    assert "\x1b" not in shown(heard, "--each")


def test_who_no_site_file_lists_is_told_once_and_counted(heard: Running) -> None:
    found = heard.until(lambda: heard.get(f"{API}/alerts", state="firing", site="system")["items"])
    told = [alert for alert in found if alert["sensor"] == "system/unlisted"]
    assert len(told) == 1
    assert told[0]["severity"] == "minor"
    assert "has no device 'TC-99'" in told[0]["reason"]
    assert "`groundwatch quarantine` lists them" in told[0]["reason"]
    assert "未登记" in told[0]["reason_zh"]
    numbers = heard.client.get("/metrics").text
    assert "groundwatch_unlisted_total 3.0" in numbers
    assert "groundwatch_unlisted_senders 1.0" in numbers
    assert "groundwatch_unlisted_forgotten_total 0.0" in numbers


def test_how_many_were_too_many_to_remember_is_said_with_the_list(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as program:
        wrong = [{**_sample(program, n), "point": f"P{n}"} for n in range(25)]
        program.publish(STRANGER.replace("TC-99", "TC-01"), *wrong)
        program.until(lambda: program.get(f"{API}/quarantine/groups")["n_forgotten"] == 5)
        assert "5 times a sender or sensor of no site file was too many" in shown(program)
        assert "groundwatch_unlisted_forgotten_total 5.0" in program.client.get("/metrics").text
    servers.stop(port)


class Ahead:
    """A monotonic clock moved forward by hand, which counts how often it was looked at."""

    def __init__(self) -> None:
        self.hours = 0
        self.n_looks = 0

    def __call__(self) -> float:
        self.n_looks += 1
        return monotonic() + 3600.0 * self.hours


def test_the_alert_stands_for_a_day_and_tells_of_later_senders_once_an_hour(
    tmp_path: Path,
) -> None:
    ahead = Ahead()
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as program:
        program.program.watch.monotonic = ahead

        def steps() -> list[tuple[str, str, str]]:
            found = program.call(program.program.journal.alerts())
            own = [each for each in found if each.rule_id == "system_unlisted"]
            return [
                (each.id, step.kind.value, step.reason)
                for each in own
                for step in program.call(program.program.journal.transitions(each.id))
            ]

        def speaks(device: str) -> None:
            program.publish(STRANGER.replace("TC-99", device), _sample(program, 1))

        def looked_at() -> None:
            n_before = ahead.n_looks
            program.until(lambda: ahead.n_looks > n_before + 8)

        speaks("TC-99")
        program.until(lambda: len(steps()) == 1)
        ahead.hours = 23
        looked_at()
        speaks("TC-98")
        program.until(lambda: len(steps()) > 1)
        speaks("TC-97")
        speaks("TC-96")
        looked_at()
        assert len(steps()) == 2, "within the hour"
        ahead.hours = 24
        program.until(lambda: len(steps()) > 2)
        ahead.hours = 72
        program.until(lambda: len(steps()) > 3)
        told = steps()
        assert len({alert_id for alert_id, *_ in told}) == 1
        assert [kind for _, kind, _ in told] == ["raised", "upgraded", "upgraded", "cleared"]
        assert "1 more sender that no site file lists, the newest: site" in told[1][2]
        assert "has no device 'TC-98'" in told[1][2]
        assert "2 more senders that no site file lists" in told[2][2]
        assert "'TC-96'" in told[2][2]
        sent = {
            each.notice.reason for each in program.call(program.program.journal.outbox(told[0][0]))
        }
        assert {"first", "severity_rose", "cleared"} <= sent
    servers.stop(port)


def test_an_empty_quarantine_says_that_it_is(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as program:
        assert shown(program) == (
            "nothing is in quarantine, and nothing ever was: every message could be used\n"
        )
        moment = program.clock.now()
        wrong = [
            Undecodable("gw/1/a/b/telemetry", b"x", moment, f"taken at {moment}, {n} s after")
            for n in range(5)
        ]
        program.call(program.program.log.own(Decoded([], wrong)))
        [group] = program.get(f"{API}/quarantine/groups")["items"]
        assert (group["n_entries"], group["newest_id"]) == (5, 5)
        assert group["reason"].endswith("4 s after")
    servers.stop(port)
