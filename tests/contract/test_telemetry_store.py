"""One suite for every TelemetryStore: embedded SQLite, InfluxDB 1.x, 2.x and 3 Core.

Set GROUNDWATCH_TEST_INFLUX_URL (and _TOKEN, _ORG, _DATABASE) to run it on a server of your own.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.model import TransitionKind
from sensors.model import Qc, Reading, Report, SensorKey
from storage.errors import StoreRefused, StoreUnavailable
from storage.ports import SiteRow, TelemetryStore
from tests.contract.telemetry_stores import (
    Influxd,
    Subject,
    VersionProxy,
    embedded,
    influx1,
    influx_token,
    live,
    raised,
    step,
)

# 3 Core answers for the newest readings only when they are recent, so these are.
T0 = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
S = timedelta(seconds=1)
VARIANTS = ("embedded", "influx1", "influx1-gzip", "influx2", "influx3", "live")


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    server = Influxd(tmp_path_factory.mktemp("influxd"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def proxies(influxd: Influxd) -> Iterator[dict[int, VersionProxy]]:
    found = {version: VersionProxy(influxd, version) for version in (2, 3)}
    yield found
    for proxy in found.values():
        proxy.close()


@pytest.fixture(params=VARIANTS)
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    found = make_subject(request, str(request.param), tmp_path)
    await found.store.open()
    yield found
    await found.store.close()


def make_subject(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> Subject:
    database = f"gw {uuid.uuid4().hex[:12]}"
    if name == "embedded":
        return embedded(tmp_path)
    if name == "live":
        found = live(database)
        return found or pytest.skip("GROUNDWATCH_TEST_INFLUX_URL is not set")
    influxd: Influxd = request.getfixturevalue("influxd")
    if name.startswith("influx1"):
        return influx1(influxd, database, gzip=name.endswith("gzip"))
    proxy: VersionProxy = request.getfixturevalue("proxies")[int(name[-1])]
    if name == "influx2":
        influxd.query(f'CREATE DATABASE "{database}"')
    return influx_token(influxd, proxy, database, gzip=name == "influx3")


@pytest.fixture
def store(subject: Subject) -> TelemetryStore:
    return subject.store


def crane(at: datetime = T0, values: dict[str, float] | None = None, **fields: Any) -> Report:
    named = {"site": "baiyun-01", "device": "TC1", "kind": "crane", "point": "", **fields}
    qc = named.pop("qc", {})
    return Report(**named, taken_at=at, received_at=at + S, values=values or {"load_t": 3.1}, qc=qc)


def key(quantity: str = "load_t", **fields: str) -> SensorKey:
    named = {"site": "baiyun-01", "device": "TC1", "point": "", **fields}
    return SensorKey(**named, quantity=quantity)


async def all_of(store: TelemetryStore, sensor: SensorKey, kind: str = "crane") -> list[Reading]:
    return await store.history(sensor, kind, T0 - timedelta(days=1), T0 + timedelta(days=1))


# -- writing and reading back ----------------------------------------------------------------------


async def test_a_report_reads_back_as_its_readings(store: TelemetryStore) -> None:
    assert await store.write([crane(values={"load_t": 3.1, "moment_pct": 87.25})]) == []
    assert await all_of(store, key()) == [Reading(key(), 3.1, T0, T0)]
    assert [r.value for r in await all_of(store, key("moment_pct"))] == [87.25]


async def test_nothing_to_write_is_no_error(store: TelemetryStore) -> None:
    assert await store.write([]) == []
    await store.write_sites([])


async def test_writing_the_same_reports_again_leaves_one_of_each(store: TelemetryStore) -> None:
    reports = [crane(T0 + n * S, {"load_t": float(n)}) for n in range(20)]
    await store.write(reports)
    await store.write(reports[5:] + reports[:10])
    assert [r.value for r in await all_of(store, key())] == [float(n) for n in range(20)]
    assert len(await store.rows("crane", T0 - S, T0 + 60 * S)) == 20


async def test_the_later_value_of_one_instant_stays(store: TelemetryStore) -> None:
    await store.write([crane(values={"load_t": 1.0}), crane(values={"load_t": 2.0})])
    assert [r.value for r in await all_of(store, key())] == [2.0]
    await store.write([crane(values={"load_t": 3.0})])
    assert [r.value for r in await all_of(store, key())] == [3.0]


async def test_two_reports_of_one_instant_are_merged(store: TelemetryStore) -> None:
    await store.write([crane(values={"load_t": 1.0, "wind_ms": 4.0}, qc={"wind_ms": Qc.SUSPECT})])
    await store.write([crane(values={"radius_m": 30.0}, qc={"radius_m": Qc.FAIL})])
    (row,) = await store.rows("crane", T0, T0 + S)
    assert row.values == {"load_t": 1.0, "wind_ms": 4.0, "radius_m": 30.0}
    assert row.qc == {"wind_ms": Qc.SUSPECT, "radius_m": Qc.FAIL}


async def test_microseconds_are_kept(store: TelemetryStore) -> None:
    at = T0 + timedelta(microseconds=123457)
    await store.write([crane(at), crane(at + timedelta(microseconds=1))])
    taken = [r.taken_at for r in await all_of(store, key())]
    assert taken == [at, at + timedelta(microseconds=1)]


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 0.1 + 0.2, 1e-9, 5e-324, 1.7976931348623157e308, -1e300, 12345678901234567.0],
)
async def test_every_finite_float_comes_back_exactly(store: TelemetryStore, value: float) -> None:
    assert await store.write([crane(values={"load_t": value})]) == []
    (reading,) = await all_of(store, key())
    assert reading.value == value


async def test_quality_flags_come_back(store: TelemetryStore) -> None:
    flags = (Qc.PASS, Qc.NOT_EVALUATED, Qc.SUSPECT, Qc.FAIL)
    await store.write([crane(T0 + n * S, qc={"load_t": flag}) for n, flag in enumerate(flags)])
    assert [r.qc for r in await all_of(store, key())] == list(flags)
    assert [r.qc for r in await store.latest()] == [Qc.FAIL]
    rows = await store.rows("crane", T0, T0 + 9 * S)
    assert [row.qc.get("load_t", Qc.PASS) for row in rows] == list(flags)


async def test_a_flag_once_stored_stays_when_the_instant_is_written_again(
    store: TelemetryStore,
) -> None:
    await store.write([crane(qc={"load_t": Qc.SUSPECT})])
    await store.write([crane()])
    assert [r.qc for r in await all_of(store, key())] == [Qc.SUSPECT]


async def test_points_of_a_device_are_sensors_of_their_own(store: TelemetryStore) -> None:
    points = ("", "CX3-7.5m", "CX3-8.0m")
    for n, point in enumerate(points):
        report = crane(kind="pit", point=point, values={"deep_h_mm": float(n)})
        await store.write([report])
    for n, point in enumerate(points):
        found = await all_of(store, key("deep_h_mm", point=point), "pit")
        assert [r.value for r in found] == [float(n)]
    assert {r.sensor.point for r in await store.latest()} == set(points)


ODD_TAGS = (
    "two words", "a,b", "a=b", "a\\b", "a\\,b", "a\\ b", "\\", "ends in \\", " ", "  lead",
    "trail ", '"quoted"', "it's", "#no comment", "$site", "塔吊 一号", "🏗", "a,b=c d\\=e", "%20",
    "line\nbreak", "tab\there", "nul\0", "x" * 256, "x" * 257, "é", "1", "1i", "true",
)  # fmt: skip


async def test_odd_names_come_back_as_they_are_or_are_refused(store: TelemetryStore) -> None:
    places = [("baiyun-01", tag, "") for tag in ODD_TAGS] + [("s", "d", tag) for tag in ODD_TAGS]
    places += [(tag, "TC1", "") for tag in ODD_TAGS]
    reports = [
        crane(site=site, device=device, point=point, values={"load_t": float(n)})
        for n, (site, device, point) in enumerate(places)
    ]
    refused = await store.write(reports)
    kept = [r for r in reports if all(r is not other.report for other in refused)]
    found = {r.sensor: r.value for r in await store.latest()}
    assert found == {sensor_of(r): r.values["load_t"] for r in kept}
    cannot = {t for t in ODD_TAGS if t.endswith("\\") or not t.isprintable() or len(t) > 256}
    names = {t for r in refused for t in (r.report.site, r.report.device, r.report.point)}
    assert names & set(ODD_TAGS) == cannot
    for report in kept:
        readings = await all_of(store, sensor_of(report))
        assert [r.value for r in readings] == [report.values["load_t"]]


def sensor_of(report: Report) -> SensorKey:
    return key(site=report.site, device=report.device, point=report.point)


# -- asking ----------------------------------------------------------------------------------------


async def test_history_is_oldest_first_within_its_bounds(store: TelemetryStore) -> None:
    await store.write([crane(T0 + n * S, {"load_t": float(n)}) for n in (7, 3, 9, 1, 5)])
    found = await store.history(key(), "crane", T0 + 3 * S, T0 + 9 * S)
    assert [r.value for r in found] == [3.0, 5.0, 7.0]
    assert await store.history(key(), "crane", T0 + 9 * S, T0 + 3 * S) == []


async def test_a_limit_keeps_the_oldest(store: TelemetryStore) -> None:
    await store.write([crane(T0 + n * S, {"load_t": float(n)}) for n in range(10)])
    until = T0 + timedelta(hours=1)
    assert [r.value for r in await store.history(key(), "crane", T0, until, 3)] == [0.0, 1.0, 2.0]
    assert [r.values["load_t"] for r in await store.rows("crane", T0, until, 2)] == [0.0, 1.0]
    assert await store.history(key(), "crane", T0, until, 0) == []
    assert await store.rows("crane", T0, until, 0) == []


async def test_of_each_point_named_the_oldest_rows_are_given(store: TelemetryStore) -> None:
    named = [("TC1", "", 5), ("TC1", "boom", 3), ("TC2", "", 4), ("TC3", "", 2)]
    await store.write(
        [
            crane(T0 + n * S, {"load_t": float(n)}, device=device, point=point)
            for device, point, count in named
            for n in reversed(range(count))
        ]
    )
    most = {
        ("baiyun-01", "TC1", ""): 2,
        ("baiyun-01", "TC1", "boom"): 9,
        ("baiyun-01", "TC2", ""): 2,
        ("baiyun-01", "TC3", ""): 0,
        ("baiyun-01", "TC4", ""): 2,
    }
    rows = await store.rows_of_each("crane", most, T0, T0 + timedelta(hours=1))
    assert [(row.device, row.point, row.taken_at, row.values["load_t"]) for row in rows] == [
        ("TC1", "", T0, 0.0),
        ("TC1", "boom", T0, 0.0),
        ("TC2", "", T0, 0.0),
        ("TC1", "", T0 + S, 1.0),
        ("TC1", "boom", T0 + S, 1.0),
        ("TC2", "", T0 + S, 1.0),
        ("TC1", "boom", T0 + 2 * S, 2.0),
    ]
    later = await store.rows_of_each("crane", most, T0 + S, T0 + 2 * S)
    assert [row.taken_at for row in later] == [T0 + S] * 3
    with pytest.raises(ValueError, match="crane2"):
        await store.rows_of_each("crane2", most, T0, T0 + S)


async def test_long_histories_are_whole(store: TelemetryStore) -> None:
    start = T0 - timedelta(days=8)
    reports = [crane(start + n * 60 * S, {"load_t": float(n)}) for n in range(11_500)]
    assert await store.write(reports) == []
    found = await store.history(key(), "crane", start, T0 + S, 1_000_000)
    assert [r.value for r in found] == [float(n) for n in range(11_500)]
    assert len(await store.rows("crane", start, T0 + S)) == 11_500
    assert len(await store.rows("crane", start, T0 + S, 10_500)) == 10_500


async def test_more_devices_than_a_page_may_share_one_instant(store: TelemetryStore) -> None:
    reports = [crane(at, device=f"TC{n}") for at in (T0, T0 + S) for n in range(10_100)]
    for start in range(0, len(reports), 5_000):
        assert await store.write(reports[start : start + 5_000]) == []
    rows = await store.rows("crane", T0, T0 + 2 * S)
    assert [r.taken_at for r in rows] == [T0] * 10_100 + [T0 + S] * 10_100
    assert {(r.device, r.taken_at) for r in rows} == {(r.device, r.taken_at) for r in reports}


async def test_latest_is_per_quantity_and_per_site(store: TelemetryStore) -> None:
    await store.write([
        crane(T0, {"load_t": 1.0, "battery_v": 12.5}),
        crane(T0 + S, {"load_t": 2.0}),
        crane(T0 + 2 * S, {"stage_m": 4.5}, kind="water_level", site="baiyun-02", device="WL1"),
    ])  # fmt: skip
    found = {(str(r.sensor), r.value, r.taken_at) for r in await store.latest()}
    assert found == {
        ("baiyun-01/TC1/load_t", 2.0, T0 + S),
        ("baiyun-01/TC1/battery_v", 12.5, T0),
        ("baiyun-02/WL1/stage_m", 4.5, T0 + 2 * S),
    }
    (only,) = await store.latest("baiyun-02")
    assert only.sensor.device == "WL1"
    assert await store.latest("nowhere") == []


async def test_rows_are_of_one_kind_and_in_order_of_time(store: TelemetryStore) -> None:
    await store.write([
        crane(T0 + 2 * S, device="TC1"),
        crane(T0 + 1 * S, device="TC2", values={"wind_ms": 7.0}),
        crane(T0 + 3 * S, device="TC2"),
        crane(T0, device="P1", kind="pit", values={"heave_mm": 1.0}),
    ])  # fmt: skip
    rows = await store.rows("crane", T0, T0 + 3 * S)
    assert [(r.device, r.taken_at, r.values) for r in rows] == [
        ("TC2", T0 + 1 * S, {"wind_ms": 7.0}),
        ("TC1", T0 + 2 * S, {"load_t": 3.1}),
    ]


async def test_an_empty_store_answers_with_nothing(store: TelemetryStore) -> None:
    assert await store.latest() == []
    assert await all_of(store, key()) == []
    assert await store.rows("crane", T0, T0 + S) == []


async def test_a_name_that_is_not_in_the_catalogue_cannot_enter_a_query(
    store: TelemetryStore,
) -> None:
    with pytest.raises(ValueError, match="load_t"):
        await all_of(store, key('load_t" FROM "crane"; DROP DATABASE x --'))
    with pytest.raises(ValueError, match="crane"):
        await store.rows('crane"', T0, T0 + S)


# -- refusals --------------------------------------------------------------------------------------


async def test_what_cannot_be_stored_is_given_back_and_the_rest_is_stored(
    store: TelemetryStore,
) -> None:
    good = [crane(T0 + n * S) for n in range(3)]
    bad = {
        "not a finite number": crane(values={"load_t": float("nan")}),
        "is inf": crane(values={"wind_ms": float("-inf")}),
        "no quantity 'heave_mm'": crane(values={"heave_mm": 1.0}),
        "kind 'alert'": crane(kind="alert"),
        "site is empty": crane(site=""),
        "quality flag 7": crane(qc={"load_t": 7}),
    }
    empty = Report("s", "d", "crane", "", T0, T0, {}, {})
    refused = await store.write([good[0], *bad.values(), good[1], empty, good[2]])
    assert [r.report for r in refused] == [*bad.values(), empty]
    for words, given in zip([*bad, "no quantity"], refused, strict=True):
        assert words.replace("is inf", "is -inf") in given.reason
    assert len(await all_of(store, key())) == 3


async def test_what_the_server_refuses_is_found_among_thousands(subject: Subject) -> None:
    if subject.influxd is None:
        pytest.skip("only a server has types and bounds of its own")
    week = timedelta(days=7)
    # A field that holds integers in one shard takes no floats there, and only there.
    await subject.store.write([crane(T0 - 3 * week)])
    line = f"crane,device=X,site=Y load_t=1i {int(T0.timestamp() * 1e6)}".encode()
    assert subject.influxd.write(subject.database, line).status_code == 204
    conflicting = [crane(T0 + n * S, device="A") for n in range(5)]
    ancient = [
        crane(datetime(1500, 1, 1, tzinfo=UTC), device="B"),
        crane(datetime(2500, 1, 1, tzinfo=UTC), device="C"),
    ]
    good = [crane(T0 - 3 * week + n * S, device=f"D{n % 7}") for n in range(1_000)]
    good += [crane(T0 + n * S, {"heave_mm": 1.0}, kind="pit") for n in range(1_000)]
    batch = good[:500] + conflicting[:2] + good[500:] + ancient + conflicting[2:]
    refused = await subject.store.write(batch)
    assert sorted(r.report.device for r in refused) == ["A"] * 5 + ["B", "C"]
    reasons = {r.report.device: r.reason for r in refused}
    assert "field type conflict" in reasons["A"]
    assert "time outside range" in reasons["B"]
    stored = await subject.store.rows("crane", T0 - 4 * week, T0 - 2 * week)
    assert len(stored) == 1 + 1_000
    assert len(await subject.store.rows("pit", T0, T0 + week)) == 1_000


async def test_a_kind_that_is_refused_as_a_whole_takes_few_requests(subject: Subject) -> None:
    if subject.influxd is None:
        pytest.skip("only a server has types of its own")
    await subject.store.write([crane(T0, {"heave_mm": 1.0}, kind="pit")])
    line = f"crane,device=X,site=Y load_t=1i {int(T0.timestamp() * 1e6)}".encode()
    assert subject.influxd.write(subject.database, line).status_code == 204
    cranes = [crane(T0 + n * S, device=f"TC{n % 10}") for n in range(400)]
    pits = [crane(T0 + n * S, {"heave_mm": 1.0}, kind="pit", device="P") for n in range(400)]
    mixed = [report for pair in zip(cranes, pits, strict=True) for report in pair]
    few = subject.with_config(max_requests_per_write=40)
    refused = await few.write(mixed)
    await few.close()
    assert {id(r.report) for r in refused} == {id(report) for report in cranes}
    assert not any("at least one" in r.reason for r in refused)
    assert len(await subject.store.rows("pit", T0, T0 + 500 * S)) >= 400


async def test_out_of_requests_it_gives_back_more_rather_than_lose_one(subject: Subject) -> None:
    if subject.influxd is None or (subject.proxy is not None and subject.proxy.version == 3):
        pytest.skip("only a server has types of its own, and 3 Core names the lines itself")
    await subject.store.write([crane(T0, {"heave_mm": 1.0}, kind="pit")])
    line = f"crane,device=X,site=Y load_t=1i {int(T0.timestamp() * 1e6)}".encode()
    assert subject.influxd.write(subject.database, line).status_code == 204
    bad = crane(T0, device="A")
    batch = [crane(T0 + n * S, {"wind_ms": 1.0}, device="A") for n in range(1, 64)] + [bad]
    few = subject.with_config(max_requests_per_write=3)
    refused = await few.write(batch)
    await few.close()
    given = [r.report for r in refused]
    assert bad in given
    stored = {r.taken_at for r in await all_of(subject.store, key("wind_ms", device="A"))}
    assert all(report in given or report.taken_at in stored for report in batch)
    assert any("at least one of" in r.reason for r in refused)


# -- trouble ---------------------------------------------------------------------------------------


async def test_a_database_that_is_away_is_unavailable_and_later_works_again(
    subject: Subject,
) -> None:
    if subject.is_live:
        pytest.skip("a server of somebody else is not stopped")
    await subject.store.write([crane(T0)])
    with subject.away():
        with pytest.raises(StoreUnavailable) as caught:
            await subject.store.write([crane(T0 + S)])
        if subject.path is None:
            with pytest.raises(StoreUnavailable):
                await subject.store.latest()
    assert caught.value.retry_after_s == (2.0 if subject.proxy else None)
    assert await subject.store.write([crane(T0 + S)]) == []
    assert [r.taken_at for r in await all_of(subject.store, key())] == [T0, T0 + S]


async def test_a_store_opened_while_its_server_is_away_works_later(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = make_subject(request, "influx1", tmp_path)
    with subject.away():
        with pytest.raises(StoreUnavailable):
            await subject.store.open()
        with pytest.raises(StoreUnavailable):
            await subject.store.write([crane()])
    assert await subject.store.write([crane()]) == []
    await subject.store.close()


@pytest.mark.parametrize("variant", ["influx1", "influx2", "influx3"])
async def test_a_wrong_password_is_refused_and_not_shown(
    request: pytest.FixtureRequest, tmp_path: Path, variant: str
) -> None:
    subject = make_subject(request, variant, tmp_path)
    await subject.store.open()
    secret = "wrong-and-secret"
    field = "password" if variant == "influx1" else "token"
    wrong = subject.with_config(**{field: secret})
    for attempt in (wrong.open(), wrong.write([crane()]), wrong.latest()):
        with pytest.raises(StoreRefused, match="check user and password") as caught:
            await attempt
        assert secret not in str(caught.value)
    assert secret not in repr(wrong) + repr(subject.config)
    await wrong.close()
    await subject.store.close()


async def test_a_password_that_is_changed_while_running_is_refused_at_the_next_write(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = make_subject(request, "influx1", tmp_path)
    assert subject.influxd is not None
    subject.influxd.query("CREATE USER guest WITH PASSWORD 'first'")
    await subject.store.open()
    subject.influxd.query(f'GRANT ALL ON "{subject.database}" TO guest')
    guest = subject.with_config(user="guest", password="first")
    assert await guest.write([crane()]) == []
    subject.influxd.query("SET PASSWORD FOR guest = 'second'")
    with pytest.raises(StoreRefused):
        await guest.write([crane(T0 + S)])
    subject.influxd.query("DROP USER guest")
    await guest.close()
    await subject.store.close()


async def test_a_database_that_was_dropped_is_made_again(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = make_subject(request, "influx1", tmp_path)
    assert subject.influxd is not None
    await subject.store.write([crane()])
    subject.influxd.query(f'DROP DATABASE "{subject.database}"')
    assert await subject.store.write([crane()]) == []
    assert len(await subject.store.latest()) == 1
    await subject.store.close()


async def test_a_missing_bucket_is_refused_by_name(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = make_subject(request, "influx2", tmp_path)
    other = subject.with_config(database="nobody-made-this")
    with pytest.raises(StoreRefused, match="nobody-made-this"):
        await other.write([crane()])
    await other.close()
    await subject.store.close()


async def test_a_version_hidden_in_ping_is_read_from_health(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = make_subject(request, "influx2", tmp_path)
    assert subject.proxy is not None
    subject.proxy.hides_version = True
    try:
        assert await subject.store.write([crane()]) == []
    finally:
        subject.proxy.hides_version = False
    await subject.store.close()


async def test_a_body_too_large_for_the_server_is_sent_in_parts(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = make_subject(request, "influx1", tmp_path)
    n = 150_000  # about 45 MB as lines; 1.x takes at most 25 MB
    reports = [
        crane(T0 + timedelta(milliseconds=i), {"load_t": 1.5}, site="x" * 250) for i in range(n)
    ]
    assert await subject.store.write(reports) == []
    rows = await subject.store.rows("crane", T0, T0 + timedelta(hours=1))
    assert len(rows) == n
    await subject.store.close()


async def test_writers_and_readers_may_run_at_once(store: TelemetryStore) -> None:
    async with asyncio.TaskGroup() as group:
        for n in range(8):
            group.create_task(store.write([crane(T0 + n * S)]))
            group.create_task(store.latest())
    assert len(await all_of(store, key())) == 8


# -- alerts and sites ------------------------------------------------------------------------------


async def test_every_transition_is_stored_once(subject: Subject) -> None:
    if subject.is_live:
        pytest.skip("looks behind the store")
    alert = raised(key("moment_pct"), T0)
    odd = raised(
        key("wind_ms", device="odd, name\\"),
        T0,
        id="a2",
        reason='"gale", 40 m/s\nand = rising \\',
        value=None,
        limit=None,
    )
    steps = [
        step(alert, 0, TransitionKind.RAISED),
        step(alert, 1, TransitionKind.ACKNOWLEDGED, value=None, final=False),
    ]
    for _ in range(2):
        for transition in steps:
            await subject.store.write_transition(alert, transition)
        await subject.store.write_transition(odd, step(odd, 0, TransitionKind.RAISED))
    rows = sorted(subject.table("alert"), key=lambda row: (row["id"], row["ordinal"]))
    assert [(r["id"], r["transition"], r["value"], r["limit"]) for r in rows] == [
        ("a1", "raised", 104.5, 100.0),
        ("a1", "acknowledged", None, 100.0),
        ("a2", "raised", None, None),
    ]
    assert [bool(r["final"]) for r in rows] == [True, False, True]
    first = rows[0]
    assert (first["site"], first["device"], first["hazard"]) == (
        "baiyun-01",
        "TC1",
        "crane_overload",
    )
    assert (first["severity"], first["severity_number"], first["kind"]) == ("severe", 3, "limit")
    assert (first["lat"], first["lon"], first["reason"]) == (23.16, 113.27, alert.reason)
    assert '"gale", 40 m/s' in rows[2]["reason"]
    assert rows[2]["reason"].endswith("\\")


async def test_how_sites_stand_is_stored(subject: Subject) -> None:
    if subject.is_live:
        pytest.skip("looks behind the store")
    rows = [
        SiteRow(
            site=f"s{n}", name=f'工地 "{n}"', lat=23.1 + n, lon=113.2, worst=n, n_firing=n,
            n_blind=2 * n, at=T0,
        )
        for n in range(3)
    ]  # fmt: skip
    await subject.store.write_sites(rows)
    await subject.store.write_sites(rows[1:])
    found = sorted(subject.table("site"), key=lambda row: str(row["site"]))
    assert [
        (r["site"], r["name"], r["lat"], r["lon"], r["worst"], r["n_firing"], r["n_blind"])
        for r in found
    ] == [(r.site, r.name, r.lat, r.lon, r.worst, r.n_firing, r.n_blind) for r in rows]


async def test_a_record_is_stored_and_is_no_reading(store: TelemetryStore) -> None:
    """A lift of a crane has a measurement of its own; written twice it is there once."""
    values = {"duration_s": 95.0, "max_load_t": 2.5, "was_cut": 0.0}
    lift = crane(T0, values, kind="crane_cycle")
    assert await store.write([lift, lift]) == []
    (row,) = await store.rows("crane_cycle", T0, T0 + S)
    assert (row.device, row.taken_at, row.values) == ("TC1", T0, values)
    assert await store.latest() == []
    assert await store.rows("crane", T0, T0 + S) == []
