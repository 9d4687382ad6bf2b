"""What InfluxDB's answers mean, and which settings are refused before anything is connected."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from sensors.model import Report
from storage.errors import RowRefused, StoreRefused, StoreUnavailable
from storage.influx import InfluxConfig, InfluxStore
from storage.influx.answers import DatabaseMissing, Rejection, judge
from storage.influx.influxql import Cells, cells, windows
from storage.influx.placing import Item, place
from tests.contract.journal_values import a_transition, an_alert

T0 = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 204])
def test_stored_is_stored(status: int) -> None:
    assert judge(status, {}, b"") is None


@pytest.mark.parametrize(
    ("status", "body", "rejection"),
    [
        (
            400,
            b'{"error":"partial write: field type conflict: input field \\"a\\" dropped=3"}',
            Rejection('partial write: field type conflict: input field "a"', 3),
        ),
        (
            400,
            b'{"error":"partial write: points beyond retention policy dropped=7"}',
            Rejection("partial write: points beyond retention policy", 7),
        ),
        (  # lines that cannot be parsed are not counted by 1.x, whatever it says
            400,
            b'{"error":"partial write: unable to parse \'x\': bad timestamp dropped=0"}',
            Rejection("partial write: unable to parse 'x': bad timestamp", None),
        ),
        (
            400,
            b'{"error":"unable to parse \'x\': missing fields"}',
            Rejection("unable to parse 'x': missing fields", None),
        ),
        (
            422,
            b'{"code":"unprocessable entity","message":"failure writing points to database:'
            b' partial write: points beyond retention policy dropped=1"}',
            Rejection(
                "failure writing points to database: partial write: points beyond retention policy",
                1,
            ),
        ),
        (
            400,
            b'{"error":"partial write of line protocol occurred","data":['
            b'{"original_line":"a","line_number":2,"error_message":"no"},{"line_number":"x"},7]}',
            Rejection("partial write of line protocol occurred", None, {1: "no"}),
        ),
        (
            413,
            b'{"error":"Request Entity Too Large"}',
            Rejection("Request Entity Too Large", is_too_large=True),
        ),
        (413, b"", Rejection("request body too large", is_too_large=True)),
    ],
)
def test_a_partly_refused_write_says_what_it_knows(
    status: int, body: bytes, rejection: Rejection
) -> None:
    assert judge(status, {}, body) == rejection


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"error":"authorization failed"}', StoreRefused),
        (403, b'{"error":"forbidden"}', StoreRefused),
        (404, b'{"error":"database not found: \\"x\\""}', DatabaseMissing),
        (404, b'{"code":"not found","message":"bucket \\"x\\" not found"}', DatabaseMissing),
        (302, b"", StoreRefused),
        (400, b'{"error":"database is required"}', StoreRefused),
        (405, b"<html>", StoreRefused),
        (429, b"{}", StoreUnavailable),
        (500, b'{"error":"engine: cache maximum memory size exceeded"}', StoreUnavailable),
        (500, b'{"error":"timeout"}', StoreUnavailable),
        (502, b"<html>bad gateway</html>", StoreUnavailable),
        (503, b"\xff\xfe", StoreUnavailable),
    ],
)
def test_other_answers_say_whether_trying_again_helps(
    status: int, body: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error, match=str(status)):
        judge(status, {}, body)


@pytest.mark.parametrize(("text", "seconds"), [("3", 3.0), ("1.5", 1.5), ("Wed, 21 Oct", None)])
def test_retry_after_is_kept_where_it_is_a_number(text: str, seconds: float | None) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        judge(503, {"Retry-After": text}, b"")
    assert caught.value.retry_after_s == seconds


# -- finding the refused ---------------------------------------------------------------------------


class Server:
    """Refuses the lines named bad, and counts requests."""

    def __init__(self, bad: set[str], max_lines: int = 10**9) -> None:
        self.bad = bad
        self.max_lines = max_lines
        self.n_requests = 0
        self.stored: set[str] = set()

    async def send(self, lines: Sequence[str]) -> Rejection | None:
        self.n_requests += 1
        if len(lines) > self.max_lines:
            return Rejection("too large", is_too_large=True)
        self.stored |= set(lines) - self.bad
        dropped = len(self.bad & set(lines))
        return Rejection("conflict", dropped) if dropped else None


def items(n: int) -> list[Item]:
    return [
        Item(f"line{i}", Report("s", f"d{i % 50}", "crane", "", T0, T0, {"load_t": 1.0}, {}, i))
        for i in range(n)
    ]


async def test_one_bad_line_among_thousands_is_found_in_few_requests() -> None:
    server = Server({"line3777"})
    refused = await place(server.send, items(5_000), 200)
    assert [r.report.seq for r in refused] == [3777]
    assert len(server.stored) == 4_999
    assert server.n_requests < 30


async def test_bad_lines_of_one_device_take_few_requests_wherever_they_are() -> None:
    server = Server({f"line{i}" for i in range(5_000) if i % 50 == 7})
    refused = await place(server.send, items(5_000), 200)
    assert len(refused) == 100
    assert {r.report.device for r in refused} == {"d7"}
    assert server.n_requests < 60


@pytest.mark.parametrize("most", [1, 2, 5, 20])
async def test_however_few_requests_nothing_is_lost(most: int) -> None:
    server = Server({f"line{i}" for i in range(0, 300, 7)})
    given = {r.report.seq for r in await place(server.send, items(300), most)}
    assert server.n_requests <= most
    assert given | {int(line[4:]) for line in server.stored} == set(range(300))
    assert {int(line[4:]) for line in server.bad} <= given


async def test_requests_too_large_are_halved_until_they_pass() -> None:
    server = Server({"line5"}, max_lines=100)
    refused = await place(server.send, items(1_000), 200)
    assert [r.report.seq for r in refused] == [5]
    assert len(server.stored) == 999


async def test_a_server_that_takes_nothing_of_any_size_is_refused() -> None:
    with pytest.raises(StoreRefused, match="no request of"):
        await place(Server(set(), max_lines=0).send, items(1_000), 20)


# -- settings and queries --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "influx.example:8086"}, "must be like"),
        ({"url": "http://u:p@influx.example"}, "must not hold a password"),
        ({"database": ""}, "database"),
        ({"version": 4}, "version 4"),
        ({"version": 2, "token": "t"}, "org"),
        ({"version": 3, "user": "u", "password": "p"}, "token"),
        ({"token": "t", "user": "u", "password": "p"}, "not both"),
        ({"password": "p"}, "without user"),
        ({"timeout": timedelta(0)}, "positive"),
    ],
)
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        InfluxConfig(**{"url": "http://127.0.0.1:8086", **fields})
    assert "u:p" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    shown = repr(InfluxConfig(url="http://h", token="abc-secret"))
    shown += repr(InfluxConfig(url="http://h", user="u", password="abc-secret"))
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("url", "gzip", "wanted"),
    [
        ("http://127.0.0.1:8086", None, False),
        ("http://localhost", None, False),
        ("https://influx.example", None, True),
        ("http://127.0.0.1:8086", True, True),
        ("https://influx.example", False, False),
    ],
)
def test_bodies_are_compressed_off_the_machine(url: str, gzip: bool | None, wanted: bool) -> None:
    assert InfluxConfig(url=url, gzip=gzip).wants_gzip is wanted


def test_windows_cover_a_span_without_gap_or_overlap() -> None:
    until = T0 + timedelta(hours=100)
    cut = list(windows(T0, until, timedelta(hours=72)))
    assert [(w.since, w.until) for w in cut] == [
        (T0, T0 + timedelta(hours=72)),
        (T0 + timedelta(hours=72), until),
    ]
    assert [w.until - w.since for w in windows(T0, until, None)] == [timedelta(hours=100)]
    assert list(windows(until, T0, None)) == []


def test_errors_inside_an_answer_are_raised() -> None:
    for text, error in (
        ("database not found: x", DatabaseMissing),
        ("query timeout reached", StoreUnavailable),
        ("error parsing query", StoreRefused),
    ):
        with pytest.raises(error):
            list(cells({"results": [{"statement_id": 0, "error": text}]}))
    with pytest.raises(StoreRefused):
        list(cells(["not", "influx"]))
    assert list(cells({"results": [{"error": "table 'crane' not found"}]})) == []


@pytest.mark.parametrize(
    "stamp", [1780272000000001, "2026-06-01T00:00:00.000001Z", "2026-06-01T00:00:00.000001000"]
)
def test_times_are_read_as_number_or_text(stamp: object) -> None:
    assert Cells("m", {}, {"time": stamp}).taken_at == T0 + timedelta(microseconds=1)


async def test_an_alert_that_it_will_never_take_is_told_from_a_refusal_of_us(
    httpserver: HTTPServer,
) -> None:
    ping = Response(status=204, headers={"X-Influxdb-Version": "1.6.7"})
    httpserver.expect_request("/ping").respond_with_response(ping)
    httpserver.expect_request("/query").respond_with_json({"results": [{}]})
    httpserver.expect_oneshot_request("/write").respond_with_json(
        {"error": 'partial write: field type conflict: input field "value" dropped=1'}, status=400
    )
    httpserver.expect_oneshot_request("/write").respond_with_json(
        {"error": "authorization failed"}, status=401
    )
    store = InfluxStore(InfluxConfig(url=httpserver.url_for(""), database="groundwatch"))
    with pytest.raises(RowRefused, match="field type conflict"):
        await store.write_transition(an_alert(), a_transition())
    with pytest.raises(StoreRefused, match="authorization failed") as told:
        await store.write_transition(an_alert(), a_transition())
    await store.close()
    assert not isinstance(told.value, RowRefused)
