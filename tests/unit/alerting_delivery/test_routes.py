"""Who is told about which alert at which hour, and in words why."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import Alert, AlertKind, NotifyReason, Recipient, Severity
from alerting.route import (
    LAST_RESORT,
    REPEAT_EVERY,
    Hours,
    Occasion,
    Person,
    Rota,
    Route,
    RouteTable,
    make_notices,
    notice_id,
    repeat_number,
)
from tests.unit.alerting_delivery.values import (
    NOW,
    TableRouter,
    english,
    make_alert,
    make_transition,
)

CHINA = timezone(timedelta(hours=8))
EVERY_DAY = frozenset(range(7))


def local(day: int, clock: str) -> datetime:
    """Give an instant of June 2026 (the 1st is a Monday) on the clock in China, in UTC."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 6, day, hour, minute, tzinfo=CHINA).astimezone(UTC)


def person(id_: str, role: str = "officer", **more: object) -> Person:
    roads = (Recipient(id=id_, name=id_.title(), channel="console", address="1"),)
    made = Person(id=id_, name=id_.title(), role=role, roads=roads)
    return replace(made, **more)  # type: ignore[arg-type]


def hours(starts: str, ends: str, days: frozenset[int] = EVERY_DAY) -> Hours:
    return Hours(
        days=days, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends), zone=CHINA
    )


def told(table: RouteTable, alert: Alert | None = None, now: datetime = NOW) -> list[str]:
    return [roads[0].id for roads in table.recipients(alert or make_alert(), now)]


class TestMatching:
    @pytest.mark.parametrize(
        ("matcher", "is_told"),
        [
            ({}, True),
            ({"sites": frozenset({"huanghe-tower"})}, True),
            ({"sites": frozenset({"jiahe-pit"})}, False),
            ({"hazards": frozenset({"crane", "pit"})}, True),
            ({"hazards": frozenset({"rain"})}, False),
            ({"kinds": frozenset({AlertKind.LIMIT})}, True),
            ({"kinds": frozenset({AlertKind.BLIND})}, False),
            ({"min_severity": Severity.SEVERE}, True),
            ({"min_severity": Severity.EXTREME}, False),
        ],
    )
    def test_a_route_matches_when_every_part_of_it_does(
        self, matcher: dict[str, object], is_told: bool
    ) -> None:
        route = replace(Route(name="r", people=("ann",)), **matcher)  # type: ignore[arg-type]
        table = RouteTable(people=[person("ann")], routes=[route])
        assert told(table) == (["ann"] if is_told else [LAST_RESORT.id])

    def test_the_first_route_that_tells_somebody_ends_the_search(self) -> None:
        routes = [Route(name="1", people=("ann",)), Route(name="2", people=("bob",))]
        assert told(RouteTable(people=[person("ann"), person("bob")], routes=routes)) == ["ann"]

    def test_continue_lets_later_routes_tell_too_and_nobody_twice(self) -> None:
        routes = [
            Route(name="1", people=("ann",), is_continued=True),
            Route(name="2", people=("bob", "ann")),
        ]
        table = RouteTable(people=[person("ann"), person("bob")], routes=routes)
        assert told(table) == ["ann", "bob"]

    def test_a_route_with_nobody_to_tell_does_not_end_the_search(self) -> None:
        people = [person("ann", sites=frozenset({"jiahe-pit"})), person("bob")]
        routes = [Route(name="1", people=("ann",)), Route(name="2", people=("bob",))]
        assert told(RouteTable(people=people, routes=routes)) == ["bob"]

    def test_a_role_tells_everybody_who_has_it_for_the_site(self) -> None:
        people = [
            person("ann", "keeper"),
            person("bob", "keeper", sites=frozenset({"huanghe-tower"})),
            person("cat", "keeper", sites=frozenset({"jiahe-pit"})),
            person("dan", "officer"),
        ]
        table = RouteTable(people=people, routes=[Route(name="r", roles=("keeper",))])
        assert told(table) == ["ann", "bob"]


class TestDuty:
    @pytest.mark.parametrize(
        ("window", "at", "is_on"),
        [
            (hours("08:00", "18:00"), local(1, "08:00"), True),
            (hours("08:00", "18:00"), local(1, "17:59"), True),
            (hours("08:00", "18:00"), local(1, "18:00"), False),
            (hours("22:00", "06:00"), local(1, "23:00"), True),
            (hours("22:00", "06:00"), local(2, "05:59"), True),
            (hours("22:00", "06:00"), local(2, "06:00"), False),
            (hours("22:00", "06:00", frozenset({0})), local(2, "05:00"), True),
            (hours("22:00", "06:00", frozenset({0})), local(1, "05:00"), False),
            (hours("22:00", "06:00", frozenset({6})), local(1, "05:00"), True),
            (hours("00:00", "00:00", frozenset({0})), local(1, "23:59"), True),
            (hours("00:00", "00:00", frozenset({0})), local(2, "00:00"), False),
            (hours("08:00", "18:00", frozenset({5, 6})), local(1, "12:00"), False),
        ],
    )
    def test_hours_are_local_and_may_pass_midnight(
        self, window: Hours, at: datetime, is_on: bool
    ) -> None:
        assert window.covers(at) is is_on

    def test_outside_their_hours_the_stand_in_is_told(self) -> None:
        people = [person("ann", hours=(hours("08:00", "18:00"),), stand_in="bob"), person("bob")]
        table = RouteTable(people=people, routes=[Route(name="r", people=("ann",))])
        assert told(table, now=local(1, "12:00")) == ["ann"]
        assert told(table, now=local(1, "20:00")) == ["bob"]

    def test_when_nobody_is_on_duty_everybody_named_is_told(self) -> None:
        people = [person(name, hours=(hours("08:00", "18:00"),)) for name in ("ann", "bob")]
        table = RouteTable(people=people, routes=[Route(name="r", people=("ann", "bob"))])
        night = local(1, "03:00")
        assert told(table, now=night) == ["ann", "bob"]
        said = english(table.why(make_alert(), night))
        assert any("everybody named is told" in line for line in said)

    @pytest.mark.parametrize(
        ("at", "on_duty"),
        [
            (local(1, "08:00"), "ann"),
            (local(2, "07:59"), "ann"),
            (local(2, "08:00"), "bob"),
            (local(3, "12:00"), "cat"),
            (local(4, "12:00"), "ann"),
            (datetime(2026, 5, 31, 12, 0, tzinfo=CHINA), "cat"),
        ],
    )
    def test_a_daily_rota_changes_at_the_handover(self, at: datetime, on_duty: str) -> None:
        assert told(rota_table(turn_days=1), now=at) == [on_duty]

    def test_a_weekly_rota_changes_after_seven_days(self) -> None:
        table = rota_table(turn_days=7)
        assert told(table, now=local(8, "07:59")) == ["ann"]
        assert told(table, now=local(8, "08:00")) == ["bob"]

    def test_the_next_on_the_rota_are_the_fall_backs(self) -> None:
        roads = rota_table(turn_days=1).recipients(make_alert(), local(2, "12:00"))
        assert [road.id for road in roads[0]] == ["bob", "cat", "ann"]

    def test_a_persons_own_roads_come_before_the_stand_ins(self) -> None:
        ann = person("ann", stand_in="bob")
        other = replace(ann.roads[0], channel="webhook", address="http://127.0.0.1/")
        people = [replace(ann, roads=(*ann.roads, other)), person("bob", stand_in="ann")]
        table = RouteTable(people=people, routes=[Route(name="r", people=("ann",))])
        (roads,) = table.recipients(make_alert(), NOW)
        assert [(road.id, road.channel) for road in roads] == [
            ("ann", "console"), ("ann", "webhook"), ("bob", "console"),
        ]  # fmt: skip

    @given(st.integers(-500_000, 4_000_000), st.integers(1, 9), st.booleans())
    def test_a_rota_always_has_exactly_one_order_of_all_members(
        self, minute: int, count: int, is_weekly: bool
    ) -> None:
        members = tuple(f"p{n}" for n in range(count))
        rota = replace(a_rota(7 if is_weekly else 1), members=members)
        at = NOW + timedelta(minutes=minute)
        order = rota.order(at)
        assert sorted(order) == sorted(members)
        later = rota.order(at + timedelta(days=rota.turn_days))
        assert later[0] == order[1 % count]


def a_rota(turn_days: int) -> Rota:
    return Rota(
        id="duty",
        name="duty room",
        members=("ann", "bob", "cat"),
        turn_days=turn_days,
        anchor=date(2026, 6, 1),
        handover=time(8, 0),
        zone=CHINA,
    )


def rota_table(turn_days: int) -> RouteTable:
    people = [person(name) for name in ("ann", "bob", "cat")]
    return RouteTable(
        people=people, rotas=[a_rota(turn_days)], routes=[Route(name="r", rotas=("duty",))]
    )


class TestNeverEmpty:
    def test_without_routes_the_last_resort_is_told(self) -> None:
        table = RouteTable()
        assert table.recipients(make_alert(), NOW) == [(LAST_RESORT,)]
        assert english(table.why(make_alert(), NOW)) == [
            f"no route names anybody, so the last resort is told: {LAST_RESORT.name}"
        ]

    def test_ids_that_do_not_exist_are_ignored(self) -> None:
        routes = [Route(name="r", people=("gone",), rotas=("none", "duty"), roles=("x",))]
        rota = replace(a_rota(1), members=("gone", "gone-too"))
        assert told(RouteTable(rotas=[rota], routes=routes)) == [LAST_RESORT.id]

    @given(
        severity=st.sampled_from(Severity),
        kind=st.sampled_from(AlertKind),
        minute=st.integers(0, 60 * 24 * 40),
        is_continued=st.lists(st.booleans(), min_size=3, max_size=3),
        names=st.lists(st.sampled_from(["ann", "bob", "cat"]), max_size=3),
    )
    def test_somebody_is_always_told_and_each_has_a_road(
        self,
        severity: Severity,
        kind: AlertKind,
        minute: int,
        is_continued: list[bool],
        names: list[str],
    ) -> None:
        people = [
            person("ann", hours=(hours("08:00", "12:00", frozenset({0, 3})),)),
            person("bob", sites=frozenset({"jiahe-pit"})),
            person("cat", hours=(hours("22:00", "02:00"),), stand_in="bob"),
        ]
        routes = [
            Route(name=f"r{n}", people=tuple(names), min_severity=Severity(n + 2), is_continued=on)
            for n, on in enumerate(is_continued)
        ]
        table = RouteTable(people=people, routes=routes)
        alert = make_alert(severity, kind=kind)
        now = NOW + timedelta(minutes=minute)
        roads = table.recipients(alert, now)
        assert roads
        assert all(roads)
        assert len({road[0].id for road in roads}) == len(roads)
        assert all(said.en and said.zh for said in table.why(alert, now))


class TestWhy:
    def test_it_names_every_route_and_person_with_the_reason(self) -> None:
        people = [
            person("ann"),
            person("bob", sites=frozenset({"jiahe-pit"})),
            person("cat", hours=(hours("08:00", "09:00", frozenset({2})),)),
        ]
        routes = [
            Route(name="rain", hazards=frozenset({"rain"}), people=("ann",)),
            Route(name="red", min_severity=Severity.EXTREME, people=("ann",)),
            Route(name="site", people=("ann", "bob", "cat")),
            Route(name="rest", people=("bob",)),
        ]
        assert english(RouteTable(people=people, routes=routes).why(make_alert(), NOW)) == [
            "route 'rain' does not match: it is for rain, not crane",
            "route 'red' does not match: it begins at extreme, this is severe",
            "route 'site' matches",
            "Ann is told by 'site' over console: named",
            "Bob is not told by 'site': answers for jiahe-pit only",
            "Cat is not told by 'site': off duty (on duty wed 08:00-09:00)",
            "route 'site' does not continue, so 'rest' was not asked",
        ]
        assert [
            said.zh for said in RouteTable(people=people, routes=routes).why(make_alert(), NOW)
        ] == [
            "路由“rain”不符合：仅用于“rain”，不含“crane”",
            "路由“red”不符合：红色起，本次橙色",
            "路由“site”符合",
            "“site”告知Ann（console）：被点名",
            "“site”不告知Bob：只负责“jiahe-pit”",
            "“site”不告知Cat：不在班（值班时间：周三 08:00-09:00）",
            "路由“site”不再往下，未询问“rest”",
        ]

    @pytest.mark.parametrize(
        ("route", "said"),
        [
            ({"kinds": frozenset({AlertKind.BLIND})}, "仅用于无法判断警报，不含超限警报"),
            ({"max_severity": Severity.MINOR}, "至蓝色止，本次橙色"),
            ({"places": frozenset({"Renhe"})}, "仅用于“Renhe”，不含未知地点"),
            ({"times": (hours("00:00", "00:00", frozenset({8})),)}, "仅用于休息日 00:00-00:00"),
        ],
    )
    def test_why_a_route_is_not_for_it_in_chinese(self, route: Any, said: str) -> None:
        table = RouteTable(
            people=[person("ann")], routes=[Route(name="r", people=("ann",), **route)]
        )
        first, *_ = table.why(make_alert(), NOW)
        assert first.zh == f"路由“r”不符合：{said}"
        assert table.why(make_alert(), NOW)[-1].zh.endswith("告知最后保底：看守控制台的人")

    def test_a_rota_says_who_is_on_duty(self) -> None:
        lines = english(rota_table(1).why(make_alert(), local(1, "12:00")))
        assert "Ann is told by 'r' over console: on duty in rota duty room" in lines
        assert "Bob is not told by 'r': Ann is on duty in rota duty room" in lines
        chinese = [said.zh for said in rota_table(1).why(make_alert(), local(1, "12:00"))]
        assert "“r”告知Ann（console）：在“duty room”当班" in chinese
        assert "“r”不告知Bob：在“duty room”当班的是Ann" in chinese


def every(table: RouteTable, severity: Severity = Severity.SEVERE) -> timedelta | None:
    ladder = table.ladder(make_alert(severity), NOW)
    return None if ladder is None else ladder.every


class TestReminders:
    def test_the_defaults_are_the_deadlines_for_acknowledging(self) -> None:
        table = RouteTable(people=[person("ann")], routes=[Route(name="r", people=("ann",))])
        given = [every(table, severity) for severity in Severity]
        assert given == [timedelta(minutes=m) for m in (30, 15, 10, 5)]

    def test_the_shortest_of_the_routes_that_tell_somebody_counts(self) -> None:
        slow = {Severity.SEVERE: timedelta(hours=2)}
        fast = {Severity.SEVERE: timedelta(minutes=2)}
        routes = [
            Route(name="1", people=("ann", "bob"), repeat_every=slow, is_continued=True),
            Route(name="2", people=("ann",), repeat_every=fast),
        ]
        table = RouteTable(people=[person("ann"), person("bob")], routes=routes)
        assert every(table) == timedelta(minutes=2)

    def test_never_means_never(self) -> None:
        route = Route(name="r", people=("ann",), repeat_every={Severity.SEVERE: None})
        assert every(RouteTable(people=[person("ann")], routes=[route])) is None

    def test_who_is_never_reminded_is_left_out_where_others_are(self) -> None:
        never: dict[Severity, timedelta | None] = {Severity.SEVERE: None}
        routes = [
            Route(name="1", people=("ann",), repeat_every=never, is_continued=True),
            Route(name="2", people=("bob",)),
        ]
        table = RouteTable(people=[person("ann"), person("bob")], routes=routes)
        assert asked_by(table, 1) == ["bob"]
        assert asked_by(table, 4) == ["bob", LAST_RESORT.id]

    def test_the_last_resort_is_reminded_too(self) -> None:
        assert every(RouteTable()) == REPEAT_EVERY[Severity.SEVERE]
        assert asked_by(RouteTable(), 1) == [LAST_RESORT.id]


def asked_by(table: RouteTable, n: int) -> list[str]:
    ladder = table.ladder(make_alert(), NOW)
    assert ladder is not None
    return [road.id for road, *_ in table.asked(make_alert(), ladder, ladder.rung(n), NOW).roads]


class TestNotices:
    def test_one_entry_per_person_due_at_once_with_the_fall_backs(self) -> None:
        ann, bob = person("ann").roads[0], person("bob").roads[0]
        router = TableRouter(roads=[(ann, bob), (bob,)])
        alert = make_alert()
        occasion = Occasion(
            alert=alert,
            transition=make_transition(alert),
            reason=NotifyReason.FIRST,
            remarks=("x",),
        )
        first, second = make_notices(occasion, router, NOW)
        assert (first.notice.recipient, first.fallbacks) == (ann, (bob,))
        assert (second.notice.recipient, second.fallbacks) == (bob, ())
        assert {first.due_at, first.notice.created_at} == {NOW}
        assert first.notice.remarks == ("x",)
        assert (
            make_notices(occasion, router, NOW + timedelta(days=1))[0].notice.id == first.notice.id
        )

    @pytest.mark.parametrize(
        ("reason", "asked"),
        [
            (NotifyReason.FIRST, Severity.MINOR),
            (NotifyReason.SEVERITY_ROSE, Severity.MINOR),
            (NotifyReason.CARD, Severity.MINOR),
            (NotifyReason.SEVERITY_FELL, Severity.EXTREME),
            (NotifyReason.CLEARED, Severity.EXTREME),
            (NotifyReason.WITHDRAWN, Severity.EXTREME),
        ],
    )
    def test_good_news_goes_to_all_who_heard_the_worst(
        self, reason: NotifyReason, asked: Severity
    ) -> None:
        alert = make_alert(Severity.MINOR, peak=Severity.EXTREME)
        router = TableRouter()
        occasion = Occasion(alert=alert, transition=make_transition(alert), reason=reason)
        (entry,) = make_notices(occasion, router, NOW)
        assert router.asked == [(asked, NOW)]
        assert entry.notice.alert is alert

    @given(
        st.lists(
            st.tuples(
                st.text(max_size=8),
                st.integers(0, 999),
                st.sampled_from(NotifyReason),
                st.text(max_size=8),
                st.integers(0, 999),
                st.sampled_from(["", "ann", "bob"]),
            ),
            unique=True,
            max_size=30,
        )
    )
    def test_ids_are_the_same_for_the_same_and_different_for_others(
        self, keys: list[tuple[str, int, NotifyReason, str, int, str]]
    ) -> None:
        ids = [notice_id(a, b, c, d, n=n, in_place_of=who) for a, b, c, d, n, who in keys]
        again = [notice_id(a, b, c, d, n=n, in_place_of=who) for a, b, c, d, n, who in keys]
        assert ids == again
        assert len(set(ids)) == len(keys)
        assert [repeat_number(id_) for id_ in ids] == [key[4] for key in keys]
        assert all(id_.isascii() and len(id_) < 64 for id_ in ids)

    def test_the_number_of_a_foreign_id_is_zero(self) -> None:
        assert repeat_number("made-elsewhere") == 0
