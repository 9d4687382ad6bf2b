"""Small helpers of the command line."""

import time

import pytest

from groundwatch.cli_words import clock_time


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("UTC", "2026-06-01 06:03+00:00"), ("Asia/Shanghai", "2026-06-01 14:03+08:00")],
)
def test_an_instant_is_shown_by_the_clock_of_this_machine_with_its_offset(
    zone: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert clock_time("2026-06-01T06:03:22.250Z") == shown
        assert clock_time("2026-06-01T14:03:22+08:00", to="seconds").startswith(shown[:16] + ":22")
        assert clock_time(None) == "-"
    finally:
        monkeypatch.undo()
        time.tzset()
