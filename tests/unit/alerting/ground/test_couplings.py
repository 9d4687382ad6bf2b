"""Rain at the catchment's gauge holds a pit's limits tighter, as the gauge's readings say."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.gauge_fold import GaugeFold, Stretch
from alerting.history import Flag, History
from alerting.judge import Judge
from alerting.model import Severity
from alerting.rules import PACK_FOLDER
from groundwatch.rates import RateAnswer, Rates, to_ask, wanted_rates
from sensors.coupling import Coupling
from sensors.model import Report
from tests.builders import at, packs_of, sensor
from tests.unit.alerting.ground.built import (
    GAUGE,
    a_report,
    coupling,
    district,
    final,
    firing,
    judge_of,
    rain,
    run,
    shuffled,
    wall,
)

WALL = sensor("wall_top_h_mm", "pit", every_s=600.0)
SLACK = sensor("anchor_force_kn", "pit", every_s=600.0)
STALE_S = 1800.0
WET = [rain(300.0 * n, 10.0) for n in range(1, 7)]  # 50 mm within two hours, at the fifth
START_S = at(0).timestamp()


def pit(*, every_s: float = 300.0) -> Judge:
    return judge_of(district(WALL, SLACK, couplings=[coupling(every_s=every_s)]))


def dry(first_s: float, count: int) -> list[Report]:
    return [rain(first_s + 300.0 * n, 0.0) for n in range(count)]


def test_rain_tightens_every_limit_and_the_alert_says_since_when_and_why() -> None:
    here = pit()
    assert firing(run(here, [wall(600, 8.5), wall(1200, 8.5)])) == []
    run(here, WET, first_seq=10)
    (standing,) = firing(run(here, [wall(1800, 8.5), wall(2400, 8.5)], first_seq=20))
    assert standing.alert.limit == pytest.approx(8.0)
    assert (
        "Limits tightened x 0.8 since 2026-06-01 08:25 +08:00 because of"
        " 50 mm of rain in 2 h at rain/RG." in standing.alert.reason
    )
    assert standing.alert.said is not None
    assert "因rain/RG的2 h雨量达50 mm，自" in standing.alert.said.remark_zh


@pytest.mark.parametrize("frozen", ["rain_mm", "rain_total_mm"])
def test_one_of_amounts_and_counter_that_stands_still_keeps_no_coupling_out_of_force(
    frozen: str,
) -> None:
    known = district(WALL, couplings=[coupling()], has_counter=True)
    here = judge_of(known)
    for n in range(48):
        told = {"rain_mm": 10.0, "rain_total_mm": 10.0 * n}
        wet = a_report("rain", "RG", "rain", 300.0 * n, told | {frozen: 0.0})
        here.take([wet], n + 1, at(300.0 * n))
    (force,) = here.governor.forces
    (stretch,) = force.in_force
    assert stretch.end_s == float("inf")
    standing = firing(run(here, [wall(14_400, 8.5), wall(15_000, 8.5)], first_seq=100))
    assert [each.alert.limit for each in standing] == pytest.approx([8.0])


def test_a_lower_bound_is_tightened_upwards() -> None:
    here = pit()
    run(here, WET)
    report = replace_values(wall(2000, 0), {"anchor_force_kn": 95.0})
    (standing,) = firing(run(here, [report], first_seq=20))
    assert standing.alert.limit == pytest.approx(96.0)


def test_a_force_that_stands_every_day_is_quiet_in_the_rain_as_well() -> None:
    strut = sensor(
        "strut_force_kn",
        "pit",
        every_s=600.0,
        design={"strut_capacity_kn": 1000.0, "safety_grade": 1.0},
    )
    here = Judge(
        registry=district(strut, couplings=[coupling(every_s=300.0)]),
        packs=packs_of(PACK_FOLDER),
        detector_for=lambda _: None,
    )
    run(here, WET)
    steady = [replace_values(wall(s, 0), {"strut_force_kn": 450.0}) for s in (1800, 2400, 3000)]
    assert firing(run(here, steady, first_seq=20)) == []
    more = [replace_values(wall(s, 0), {"strut_force_kn": 510.0}) for s in (3600, 4200)]
    (standing,) = firing(run(here, more, first_seq=30))
    assert standing.alert.severity is Severity.MODERATE
    assert standing.alert.limit == pytest.approx(85.0)


def replace_values(entry: Report, values: dict[str, float]) -> Report:
    return Report(
        *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at, entry.received_at),
        values,
        {},
    )


def test_rain_that_arrives_after_the_pit_s_reading_counts_all_the_same() -> None:
    here = pit()
    assert firing(run(here, [wall(1700, 8.5), wall(1800, 8.5)])) == []
    changes = run(here, [arriving(each, 2.0) for each in WET], first_seq=10)
    (standing,) = firing(changes)
    assert standing.alert.started_at == at(1800)


def arriving(entry: Report, delay_s: float) -> Report:
    return Report(
        *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
        at(1800 + delay_s),
        entry.values,
        entry.qc,
    )


def history(rows: Sequence[tuple[float, float]]) -> History:
    made = History()
    for seconds, amount in rows:
        made.insert(START_S + seconds, amount, int(Flag.CAN_CLEAR))
    return made


def in_force(rows: Sequence[tuple[float, float]], wanted: Coupling) -> list[Stretch]:
    found = folded(wanted, history(rows)).stretches()
    return [Stretch(each.start_s - START_S, each.end_s - START_S) for each in found]


def folded(wanted: Coupling, made: History) -> GaugeFold:
    gauge = sensor("rain_mm", "rain")
    return GaugeFold(coupling=wanted, sensor=gauge, history=made, stale_s=STALE_S)


def test_it_ends_with_the_first_reading_after_a_whole_hold_without_so_much_rain() -> None:
    rows = [(300.0 * n, 10.0 if n <= 5 else 0.0) for n in range(1, 50)]
    (stretch,) = in_force(rows, coupling())
    assert stretch.start_s == 1500
    # 50 mm lie within two hours until the first 10 mm leave the window at 300 + 7200.
    assert stretch.end_s == 7200 + 3600


def test_a_gauge_that_falls_silent_keeps_the_limits_tight() -> None:
    rows = [(300.0 * n, 10.0) for n in range(1, 6)]
    (stretch,) = in_force(rows, coupling())
    assert stretch.end_s == float("inf")
    later = [*rows, (90_000.0, 0.0), (90_300.0, 0.0)]
    assert in_force(later, coupling())[0].end_s == float("inf")
    spoken = [*rows, *((90_000.0 + 300.0 * n, 0.0) for n in range(13))]
    assert in_force(spoken, coupling())[0].end_s == 93_600


def test_doubtful_readings_of_the_gauge_end_nothing() -> None:
    rows = [(300.0 * n, 10.0 if n <= 5 else 0.0) for n in range(1, 60)]
    made = history(rows)
    for place in range(6, len(made)):
        made.flags[place] = int(Flag.SUSPECT)
    (stretch,) = folded(coupling(), made).stretches()
    assert stretch.end_s == float("inf")


def test_a_depth_of_water_is_taken_as_it_is() -> None:
    wanted = Coupling(
        site="site",
        gauge=GAUGE._replace(quantity="ponding_depth_m"),
        over=0.15,
        window=timedelta(),
        hold=timedelta(minutes=30),
        factor=0.8,
        every=None,
    )
    rows = [(0.0, 0.1), (300.0, 0.2), *((600.0 + 300.0 * n, 0.0) for n in range(10))]
    assert in_force(rows, wanted) == [Stretch(300.0, 2100.0)]


@settings(max_examples=100, deadline=None)
@given(
    amounts=st.lists(st.sampled_from([0.0, 0.0, 5.0, 20.0, 60.0]), min_size=5, max_size=40),
    values=st.lists(st.sampled_from([0.0, 7.0, 8.5, 11.0, 17.0, 21.0]), min_size=5, max_size=40),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_order_of_rain_and_of_the_pit_s_readings_gives_the_same_final_history(
    amounts: list[float], values: list[float], seed: int
) -> None:
    entries = [rain(310.0 * n, amount) for n, amount in enumerate(amounts)]
    entries += [wall(300.0 * n, value) for n, value in enumerate(values)]
    entries.sort(key=lambda entry: entry.taken_at)
    last_s = 310.0 * max(len(amounts), len(values))
    end = [
        each
        for n in range(60)
        for each in (rain(last_s + 300.0 * n, 0.0), wall(last_s + 300.0 * n + 5, 0.0))
    ]
    straight, mixed = pit(), pit()
    told, other = run(straight, entries + end), run(mixed, shuffled(entries, seed) + end)
    assert final(other) == final(told)
    assert mixed.governor.forces[0].in_force == straight.governor.forces[0].in_force


@settings(max_examples=60, deadline=None)
@given(
    cut=st.integers(1, 60),
    amounts=st.lists(st.sampled_from([0.0, 5.0, 60.0]), min_size=60, max_size=60),
)
def test_a_restart_keeps_what_is_in_force(cut: int, amounts: list[float]) -> None:
    entries = [rain(310.0 * n, amount) for n, amount in enumerate(amounts)]
    straight, before, after = pit(), pit(), pit()
    run(straight, entries)
    run(before, entries[:cut])
    restarted(before, after, cut)
    run(after, entries)
    assert after.governor.forces[0].in_force == straight.governor.forces[0].in_force


def a_long_rain(amounts: Sequence[float]) -> list[Report]:
    """Rain every 5 min with its counter: dry for a day and more, then these amounts."""
    total, entries = 0.0, list[Report]()
    for n, amount in enumerate([*[0.0] * 400, *amounts]):
        total += amount
        told = {"rain_mm": amount, "rain_total_mm": total}
        entries.append(a_report("rain", "RG", "rain", 300.0 * n, told))
    return entries


def restarted(before: Judge, after: Judge, seq: int) -> Judge:
    for key in before.points:
        assert after.points.load(key, seq, before.points.dump(key)) is None
    after.take_surroundings()
    after.compute_joints()
    return after


@settings(max_examples=15, deadline=None)
@given(
    cuts=st.sets(st.integers(380, 900), min_size=1, max_size=4),
    amounts=st.lists(
        st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 4.0, 60.0]), min_size=20, max_size=60
    ),
    has_counter=st.booleans(),
)
def test_a_restart_when_much_is_forgotten_neither_ends_a_stretch_nor_begins_one(
    cuts: set[int], amounts: list[float], has_counter: bool
) -> None:
    known = district(WALL, couplings=[coupling()], has_counter=has_counter)
    entries = a_long_rain(amounts * (500 // len(amounts)))
    straight, other = judge_of(known), judge_of(known)
    run(straight, entries)
    done = 0
    for cut in sorted(cuts):
        run(other, entries[done:cut], first_seq=done + 1)
        other, done = restarted(other, judge_of(known), cut), cut
    run(other, entries[done:], first_seq=done + 1)
    assert other.governor.forces[0].in_force == straight.governor.forces[0].in_force


def test_a_stretch_of_which_only_the_begin_is_known_ends_no_sooner_than_its_window_is_full() -> (
    None
):
    rows = [(300.0 * n, 0.0) for n in range(60)]
    known = (Stretch(START_S - 50_000, float("inf")),)
    gauge, made = sensor("rain_mm", "rain"), history(rows)
    fold = GaugeFold(coupling=coupling(), sensor=gauge, history=made, stale_s=STALE_S, known=known)
    (stretch,) = fold.stretches()
    assert stretch == (START_S - 50_000, START_S + 7200 + 3600)


class Door:
    """A device that answers as it is told to."""

    def __init__(self, *fates: str) -> None:
        self.fates = list(fates)
        self.asked: list[tuple[str, float]] = []

    async def ask(self, site: str, device: str, every: timedelta) -> RateAnswer:
        self.asked.append((f"{site}/{device}", every.total_seconds()))
        return RateAnswer(self.fates.pop(0) if self.fates else "done", "")


def test_devices_are_told_to_report_oftener_and_back_again_and_silence_follows() -> None:
    here = pit()
    now = [at(1600)]
    door = Door("unanswered", "done")
    rates = Rates(governor=here.governor, door=door, now=lambda: now[0])
    asyncio.run(rates.look())
    assert door.asked == []
    run(here, WET)
    asyncio.run(rates.look())
    assert rates.views("site")[0].fate == "unanswered"
    watch = here.find(WALL.key)
    assert watch is not None
    here.tick(now[0], 1)
    assert watch.stale_s == 1800.0
    asyncio.run(rates.look())
    assert len(door.asked) == 1  # asked again only after a while
    now[0] = at(2000)
    asyncio.run(rates.look())
    assert door.asked == [("site/D-01", 300.0)] * 2
    here.tick(now[0], 1)
    assert watch.stale_s == 900.0
    run(here, dry(1800, 50), first_seq=50)
    now[0] = at(16_000)
    asyncio.run(rates.look())
    assert door.asked[-1] == ("site/D-01", 600.0)
    here.tick(now[0], 1)
    assert watch.stale_s == 1800.0


def test_a_rate_that_is_slower_than_usual_is_not_asked_for() -> None:
    here = pit(every_s=900.0)
    run(here, WET)
    assert wanted_rates(here.governor, at(1600).timestamp()) == {}
    assert to_ask({}, {}, {}, at(0)) == []
