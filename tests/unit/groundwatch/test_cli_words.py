"""Small helpers of the command line."""

import time

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from groundwatch.cli_words import clock_time


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_an_instant_is_shown_in_the_districts_time_whatever_the_zone_of_this_machine(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert clock_time("2026-06-01T06:03:22.250Z") == "2026-06-01 14:03 +08:00"
        shown = clock_time("2026-06-01T14:03:22+08:00", to="seconds")
        assert shown == "2026-06-01 14:03:22 +08:00"
        assert clock_time(None) == "-"
    finally:
        monkeypatch.undo()
        time.tzset()


REMARKED = (
    "shelve a1 --for 2h --as Ann",
    "false a1 --as Ann",
    "verify a1 --as Ann",
    "ack a1 --as Ann",
    "roads close bridge --lat 23 --lon 113 --as Ann",
    "roads open bridge --as Ann",
    "silence add --for 2h --as Ann",
    "tasks say t1 decline --as Ann",
    "tasks hand-over t1 district --as Ann",
)


@pytest.mark.parametrize("flag", ["--note", "--why"])
@pytest.mark.parametrize("words", REMARKED)
def test_a_remark_is_given_by_either_of_two_flags(words: str, flag: str) -> None:
    command = [*words.split(), flag, "a test", "--url", "http://127.0.0.1:1"]
    found = CliRunner().invoke(app, command)
    assert "nobody answers at http://127.0.0.1:1" in found.output
