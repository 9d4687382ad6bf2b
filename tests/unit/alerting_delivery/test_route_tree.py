"""The tree of routes, the calendar, rotas with their exceptions, ladders; and gaps in all of it."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import Alert, AlertKind, Severity
from alerting.route import LAST_RESORT, Calendar, Hours, Known, RouteTable, load_routes
from sensors.document import Fault
from tests.unit.alerting_delivery.values import english, make_alert

CHINA = timezone(timedelta(hours=8))

PEOPLE = """\
people:
  - {id: ann, name: Ann, role: keeper, contacts: [{channel: console}]}
  - {id: bob, name: Bob, role: duty, contacts: [{channel: webhook, address: "http://127.0.0.1:9"},
      {channel: console}]}
  - {id: cat, name: Cat, role: duty, contacts: [{channel: console}]}
  - {id: dan, name: Dan, role: town, places: [Renhe, "44"], contacts: [{channel: console}]}
rotas:
  - {id: duty, name: duty room, members: [ann, bob, cat], rotate: day, anchor: 2026-06-01}
"""
HOLIDAYS = """\
holidays:
  - {name: Dragon Boat, from: 2026-06-19, until: 2026-06-21}
working_days: [2026-06-14]
"""


def at(day: int, clock: str = "12:00") -> datetime:
    """Give an instant of June 2026 on the clock in China; the 1st is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 6, day, hour, minute, tzinfo=CHINA).astimezone(UTC)


def load(
    tmp_path: Path, routes: str, people: str = PEOPLE, known: Known | None = None
) -> tuple[RouteTable, list[str]]:
    (tmp_path / "people.yaml").write_text(people)
    (tmp_path / "routes.yaml").write_text(routes)
    (tmp_path / "holidays.yaml").write_text(HOLIDAYS)
    table, faults = load_routes(tmp_path, known or Known())
    return table, [shown(fault, tmp_path) for fault in faults]


def shown(fault: Fault, tmp_path: Path) -> str:
    return str(fault).replace(f"{tmp_path}/", "")


def good(tmp_path: Path, routes: str, people: str = PEOPLE) -> RouteTable:
    table, faults = load(tmp_path, routes, people)
    assert faults == []
    return table


def told(table: RouteTable, alert: Alert, now: datetime) -> list[str]:
    return [roads[0].id for roads in table.recipients(alert, now)]


def chinese(table: RouteTable, now: datetime) -> list[str]:
    return [said.zh for said in table.why(make_alert(), now)]


TREE = """\
timezone: Asia/Shanghai
times:
  - {id: working, hours: [{days: [workday], from: "08:00", until: "18:00"}]}
routes:
  - name: flood
    match: {hazards: [flood]}
    recipients: {people: [ann]}
    repeat_every: {severe: 7m}
    routes:
      - name: in Renhe
        match: {places: [Renhe]}
        recipients: {people: [dan]}
      - name: by day
        match: {times: [working], max_severity: severe}
        recipients: {people: [bob]}
        over: [console]
      - name: at night, the same people over the console
        match: {min_severity: extreme}
        over: [console]
  - name: rest
    recipients: {people: [cat]}
"""


class TestTree:
    def flood(self, severity: Severity = Severity.SEVERE) -> Alert:
        return make_alert(severity, hazard="flood")

    def test_a_route_inside_takes_the_place_of_the_one_around_it(self, tmp_path: Path) -> None:
        table = good(tmp_path, TREE)
        assert told(table, self.flood(), at(2)) == ["bob"]
        assert told(table, self.flood(), at(2, "20:00")) == ["ann"]
        assert told(table, make_alert(), at(2)) == ["cat"]

    def test_it_may_be_for_a_place(self, tmp_path: Path) -> None:
        table = good(tmp_path, TREE)
        table.places_of = lambda alert: frozenset({"Renhe"} if alert.value == 1.0 else ())
        assert told(table, make_alert(hazard="flood", value=1.0), at(2)) == ["dan"]
        assert told(table, make_alert(hazard="flood", value=2.0), at(2)) == ["bob"]

    def test_what_it_does_not_say_it_has_from_the_one_around_it(self, tmp_path: Path) -> None:
        table = good(tmp_path, TREE)
        assert told(table, self.flood(Severity.EXTREME), at(2)) == ["ann"]
        ladder = table.ladder(self.flood(), at(2))
        assert ladder is not None
        assert ladder.every == timedelta(minutes=7)

    def test_the_channels_it_wants_come_first_and_the_others_stay(self, tmp_path: Path) -> None:
        table = good(tmp_path, TREE)
        (roads,) = table.recipients(self.flood(), at(2))
        assert [road.channel for road in roads] == ["console", "webhook"]

    def test_it_says_why_in_the_order_it_asked(self, tmp_path: Path) -> None:
        table = good(tmp_path, TREE)
        assert english(table.why(self.flood(), at(2))) == [
            "route 'flood' matches; routes inside it tell people in its place",
            "route 'in Renhe' does not match: it is for Renhe, not a place that is not known",
            "route 'by day' matches",
            "Bob is told by 'by day' over console: named",
            "route 'by day' does not continue, so"
            " 'at night, the same people over the console', 'rest' was not asked",
        ]

    def test_a_place_of_a_person_counts_like_a_site(self, tmp_path: Path) -> None:
        routes = "routes:\n  - {name: a, recipients: {roles: [town, keeper]}}\n"
        table = good(tmp_path, routes)
        assert told(table, make_alert(), at(2)) == ["ann"]
        table.places_of = lambda _alert: frozenset({"44"})
        assert told(table, make_alert(), at(2)) == ["dan", "ann"]


class TestCalendar:
    def test_holidays_and_worked_weekends_are_what_the_file_says(self, tmp_path: Path) -> None:
        table = good(tmp_path, TREE)
        flood = make_alert(hazard="flood")
        days = {day: told(table, flood, at(day)) for day in (13, 14, 18, 19, 21, 22)}
        assert days == {
            13: ["ann"], 14: ["bob"], 18: ["bob"], 19: ["ann"], 21: ["ann"], 22: ["bob"],
        }  # fmt: skip

    @given(day=st.dates(date(2026, 1, 1), date(2027, 1, 1)), clock=st.times())
    def test_every_instant_is_either_worked_or_off(self, day: date, clock: time) -> None:
        calendar = Calendar(
            holidays={date(2026, 6, 19): "x"}, working=frozenset({date(2026, 6, 14)})
        )
        now = datetime.combine(day, clock, CHINA)
        whole = {"starts": time(0), "ends": time(0), "zone": CHINA, "calendar": calendar}
        worked = Hours(days=frozenset({7}), **whole)  # type: ignore[arg-type]
        off = Hours(days=frozenset({8}), **whole)  # type: ignore[arg-type]
        assert worked.covers(now) != off.covers(now)


ROTA = "routes:\n  - {name: a, recipients: {rotas: [duty]}}\n"


class TestRotas:
    def test_each_handover_of_a_day_begins_a_turn(self, tmp_path: Path) -> None:
        people = PEOPLE.replace("rotate: day", 'rotate: shift, handover: ["08:00", "20:00"]')
        table = good(tmp_path, ROTA, people)
        clocks = [
            (1, "07:59"),
            (1, "08:00"),
            (1, "20:00"),
            (2, "08:00"),
            (2, "20:00"),
            (3, "07:59"),
        ]
        found = [told(table, make_alert(), at(*clock))[0] for clock in clocks]
        assert found == ["cat", "ann", "bob", "cat", "ann", "ann"]

    def test_somebody_else_may_take_a_duty_for_a_while(self, tmp_path: Path) -> None:
        instead = 'instead: [{from: "2026-06-01 10:00", until: "2026-06-01 12:00", person: dan}]'
        people = PEOPLE.replace("anchor: 2026-06-01}", f"anchor: 2026-06-01, {instead}}}")
        table = good(tmp_path, ROTA, people)
        assert told(table, make_alert(), at(1, "09:59")) == ["ann"]
        assert told(table, make_alert(), at(1, "10:00")) == ["dan"]
        assert told(table, make_alert(), at(1, "12:00")) == ["ann"]
        lines = english(table.why(make_alert(), at(1, "11:00")))
        assert "Dan is told by 'a' over console: has taken the duty in rota duty room" in lines
        assert "“a”告知Dan（console）：在“duty room”替班" in chinese(table, at(1, "11:00"))

    def test_who_is_on_leave_is_passed_over(self, tmp_path: Path) -> None:
        leave = "leave: [{from: 2026-06-01, until: 2026-06-03, note: ill}]"
        people = PEOPLE.replace("role: keeper,", f"role: keeper, {leave},")
        table = good(tmp_path, ROTA, people)
        assert told(table, make_alert(), at(1)) == ["bob"]
        lines = english(table.why(make_alert(), at(1)))
        assert "Ann is not told by 'a': on leave until 2026-06-03 00:00 (ill)" in lines
        assert "“a”不告知Ann：休假至 2026-06-03 00:00（ill）" in chinese(table, at(1))
        assert told(table, make_alert(), at(4)) == ["ann"]

    def test_when_all_are_on_leave_the_file_is_refused_and_all_are_told(
        self, tmp_path: Path
    ) -> None:
        leave = "leave: [{from: 2026-06-05, until: 2026-06-07}],"
        people = PEOPLE.replace("role: keeper,", f"role: keeper, {leave}")
        people = people.replace("role: duty,", f"role: duty, {leave}")
        table, faults = load(tmp_path, ROTA, people)
        assert len(faults) == 1
        assert "'a': on Friday 2026-06-05 00:00 nobody of Ann, Bob, Cat is on duty" in faults[0]
        assert sorted(told(table, make_alert(), at(5))) == ["ann", "bob", "cat"]
        last = table.why(make_alert(), at(5))[-1]
        assert last.en.startswith("nobody on duty was found, so every")
        assert last.zh == "无人在班，故告知所有被指定的人：Bob, Cat, Ann"


class TestGaps:
    def test_a_holiday_with_nobody_on_duty_is_found(self, tmp_path: Path) -> None:
        hours = 'on_duty: [{days: [%s], from: "00:00", until: "00:00"}],'
        people = PEOPLE.replace("role: keeper,", "role: keeper, " + hours % "workday")
        people = people.replace("role: town,", "role: town, " + hours % "sat, sun")
        people = people.replace('places: [Renhe, "44"], ', "")
        routes = "routes:\n  - {name: a, recipients: {roles: [keeper, town]}}\n"
        _, faults = load(tmp_path, routes, people)
        assert len(faults) == 1
        assert "on Friday 2026-06-19 00:00 nobody of Ann, Dan is on duty" in faults[0]

    def test_a_gap_in_the_middle_of_a_leave_is_found(self, tmp_path: Path) -> None:
        leave = "leave: [{from: 2026-06-03, until: 2026-06-05}],"
        people = PEOPLE.replace("role: keeper,", f"role: keeper, {leave}")
        hours = 'on_duty: [{days: [wed], from: "00:00", until: "00:00"}],'
        people = people.replace("role: town,", f"role: town, {hours}")
        people = people.replace('places: [Renhe, "44"], ', "")
        routes = "routes:\n  - {name: a, recipients: {roles: [keeper, town]}}\n"
        _, faults = load(tmp_path, routes, people)
        assert len(faults) == 1
        assert "on Thursday 2026-06-04 00:00 nobody of Ann, Dan is on duty" in faults[0]

    def test_a_route_by_day_alone_leaves_the_nights_open(self, tmp_path: Path) -> None:
        routes = (
            'times:\n  - {id: day, hours: [{from: "08:00", until: "20:00"}]}\n'
            "routes:\n  - {name: a, match: {times: [day]}, recipients: {people: [ann]}}\n"
        )
        _, faults = load(tmp_path, routes)
        assert faults[0].startswith("routes.yaml:3: nobody would be told about any hazard of any")


LADDERS = """\
ladder: confirm
ladders:
  - id: confirm
    severe:
      wait: 10m
      over: [webhook]
      then:
        - {name: next, ask: {rotas: [duty]}, turn: 1, wait: 5m}
        - {name: town, ask: {roles: [town]}, wait: 3m}
        - {name: again, over: [webhook], wait: 1m}
      every: 2m
routes:
  - {name: own, match: {kinds: [system]}, recipients: {people: [ann]},
     repeat_every: {severe: never}}
  - {name: a, recipients: {rotas: [duty]}}
"""


class TestLadders:
    def ids(self, table: RouteTable, n: int, now: datetime) -> list[str]:
        alert = make_alert()
        ladder = table.ladder(alert, now)
        assert ladder is not None
        return [roads[0].id for roads in table.asked(alert, ladder, ladder.rung(n), now).roads]

    def test_each_rung_asks_whom_it_names(self, tmp_path: Path) -> None:
        table = good(tmp_path, LADDERS)
        ladder = table.ladder(make_alert(), at(1))
        assert ladder is not None
        assert [(rung.name, rung.wait) for rung in ladder.rungs] == [
            ("first notices", timedelta(minutes=10)),
            ("next", timedelta(minutes=5)),
            ("town", timedelta(minutes=3)),
            ("again", timedelta(minutes=1)),
        ]
        assert [self.ids(table, n, at(1)) for n in range(4)] == [["ann"], ["bob"], [], ["ann"]]
        assert self.ids(table, 4, at(1)) == ["ann", "bob", LAST_RESORT.id]

    def test_a_severity_without_rungs_is_reminded(self, tmp_path: Path) -> None:
        ladder = good(tmp_path, LADDERS).ladder(make_alert(Severity.MINOR), at(1))
        assert ladder is not None
        assert (ladder.name, ladder.every) == ("reminders", timedelta(minutes=30))

    def test_never_is_stronger_than_a_ladder(self, tmp_path: Path) -> None:
        table = good(tmp_path, LADDERS)
        assert table.ladder(make_alert(kind=AlertKind.SYSTEM), at(1)) is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("ladder: confirm\n", "ladder: confrim\n", "routes.yaml:1: there is no ladder 'confrim'"),
        (
            "rotas: [duty]}, turn",
            "rotas: [dusty]}, turn",
            "routes.yaml:8: there is no rota 'dusty'",
        ),
        ("roles: [town]", "roles: [twon]", "routes.yaml:9: there is no role 'twon'"),
        ("turn: 1", "turn: 99", "routes.yaml:8: turn: "),
        ("ask: {roles: [town]}", "turn: 2", "routes.yaml:9: `turn` counts turns of a rota"),
        ("over: [webhook], wait", "over: [webhok], wait", "routes.yaml:10: there is no channel"),
        ("every: 2m", "every: 1s", "routes.yaml:11: every: "),
        ("wait: 3m", "wait: soon", "routes.yaml:9: wait: "),
        ("{name: a,", "{name: a, match: {times: [noon]},", "routes.yaml:15: there is no hours"),
        ("{name: a,", "{name: own,", "routes.yaml:15: name 'own' is used twice, first on line 13"),
        (
            "{name: a,",
            "{name: a, match: {min_severity: severe, max_severity: minor},",
            "routes.yaml:15: it ends at minor before it begins at severe",
        ),
        (
            "{name: a,",
            "{name: a, match: {places: [Mars]},",
            "routes.yaml:15: there is no place 'Mars'",
        ),
    ],
)
def test_a_mistake_in_ladders_is_shown_with_its_line(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    assert old in LADDERS
    known = Known(places=("Renhe", "44"))
    _, faults = load(tmp_path, LADDERS.replace(old, new), known=known)
    assert any(each.startswith(fault) for each in faults), faults


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("holidays", "until: 2026-06-21", "until: 2026-06-01", "holidays.yaml:2: it ends before"),
        ("holidays", "2026-06-14", "2026-06-15", "holidays.yaml:3: 2026-06-15 is a Monday, worked"),
        ("holidays", "until: 2026-06-21", "until: 2027-06-01", "holidays.yaml:2: it is too long"),
        (
            "people",
            "rotate: day",
            'rotate: week, handover: ["08:00", "20:00"]',
            "people.yaml:8: rota 'duty' changes by the week and has several handovers",
        ),
        (
            "people",
            "rotate: day",
            "rotate: day, instead: [{from: 2026-06-02, until: 2026-06-01, person: eve}]",
            "people.yaml:8: there is no person 'eve'",
        ),
        (
            "people",
            "role: keeper,",
            "role: keeper, leave: [{from: 2026-06-02, until: 2026-06-01}],",
            "people.yaml:2: it ends before it begins",
        ),
        (
            "people",
            "role: keeper,",
            'role: keeper, leave: [{from: "2026-06-02T08:00Z", until: 2026-06-03}],',
            "people.yaml:2: from: an instant carries an offset",
        ),
    ],
)
def test_a_mistake_in_people_and_days_is_shown_with_its_line(
    tmp_path: Path, name: str, old: str, new: str, fault: str
) -> None:
    (tmp_path / "routes.yaml").write_text(ROTA)
    for file, text in (("people", PEOPLE), ("holidays", HOLIDAYS)):
        (tmp_path / f"{file}.yaml").write_text(text.replace(old, new) if file == name else text)
    _, faults = load_routes(tmp_path, Known())
    assert any(shown(each, tmp_path).startswith(fault) for each in faults), faults
