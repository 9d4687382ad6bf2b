"""Line protocol as text: what a report, a transition and a site look like, and what has no line."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sensors.model import Qc, Report
from storage.ports import SiteRow
from storage.schema import LineWriter, from_us, site_line, to_us, why_unstorable

T0 = datetime(2026, 6, 1, 8, 0, 0, 123456, tzinfo=UTC)
US = to_us(T0)


def report(**fields: object) -> Report:
    named: dict[str, object] = {
        "site": "s1", "device": "TC1", "kind": "crane", "point": "", "taken_at": T0,
        "received_at": T0, "values": {"load_t": 3.1}, "qc": {}, **fields,
    }  # fmt: skip
    return Report(**named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, f"crane,device=TC1,site=s1 load_t=3.1 {US}"),
        (
            {"values": {"load_t": 3.0, "wind_ms": -0.5}},
            f"crane,device=TC1,site=s1 load_t=3.0,wind_ms=-0.5 {US}",
        ),
        ({"values": {"load_t": 3}}, f"crane,device=TC1,site=s1 load_t=3.0 {US}"),
        ({"values": {"load_t": True}}, f"crane,device=TC1,site=s1 load_t=1.0 {US}"),
        ({"point": "P 1"}, f"crane,device=TC1,point=P\\ 1,site=s1 load_t=3.1 {US}"),
        (
            {"site": "a,b=c", "device": "塔吊"},
            f"crane,device=塔吊,site=a\\,b\\=c load_t=3.1 {US}",
        ),
        (
            {"qc": {"load_t": Qc.SUSPECT}},
            f"crane,device=TC1,site=s1 load_t=3.1,load_t_qc=3i {US}",
        ),
        ({"qc": {"load_t": Qc.PASS}}, f"crane,device=TC1,site=s1 load_t=3.1 {US}"),
        (
            {"values": {}, "qc": {"wind_ms": Qc.MISSING}},
            f"crane,device=TC1,site=s1 wind_ms_qc=9i {US}",
        ),
        (
            {"taken_at": T0.astimezone(timezone(timedelta(hours=8)))},
            f"crane,device=TC1,site=s1 load_t=3.1 {US}",
        ),
    ],
)
def test_a_report_is_one_line(fields: dict[str, object], line: str) -> None:
    given = report(**fields)
    writer = LineWriter()
    for _ in range(2):  # the second time from the remembered head
        rendered = writer.render([given])
        assert (rendered.lines, rendered.reports, rendered.refused) == ([line], [given], [])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"values": {"load_t": float("nan")}}, "load_t is nan"),
        ({"values": {"load_t": float("inf")}}, "load_t is inf"),
        ({"values": {"heave_mm": 1.0}}, "a crane has no quantity 'heave_mm'"),
        ({"qc": {"heave_mm": 3}}, "a crane has no quantity 'heave_mm'"),
        ({"qc": {"load_t": 5}}, "quality flag 5"),
        ({"kind": "alert"}, "kind 'alert' is none of crane, hoist"),
        ({"values": {}}, "holds no quantity"),
        ({"site": ""}, "site is empty"),
        ({"device": ""}, "device is empty"),
        ({"device": "a\nb"}, "control character"),
        ({"point": "a\\"}, "ends in a backslash"),
        ({"site": "x" * 257}, "257 characters, at most 256"),
    ],
)
def test_what_has_no_line_is_given_back_with_its_reason(
    fields: dict[str, object], reason: str
) -> None:
    bad, good = report(**fields), report()
    rendered = LineWriter().render([good, bad, good])
    assert len(rendered.lines) == 2
    (refused,) = rendered.refused
    assert refused.report is bad
    assert reason in refused.reason
    assert why_unstorable(bad) == refused.reason
    assert why_unstorable(good) is None


def test_the_remembered_heads_are_bounded_and_stay_right() -> None:
    writer = LineWriter(max_heads=3)
    for n in (*range(10), *range(10)):
        (line,) = writer.render([report(device=f"TC{n}")]).lines
        assert line.startswith(f"crane,device=TC{n},site=s1 ")


@pytest.mark.parametrize("us", [0, 1, -1, 10**15 + 1, US, 253402300799999999])
def test_instants_keep_every_microsecond(us: int) -> None:
    assert to_us(from_us(us)) == us


def test_a_site_is_one_line() -> None:
    row = SiteRow(
        site="s 1", name='No. "1"', lat=23.1, lon=113, worst=4, n_firing=2, n_blind=0, at=T0
    )
    assert site_line(row) == (
        'site,site=s\\ 1 name="No. \\"1\\"",lat=23.1,lon=113.0,worst=4i,n_firing=2i,n_blind=0i'
        f" {US}"
    )
