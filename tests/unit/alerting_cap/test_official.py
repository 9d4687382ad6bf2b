"""What official messages are to us: topic, place, time, and what replaces what in any order."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.cap.heard import CapRefused
from alerting.cap.official import OfficialRules, built_in_topics, warning_of
from alerting.cap.place import covers, distance_km, holds
from alerting.cap.read import read_message
from alerting.cap.values import Area, Circle, Message
from alerting.model import Severity
from alerting.official import OfficialBoard, OfficialForce
from alerting.warning import OfficialWarning
from sensors.coupling import OfficialCoupling
from sensors.model import Position
from tests.unit.alerting_cap.officials import (
    FAR,
    GOLDEN,
    HOUR,
    OVER_PIT,
    PIT,
    RULES,
    SENT,
    SPOTS,
    coded,
    info,
    message,
    taken,
)

COUPLING = OfficialCoupling(
    site="jiahe-pit", topic="rain", at_least=3, hold=timedelta(0), factor=0.8, every=None
)


def sites(one: Message) -> list[str]:
    return [each.site for each in taken(one).warning.over]


def board(*messages: Message) -> OfficialBoard:
    made = OfficialBoard()
    for each in messages:
        made.put(taken(each).warning)
    return made


def force(*messages: Message, coupling: OfficialCoupling = COUPLING) -> list[tuple[float, float]]:
    """Give the stretches of a coupling in hours after SENT."""
    found = OfficialForce(coupling, board(*messages)).in_force
    return [
        ((each.start_s - SENT.timestamp()) / 3600, (each.end_s - SENT.timestamp()) / 3600)
        for each in found
    ]


class TestGolden:
    def test_the_rain_warning_is_for_the_district_by_its_code(self) -> None:
        heard = read_message((GOLDEN / "rain-red-zh.xml").read_bytes())
        found = warning_of(heard, SPOTS, RULES, SENT).warning
        assert (found.topic, found.severity) == ("rain", Severity.EXTREME)
        assert [(each.site, each.why) for each in found.over] == [
            ("jiahe-pit", "it lies within 440111")
        ]
        assert found.headline.zh == "示例气象台发布暴雨红色预警信号"
        assert found.ends_at == SENT + 6 * HOUR

    def test_the_flood_warning_is_for_what_lies_in_its_outline(self) -> None:
        heard = read_message((GOLDEN / "flood-outline-en.xml").read_bytes())
        found = warning_of(heard, SPOTS, RULES, SENT).warning
        assert (found.topic, found.severity) == ("flood", Severity.SEVERE)
        assert [each.site for each in found.over] == ["jiahe-pit"]
        assert found.headline == (
            "Flood warning for the lower Example", "下游示例河洪水预警",
        )  # fmt: skip


class TestTopic:
    @pytest.mark.parametrize(
        ("event", "topic"),
        [
            ("暴雨", "rain"), ("Rainstorm", "rain"), ("山洪", "flood"), ("River Flood", "flood"),
            ("台风", "typhoon"), ("大风", "wind"), ("地质灾害气象风险", "landslide"),
            ("Child Abduction", ""), ("高温", ""),
        ],
    )  # fmt: skip
    def test_it_is_known_by_words(self, event: str, topic: str) -> None:
        one = message(infos=(info(event=event, headline=""),))
        assert taken(one).warning.topic == topic


class TestPlace:
    @pytest.mark.parametrize(
        ("area", "expected"),
        [
            (OVER_PIT, ["jiahe-pit"]),
            (Area(description="x", circles=(Circle(PIT.position, 0.0),)), ["jiahe-pit"]),
            (Area(description="x", circles=(Circle(Position(24.5, 113.3), 1.0),)), []),
            (coded("440111"), ["jiahe-pit"]),
            (coded("440100"), ["jiahe-pit", "far"]),
            (coded("440000000000"), ["jiahe-pit", "far"]),
            (coded("440111019000"), ["jiahe-pit"]),
            (coded("440112", "440113"), ["far"]),
            (coded("110000"), []),
            (Area(description="广州市白云区"), ["jiahe-pit", "far"]),
            (Area(description="somewhere"), ["jiahe-pit", "far"]),
        ],
    )
    def test_a_message_is_for_the_sites_in_its_area(self, area: Area, expected: list[str]) -> None:
        assert sites(message(infos=(info(areas=(area,)),))) == expected

    def test_where_nobody_can_tell_it_is_taken_to_be_and_says_so(self) -> None:
        found = taken(message(infos=(info(areas=()),)))
        assert [each.site for each in found.warning.over] == ["jiahe-pit", "far"]
        assert any("taken to be for every site" in said for said in found.remarks)

    def test_the_worst_block_that_is_for_a_site_counts(self) -> None:
        blocks = (
            info(severity="Minor"),
            info(severity="Severe"),
            info(severity="Extreme", areas=(coded("440113"),)),
        )
        found = taken(message(infos=blocks)).warning
        assert found.severity_at("jiahe-pit") is Severity.SEVERE
        assert found.severity_at("far") is Severity.EXTREME

    def test_codes_of_other_schemes_decide_nothing(self) -> None:
        area = Area(
            description="x", geocodes=((coded("006109").geocodes[0]._replace(name="SAME")),)
        )
        assert sites(message(infos=(info(areas=(area,)),))) == ["jiahe-pit", "far"]

    @given(st.floats(-80, 80), st.floats(-170, 170), st.floats(0.001, 5))
    def test_a_square_holds_its_middle_and_not_what_lies_beyond(
        self, lat: float, lon: float, half: float
    ) -> None:
        ring = [
            Position(lat + down * half, lon + right * half)
            for down, right in ((-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1))
        ]
        assert holds(ring, Position(lat, lon))
        assert not holds(ring, Position(lat + 2.1 * half, lon))
        assert not holds(ring, Position(lat, lon - 2.1 * half))

    def test_a_degree_of_latitude_is_111_km(self) -> None:
        assert distance_km(Position(23, 113), Position(24, 113)) == pytest.approx(111.2, abs=0.1)

    def test_a_street_does_not_cover_another(self) -> None:
        assert not covers("440111002000", FAR.codes)
        assert covers("440111002000", ("440111002003",))


class TestTime:
    def test_without_an_end_it_holds_for_a_day_and_says_so(self) -> None:
        found = taken(message(infos=(info(expires=None),)))
        assert found.warning.ends_at == SENT + 24 * HOUR
        assert "it names no end: taken to hold 24 h" in found.remarks

    def test_an_end_in_the_far_future_is_cut(self) -> None:
        found = taken(message(infos=(info(expires=SENT + timedelta(days=900)),)))
        assert found.warning.ends_at == SENT + timedelta(days=7)
        assert any("7 d at most" in said for said in found.remarks)


class TestRefusals:
    @pytest.mark.parametrize(
        ("one", "what"),
        [
            (message(kind="Ack", replaces=("w0",)), "between systems"),
            (message(kind="Cancel"), "must name in references"),
            (message(sender="gw.example"), "of this program itself"),
            (message(after_h=1.0), "ahead of this machine's clock"),
        ],
    )
    def test_what_must_not_be_taken_is_refused(self, one: Message, what: str) -> None:
        with pytest.raises(CapRefused, match=what):
            taken(one, now=SENT)

    def test_senders_that_are_not_believed_are_refused(self) -> None:
        rules = OfficialRules(topics=built_in_topics(), senders=("met.example",))
        with pytest.raises(CapRefused, match=r"is not believed; allowed: met\.example"):
            taken(message(), rules=rules)


class TestForce:
    def test_it_holds_until_it_expires(self) -> None:
        assert force(message()) == [(0.0, 6.0)]

    def test_a_cancellation_ends_it_at_the_instant_it_was_sent(self) -> None:
        end = message("w2", after_h=2.0, kind="Cancel", replaces=("w1",))
        assert force(message(), end) == [(0.0, 2.0)]

    def test_an_update_takes_its_place(self) -> None:
        more = message("w2", after_h=2.0, kind="Update", replaces=("w1",))
        assert force(message(), more) == [(0.0, 8.0)]

    def test_an_update_to_yellow_sets_limits_free(self) -> None:
        sent = SENT + 2 * HOUR
        mild = (info(severity="Moderate", expires=sent + 6 * HOUR),)
        less = message("w2", after_h=2.0, kind="Update", replaces=("w1",), infos=mild)
        assert force(message(), less) == [(0.0, 2.0)]

    def test_nobody_else_can_end_it(self) -> None:
        end = message(
            "w2", after_h=2.0, kind="Cancel", replaces=("w1",), sender="other@example.invalid"
        )
        assert force(message(), end) == [(0.0, 6.0)]

    @pytest.mark.parametrize("status", ["Exercise", "Test", "System", "Draft"])
    def test_what_is_not_meant_tightens_nothing_and_ends_nothing(self, status: str) -> None:
        assert force(message(status=status)) == []
        end = message("w2", after_h=2.0, kind="Cancel", replaces=("w1",), status=status)
        assert force(message(), end) == [(0.0, 6.0)]

    def test_other_topics_and_places_tighten_nothing(self) -> None:
        assert force(message(infos=(info(event="高温", headline=""),))) == []
        assert force(message(infos=(info(areas=(coded("440113"),)),))) == []
        assert force(message(infos=(info(severity="Moderate"),))) == []
        assert force(message(infos=(info(severity="Unknown"),))) == []

    def test_it_holds_on_for_as_long_as_the_site_file_says(self) -> None:
        longer = OfficialCoupling(
            site="jiahe-pit", topic="rain", at_least=3, hold=3 * HOUR, factor=0.5, every=None
        )
        assert force(message(), coupling=longer) == [(0.0, 9.0)]
        factor, why = OfficialForce(longer, board(message())).factor_at(SENT.timestamp() + 60)
        assert factor == 0.5
        assert why.en == (
            "limits tightened x 0.5 since 2026-06-01 14:00 +08:00"
            " because of an official rain warning, orange or worse"
        )
        assert "官方暴雨橙色及以上预警" in why.zh

    def test_a_site_is_told_what_is_in_force_worst_first(self) -> None:
        held = board(message("a", infos=(info(severity="Minor"),)), message("b"))
        found = held.in_force("jiahe-pit", SENT + HOUR)
        assert [each.name.identifier for each in found] == ["b", "a"]
        assert held.in_force("jiahe-pit", SENT + 7 * HOUR) == []
        assert held.in_force("elsewhere", SENT + HOUR) == []

    def test_in_any_order_the_same_stretches_follow(self) -> None:
        several = [
            message("w1"),
            message("w2", after_h=1.0, kind="Update", replaces=("w1",)),
            message("w3", after_h=3.0, kind="Update", replaces=("w1", "w2")),
            message("w4", after_h=4.0, kind="Cancel", replaces=("w3",)),
        ]
        for order in permutations(several):
            assert force(*order) == [(0.0, 4.0)]

    @given(st.permutations(range(6)), st.lists(st.booleans(), min_size=6, max_size=6))
    def test_a_force_follows_step_by_step_to_what_it_finds_at_once(
        self, order: list[int], are_ends: list[bool]
    ) -> None:
        chain = [
            message(
                f"w{n}",
                after_h=float(n),
                kind="Cancel" if n and are_ends[n] else "Update" if n else "Alert",
                replaces=(f"w{n - 1}",) if n else (),
            )
            for n in range(6)
        ]
        held = OfficialBoard()
        following = OfficialForce(COUPLING, held)
        for place in order:
            before = list(following.in_force)
            held.put(taken(chain[place]).warning)
            from_s = following.take()
            assert (from_s is None) == (before == following.in_force)
        assert following.in_force == OfficialForce(COUPLING, board(*chain)).in_force


def test_of_very_many_those_over_first_are_forgotten() -> None:
    held, first = OfficialBoard(), taken(message("w0")).warning
    held.put(first)
    for n in range(1, 2_100):
        held.put(later(first, n))
    assert len(held.known()) == 2_000
    assert first.name not in held


def later(one: OfficialWarning, n: int) -> OfficialWarning:
    name = one.name._replace(identifier=f"w{n}")
    return replace(one, name=name, ends_at=one.ends_at + timedelta(seconds=n))
