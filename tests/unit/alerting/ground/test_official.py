"""An official warning over a site holds its limits tighter, as its messages say, in any order."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.book import Change
from alerting.judge import Judge
from alerting.model import Remark, Severity
from alerting.warning import Name, OfficialWarning, Over
from groundwatch.rates import wanted_rates
from sensors.coupling import OfficialCoupling
from sensors.model import Report
from tests.builders import at, sensor
from tests.unit.alerting.ground.built import (
    LATENESS_S,
    district,
    final,
    firing,
    judge_of,
    run,
    wall,
)

WALL = sensor("wall_top_h_mm", "pit", every_s=600.0)
COUPLING = OfficialCoupling(
    site="site",
    topic="rain",
    at_least=3,
    hold=timedelta(0),
    factor=0.8,
    every=timedelta(minutes=5),
    source="test",
)


def pit() -> Judge:
    return judge_of(district(WALL, official=[COUPLING]))


def warning(
    name: str, begins_s: float, ends_s: float, *, kind: str = "Alert", replaces: str = ""
) -> OfficialWarning:
    return OfficialWarning(
        name=Name("met", name),
        sender_name="met",
        sent_at=at(begins_s),
        status="Actual",
        kind=kind,
        references=(Name("met", replaces),) if replaces else (),
        topic="rain",
        severity=Severity.EXTREME,
        begins_at=at(begins_s),
        ends_at=at(ends_s),
        headline=Remark("Red rain"),
        over=(Over("site", Severity.EXTREME, "test"),),
    )


def test_a_warning_tightens_and_the_alert_says_since_when_and_why() -> None:
    here = pit()
    assert firing(run(here, [wall(600, 8.5), wall(1200, 8.5)])) == []
    here.warn(warning("w1", 1500, 9000), at(1501), 2)
    (standing,) = firing(run(here, [wall(1800, 8.5), wall(2400, 8.5)], first_seq=20))
    assert standing.alert.limit == pytest.approx(8.0)
    assert (
        "Limits tightened x 0.8 since 2026-06-01 08:25 +08:00 because of an official rain warning,"
        " orange or worse." in standing.alert.reason
    )
    assert standing.alert.rule_id  # ours, of a rule of ours: the official warning is no alert


def test_by_itself_it_raises_nothing() -> None:
    here = pit()
    assert here.warn(warning("w1", 0, 9000), at(1), 0) == []
    assert firing(run(here, [wall(600, 5.0), wall(1200, 5.0)])) == []


def test_devices_are_asked_to_report_oftener_while_it_holds() -> None:
    here = pit()
    here.warn(warning("w1", 1500, 9000), at(1501), 0)
    assert wanted_rates(here.governor, at(1499).timestamp()) == {}
    rates = wanted_rates(here.governor, at(1501).timestamp())
    assert rates == {("site", "D-01"): timedelta(minutes=5)}
    assert wanted_rates(here.governor, at(9000).timestamp()) == {}


def test_a_cancellation_that_comes_late_counts_from_when_it_was_sent() -> None:
    here = pit()
    here.warn(warning("w1", 0, 90_000), at(1), 0)
    changes = run(here, [wall(600, 8.5), wall(1200, 8.5)])
    assert len(firing(changes)) == 1
    changes += here.warn(warning("w2", 300, 300, kind="Cancel", replaces="w1"), at(1300), 2)
    assert firing(changes) == []


Entry = tuple[float, Report | OfficialWarning]


def played(entries: list[Entry]) -> list[tuple[float, str, str, int]]:
    here, changes = pit(), list[Change]()
    for seq, (arrives_s, entry) in enumerate(entries, 1):
        if isinstance(entry, Report):
            changes += here.take([entry], seq, at(arrives_s))
        else:
            changes += here.warn(entry, at(arrives_s), seq)
    changes += here.tick(at(60_000), len(entries))
    return final(changes)


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.sampled_from([2.0, 8.5, 10.5]), min_size=20, max_size=30),
    starts=st.lists(st.integers(0, 15_000), min_size=1, max_size=3),
    delays=st.lists(st.floats(0, LATENESS_S / 2), min_size=40, max_size=40),
)
def test_messages_within_the_lateness_give_the_same_history_in_any_order(
    values: list[float], starts: list[int], delays: list[float]
) -> None:
    readings: list[Entry] = [(600.0 * n, wall(600.0 * n, v)) for n, v in enumerate(values, 1)]
    told: list[Entry] = []
    for n, start in enumerate(sorted(starts)):
        kind = "Update" if n else "Alert"
        one = warning(f"w{n}", start, start + 4000, kind=kind, replaces=f"w{n - 1}" if n else "")
        told.append((float(start), one))
    calm: list[Entry] = [(600.0 * n, wall(600.0 * n, 1.0)) for n in range(40, 70)]
    ordered = sorted([*told, *readings], key=lambda each: each[0])
    late = sorted(
        ((arrives + delay, delayed(entry, delay)) for (arrives, entry), delay in zip(
            ordered, delays, strict=False)),
        key=lambda each: each[0],
    )  # fmt: skip
    assert played([*ordered, *calm]) == played([*late, *calm])


def delayed(entry: Report | OfficialWarning, by_s: float) -> Report | OfficialWarning:
    if not isinstance(entry, Report):
        return entry
    return Report(
        *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
        entry.taken_at + timedelta(seconds=by_s),
        entry.values,
        entry.qc,
    )


def test_a_warning_for_elsewhere_touches_nothing() -> None:
    here = pit()
    elsewhere = replace(warning("w1", 0, 9000), over=(Over("other", Severity.EXTREME, "test"),))
    here.warn(elsewhere, at(1), 0)
    assert here.governor.forces[0].in_force == []
