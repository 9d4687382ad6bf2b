"""What is told about the program's own parts: as a table of states and alerts."""

from datetime import UTC, datetime

import pytest

from alerting.model import Severity
from groundwatch.supervise import Away, problems
from ingest.mqtt import SourceStatus
from storage.ship import ShipStatus

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def source(*, connected: bool = True) -> SourceStatus:
    return SourceStatus(
        connected=connected, since=NOW, reason="the broker closed the connection", n_reconnects=0
    )


def ship(
    *, error: str = "", needs_a_person: bool = False, last_ok_at: datetime | None = NOW
) -> ShipStatus:
    return ShipStatus(
        behind_blocks=3,
        behind_reports=42,
        last_ok_at=last_ok_at,
        last_error=error,
        is_writing=not error,
        needs_a_person=needs_a_person,
        n_shipped=0,
        n_refused=0,
    )


AWAY = ship(error="connection refused")
NEVER_SEEN = ship(error="connection refused", last_ok_at=None)
REFUSED = ship(error="wrong password", needs_a_person=True, last_ok_at=None)


@pytest.mark.parametrize(
    ("broker_s", "log_full", "state", "store_s", "told"),
    [
        pytest.param(0, "", ship(), 0, {}, id="all is well"),
        pytest.param(9, "", ship(), 0, {}, id="a broker away for a moment"),
        pytest.param(10, "", ship(), 0, {"broker": "severe"}, id="a broker away for long"),
        pytest.param(0, "disk full", ship(), 0, {"log": "extreme"}, id="a full log at once"),
        pytest.param(0, "", AWAY, 59, {}, id="a database away for a moment"),
        pytest.param(0, "", AWAY, 60, {"store": "minor"}, id="a database away for long"),
        pytest.param(0, "", NEVER_SEEN, 14, {}, id="a database that starts up beside us"),
        pytest.param(0, "", NEVER_SEEN, 15, {"store": "minor"}, id="a database never reached"),
        pytest.param(0, "", REFUSED, 0, {"store": "moderate"}, id="a wrong password at once"),
        pytest.param(
            30,
            "disk full",
            AWAY,
            90,
            {"broker": "severe", "log": "extreme", "store": "minor"},
            id="everything at once",
        ),
    ],
)
def test_what_is_told(
    broker_s: float, log_full: str, state: ShipStatus, store_s: float, told: dict[str, str]
) -> None:
    found = problems(
        source=source(connected=not broker_s),
        broker_away_s=broker_s,
        log_full=log_full,
        ship=state,
        store_away_s=store_s,
    )
    assert set(found) == {"broker", "log", "store"}
    assert {name: problem.severity.word for name, problem in found.items() if problem} == told


def test_the_texts_say_why_and_how_much_waits() -> None:
    found = problems(
        source=source(connected=False),
        broker_away_s=11,
        log_full="the log is at its cap",
        ship=AWAY,
        store_away_s=61,
    )
    broker, log, store = found["broker"], found["log"], found["store"]
    assert broker is not None
    assert "the broker closed the connection" in broker.text
    assert log is not None
    assert "the log is at its cap" in log.text
    assert log.severity is Severity.EXTREME
    assert store is not None
    assert "connection refused" in store.text
    assert "42 reports wait" in store.text


def test_time_away_is_counted_from_the_first_look_and_starts_again() -> None:
    away = Away()
    looks = [(False, 1.0), (True, 5.0), (True, 8.5), (False, 9.0), (True, 20.0), (True, 21.0)]
    assert [away.look(is_away=is_away, now_s=now_s) for is_away, now_s in looks] == [
        *(0.0, 0.0, 3.5, 0.0, 0.0, 1.0)
    ]
