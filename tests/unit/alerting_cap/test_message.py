"""Our alerts as messages of CAP: valid for every hazard, severity and kind of message."""

import math
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerting.cap.check import faults_of
from alerting.cap.hazards import BUILT_IN, HazardsRefused, built_in, load_hazards
from alerting.cap.issue import Cards, issues_of
from alerting.cap.message import CapConfig, Scene, message_of
from alerting.cap.read import read_message
from alerting.cap.sign import Unsigned
from alerting.cap.values import Message
from alerting.model import AlertKind, AlertState, Mark, Severity
from alerting.model import TransitionKind as Step
from alerting.rules import load_packs
from sensors.model import Position, SensorKey
from tests.unit.alerting_cap.shape import CAP, faults
from tests.unit.alerting_cap.values import alert_after, past
from tests.unit.alerting_delivery.values import NOW, make_card

LATER = NOW + timedelta(hours=1)
EVERY_HAZARD = sorted([*built_in().names, "something_new"])
LIVES = {
    "Alert": (Step.RAISED,),
    "Update": (Step.RAISED, Step.UPGRADED),
    "Cancel": (Step.RAISED, Step.UPGRADED, Step.CLEARED),
}
# Typed out from the mapping of kinds: category, and response at orange.
MAPPED = {
    "crane_wind": ("Safety Infra", "Avoid"),
    "crane_overload": ("Safety Infra", "Avoid"),
    "pit_deformation": ("Geo Infra", "Evacuate"),
    "pit_support": ("Geo Infra", "Evacuate"),
    "formwork_collapse": ("Safety Infra", "Evacuate"),
    "rainstorm": ("Met", "Monitor"),
    "river_flood": ("Met Infra", "Evacuate"),
    "ponding": ("Transport Met", "Avoid"),
}
COLOURS = {
    Severity.MINOR: ("Minor", "Future", "Possible"),
    Severity.MODERATE: ("Moderate", "Expected", "Likely"),
    Severity.SEVERE: ("Severe", "Expected", "Observed"),
    Severity.EXTREME: ("Extreme", "Immediate", "Observed"),
}


def last_message(
    kind: str = "Alert", config: CapConfig | None = None, **changes: object
) -> Message:
    scene = changes.pop("scene", Scene())
    severity = changes.pop("severity", Severity.SEVERE)
    steps = past(*LIVES[kind], severity=severity)
    alert = alert_after(steps, **changes)
    issue = issues_of(alert, steps, LATER)[-1]
    assert isinstance(scene, Scene)
    return message_of(alert, issue, config or CapConfig(), scene)


def written(message: Message) -> "etree._Element":
    return etree.fromstring(Unsigned().bytes_of(message))


def text_of(root: "etree._Element", path: str) -> str:
    return root.findtext("/".join(f"{{{CAP}}}{part}" for part in path.split("/"))) or ""


@pytest.mark.parametrize("kind", LIVES)
@pytest.mark.parametrize("severity", Severity, ids=lambda each: each.word)
@pytest.mark.parametrize("hazard", EVERY_HAZARD)
class TestEveryMessage:
    def test_has_the_shape_and_no_fault(self, hazard: str, severity: Severity, kind: str) -> None:
        message = last_message(kind, hazard=hazard, severity=severity)
        assert message.kind == kind
        assert faults_of(message) == []
        assert faults(written(message)) == []

    def test_is_read_back_as_it_was(self, hazard: str, severity: Severity, kind: str) -> None:
        message = last_message(kind, hazard=hazard, severity=severity)
        heard = read_message(Unsigned().bytes_of(message))
        assert heard.message == message
        assert heard.remarks == ()


class TestMapping:
    def test_every_hazard_of_the_packs_is_in_the_table(self) -> None:
        packs, _ = load_packs()
        hazards = {
            rule.hazard for kind in packs.values() for pack in kind for rule in pack.spec.rules
        }
        assert hazards - built_in().names == set()

    @pytest.mark.parametrize(("hazard", "mapped"), MAPPED.items())
    def test_hazards_are_mapped(self, hazard: str, mapped: tuple[str, str]) -> None:
        info = last_message(hazard=hazard).infos[0]
        assert (" ".join(info.categories), *info.responses) == mapped

    def test_a_level_calls_to_prepare_before_it_calls_to_leave(self) -> None:
        low = last_message(hazard="river_flood", severity=Severity.MODERATE)
        assert low.infos[0].responses == ("Prepare",)

    @pytest.mark.parametrize(("severity", "words"), COLOURS.items())
    def test_colours_are_mapped(self, severity: Severity, words: tuple[str, str, str]) -> None:
        info = last_message(severity=severity).infos[0]
        assert (info.severity, info.urgency, info.certainty) == words

    def test_the_end_of_an_alert_is_all_clear_and_past(self) -> None:
        info = last_message("Cancel").infos[0]
        assert (info.responses, info.urgency, info.certainty) == (
            ("AllClear",), "Past", "Observed",
        )  # fmt: skip

    def test_a_withdrawn_alert_says_that_it_was_an_error(self) -> None:
        steps = past(Step.RAISED, Step.WITHDRAWN)
        alert = alert_after(steps, state=AlertState.WITHDRAWN)
        message = message_of(alert, issues_of(alert, steps, LATER)[-1], CapConfig(), Scene())
        assert message.infos[0].certainty == "Unlikely"
        assert "误报" in message.infos[0].description
        assert "in error" in message.infos[1].description

    def test_a_blind_alert_asks_to_look_and_claims_nothing(self) -> None:
        steps = past(Step.RAISED)
        alert = alert_after(steps, kind=AlertKind.BLIND, hazard="pit")
        message = message_of(alert, issues_of(alert, steps, LATER)[-1], CapConfig(), Scene())
        assert (message.infos[1].responses, message.infos[1].certainty) == (("Assess",), "Unknown")
        assert "not watched" in message.infos[1].event

    def test_our_own_faults_are_of_status_system(self) -> None:
        steps = past(Step.RAISED)
        alert = alert_after(steps, kind=AlertKind.SYSTEM)
        message = message_of(alert, issues_of(alert, steps, LATER)[-1], CapConfig(), Scene())
        assert message.status == "System"


class TestWords:
    def test_chinese_comes_first_and_english_second(self) -> None:
        infos = last_message(hazard="crane_wind").infos
        assert [info.language for info in infos] == ["zh-CN", "en"]
        assert infos[0].headline.startswith("塔机大风（橙色）")
        assert infos[1].headline.startswith("Wind on tower crane (orange)")
        assert "阵风" in infos[0].description
        assert "gust 21 m/s, at or above 20 m/s" in infos[1].description

    def test_the_numbers_are_parameters(self) -> None:
        pairs = dict(last_message("Update").infos[0].parameters)
        assert pairs["sensor_id"] == "huanghe-tower/TC-01/wind_ms"
        assert (pairs["value"], pairs["limit"], pairs["unit"]) == ("22", "20", "m/s")
        assert pairs["rule_id"] == "wind_gust"

    def test_an_old_message_says_what_it_said_then(self) -> None:
        steps = past(Step.RAISED, Step.UPGRADED)
        alert = alert_after(steps)
        first = issues_of(alert, steps, LATER)[0]
        alone = issues_of(alert_after(steps[:1]), steps[:1], LATER)[0]
        assert message_of(alert, first, CapConfig(), Scene()) == message_of(
            alert_after(steps[:1]), alone, CapConfig(), Scene()
        )

    @pytest.mark.parametrize(
        ("mark", "zh", "en"),
        [(Mark.EXERCISE, "演习", "EXERCISE"), (Mark.TEST, "测试", "TEST")],
    )
    def test_what_is_not_meant_says_so_everywhere(self, mark: Mark, zh: str, en: str) -> None:
        message = last_message("Update", scene=Scene(mark=mark))
        assert message.status.upper() == en
        assert en in message.note
        assert faults_of(message) == []
        assert message.references[0].identifier != last_message().identifier
        for info, word in zip(message.infos, (zh, en), strict=True):
            for said in (info.headline, info.description, info.instruction):
                assert word in said

    def test_a_trial_is_of_status_test(self) -> None:
        assert last_message(config=CapConfig(status="Test")).status == "Test"

    def test_nobody_takes_it_for_an_official_warning(self) -> None:
        message = last_message()
        assert "不是官方发布的预警" in message.note
        assert "no official warning" in message.note

    def test_the_card_is_for_those_it_is_restricted_to(self) -> None:
        steps = past(Step.RAISED)
        alert = alert_after(steps)
        issue = issues_of(alert, steps, LATER, cards=Cards(at_once={1: make_card()}))[0]
        inside = message_of(alert, issue, CapConfig(), Scene()).infos[0]
        public = message_of(alert, issue, CapConfig(scope="Public"), Scene())
        assert any("T7 (example), 940 m, 7 min" in pair.value for pair in inside.parameters)
        assert "Shen Shili" in inside.contact
        assert faults_of(public) == []
        assert public.infos[0].contact == ""
        assert not any("T7" in pair.value for pair in public.infos[0].parameters)

    def test_signs_no_document_can_hold_are_replaced(self) -> None:
        key = SensorKey("site\x00\x1b", "dev<&>", "\ud800", "wind_ms")
        root = written(last_message(sensor=key))
        assert "dev<&>" in text_of(root, "info/area/areaDesc")
        assert faults(root) == []

    @given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
    def test_identifiers_stay_allowed_and_different(self, one: str, other: str) -> None:
        first, second = last_message(id=one), last_message(id=other)
        assert faults_of(first) == []
        assert (first.identifier == second.identifier) == (one == other)


class TestPlaces:
    def test_without_an_outline_it_is_a_circle_latitude_first_in_kilometres(self) -> None:
        root = written(last_message(hazard="crane_wind"))
        assert text_of(root, "info/area/circle") == "23.2312,113.2784 0.1"

    def test_an_outline_is_a_closed_polygon_latitude_first(self) -> None:
        corners = (Position(23.1, 113.1), Position(23.1, 113.2), Position(23.2, 113.2))
        root = written(last_message(scene=Scene(outline=corners, places=("鹤龙街道",))))
        assert text_of(root, "info/area/polygon") == ("23.1,113.1 23.1,113.2 23.2,113.2 23.1,113.1")
        assert text_of(root, "info/area/areaDesc").startswith("鹤龙街道，huanghe-tower")
        assert text_of(root, "info/area/circle") == ""

    @pytest.mark.parametrize("lat", [math.nan, 91.0, -math.inf])
    def test_a_position_nobody_knows_gives_words_only(self, lat: float) -> None:
        message = last_message(position=Position(lat, 113.0))
        assert message.infos[0].areas[0].circles == ()
        assert faults(written(message)) == []

    def test_an_outline_of_two_points_is_no_polygon(self) -> None:
        line = (Position(23.1, 113.1), Position(23.1, 113.2), Position(23.1, 113.1))
        assert last_message(scene=Scene(outline=line)).infos[0].areas[0].polygons == ()


class TestInstants:
    def test_they_have_an_offset_and_no_fraction(self) -> None:
        root = written(last_message())
        assert text_of(root, "sent") == "2026-06-01T14:03:22+08:00"
        assert text_of(root, "info/expires") == "2026-06-02T14:03:22+08:00"

    def test_expires_is_left_out_where_messages_hold_for_good(self) -> None:
        assert last_message(config=CapConfig(valid=None)).infos[0].expires is None


class TestTable:
    def test_an_operators_own_table_is_used(self, tmp_path: Path) -> None:
        text = load_text().replace("radius_km: 0.2", "radius_km: 1.5")
        (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
        table = load_hazards(tmp_path / "own.yaml")
        assert table.of("pit_support", Severity.MINOR).radius_km == 1.5

    @pytest.mark.parametrize(
        ("old", "new", "what"),
        [
            ("[Met]", "[Weather]", "own.yaml:"),
            ("family: crane,", "family: cranes,", "there is no family 'cranes'"),
            ("  other:\n", "  others:\n", "must name `other`"),
            (", extreme: Monitor}", "}", "must name every severity"),
        ],
    )  # fmt: skip
    def test_a_wrong_table_is_refused(self, tmp_path: Path, old: str, new: str, what: str) -> None:
        (tmp_path / "own.yaml").write_text(load_text().replace(old, new), encoding="utf-8")
        with pytest.raises(HazardsRefused, match=what):
            load_hazards(tmp_path / "own.yaml")


def load_text() -> str:
    return BUILT_IN.read_text(encoding="utf-8")
