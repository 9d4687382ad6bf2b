"""Reports: what they say, what they do not pretend to know, and in which order they may be made."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import AlertState, Card, Remark
from alerting.model import TransitionKind as Step
from alerting.ports import Action
from alerting.report.build import Incident, Report, Rules, report_of
from alerting.report.deadline import built_in, due_reports
from alerting.report.facts import ENTERED, MADE, Facts, Known, Stage, detail_of, known_from, why_not
from alerting.report.grade import grade_of
from alerting.report.text import as_json, markdown
from alerting.response.model import Deed, Phase, Response
from alerting.tasks.model import EventKind as K
from tests.unit.alerting_cap.values import alert_after, past
from tests.unit.alerting_delivery.values import NOW, make_card
from tests.unit.alerting_tasks.values import task

RULES = Rules(deadlines=built_in())
LATER = NOW + timedelta(hours=3)


def incident(*kinds: Step, **changes: object) -> Incident:
    steps = past(*(kinds or (Step.RAISED,)))
    alert = alert_after(steps, hazard="crane_wind")
    made = Incident(
        alert=alert,
        steps=tuple(steps),
        actions=(),
        response=Response(alert_id=alert.id, since=NOW),
        card=make_card(),
        places=("白云区", "鹤龙街道"),
        told=3,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def action(name: str, minutes: float = 0.0, *, detail: str = "", note: str = "") -> Action:
    at = NOW + timedelta(minutes=minutes)
    return Action(
        alert_id="alert-1", at=at, actor="Duty officer", action=name, note=note, detail=detail
    )


def lines(report: Report, key: str, *, zh: bool = False) -> list[str]:
    (section,) = [each for each in report.sections if each.key == key]
    return [line.zh if zh else line.en for line in section.lines]


def first(one: Incident, known: Known | None = None) -> Report:
    return report_of(one, known or Known(), Stage.FIRST, RULES, LATER)


class TestContent:
    def test_the_first_report_has_what_the_record_has(self) -> None:
        report = first(incident(tasks=(task((K.ACCEPTED, 2)),)))
        assert "白云区，鹤龙街道，huanghe-tower" in lines(report, "place", zh=True)
        assert lines(report, "kind")[0] == "Wind on tower crane, orange (worst orange), stands"
        assert "gust 21 m/s, at or above 20 m/s" in lines(report, "readings")[0]
        assert lines(report, "readings")[-1] == "limit from JGJ 196 4.2"
        assert "3 notices delivered" in lines(report, "actions")
        assert any("order to Helong Rescue" in said for said in lines(report, "actions"))
        assert lines(report, "needs") == ["no mobile crane of 50 t within 10 km"]

    def test_who_signed_off_against_readings_that_were_not_calm_is_named(self) -> None:
        deed = replace(
            action("sign_off", 10.0, note="walked the wall"),
            detail="31 mm at 2026-06-01T06:12:00+00:00",
        )
        one = incident(Step.RAISED, Step.SIGNED_OFF, actions=(deed,))
        one = replace(one, alert=replace(one.alert, ended_at=deed.at))
        (said,) = [line for line in lines(first(one), "time") if "signed off" in line]
        assert said == (
            "signed off 2026-06-01 14:13:22 +08:00 by Duty officer, while the readings were not"
            " calm (last 31 mm at 2026-06-01 14:12:00 +08:00): walked the wall"
        )
        assert not any("calm since" in line for line in lines(first(one), "time"))
        assert any(
            "签字解除：" in line and "当时测值尚未平稳（最后测值31 mm" in line
            for line in lines(first(one), "time", zh=True)
        )

    def test_who_signed_off_calm_readings_is_named_with_when_they_were_calm(self) -> None:
        deed = action("sign_off", 20.0)
        one = incident(Step.RAISED, Step.AWAITS_SIGN_OFF, Step.SIGNED_OFF, actions=(deed,))
        one = replace(one, alert=replace(one.alert, ended_at=deed.at))
        said = lines(first(one), "time")
        assert "readings calm for long enough at 2026-06-01 14:13:22 +08:00" in said
        assert "signed off 2026-06-01 14:23:22 +08:00 by Duty officer" in said

    def test_what_never_was_is_not_called_calm(self) -> None:
        one = incident(Step.RAISED, Step.WITHDRAWN)
        one = replace(one, alert=replace(one.alert, ended_at=NOW))
        assert any(line.startswith("withdrawn ") for line in lines(first(one), "time"))
        assert not any("calm" in line for line in lines(first(one), "time"))

    def test_what_nobody_knows_is_not_known(self) -> None:
        report = first(incident())
        assert lines(report, "cause") == ["not known yet"]
        assert lines(report, "casualties", zh=True)[:3] == [
            "死亡：未知",
            "受伤：未知",
            "失联：未知",
        ]
        assert lines(report, "reporter") == ["not known yet"]
        assert report.grade is None
        assert "grade not known" in lines(report, "kind")[1]

    def test_nobody_hurt_is_something_else_than_unknown(self) -> None:
        known = Known(facts=Facts(dead=0, injured=2, cause="gust"), reporter="Duty officer")
        report = first(incident(), known)
        assert lines(report, "casualties") == [
            "dead: 0", "injured: 2", "missing: unknown", "direct loss: unknown",
        ]  # fmt: skip
        assert lines(report, "cause") == ["gust"]
        assert report.grade is not None
        assert report.grade.zh == "一般"

    @pytest.mark.parametrize(
        ("facts", "en", "zh"),
        [
            (
                Facts(injured=0),
                "grade not known: no harm entered so far, and unknown: dead, direct loss",
                "等级未定：目前录入无损害，尚不明：死亡、直接经济损失",
            ),
            (
                Facts(dead=0, injured=0, loss_cny=0.0),
                "no grade: nobody hurt and no loss",
                "不定级：无伤亡、无直接经济损失",
            ),
        ],
    )
    def test_no_harm_entered_gives_no_grade_and_says_what_is_unknown(
        self, facts: Facts, en: str, zh: str
    ) -> None:
        report = first(incident(), Known(facts=facts))
        assert (lines(report, "kind")[1], lines(report, "kind", zh=True)[1]) == (en, zh)

    def test_a_follow_up_tells_of_what_is_new(self) -> None:
        one = incident(Step.RAISED, Step.UPGRADED)
        made = action(MADE, 5.0, detail="first")
        acts = (action("ack", 1.0, note="seen"), made, action("note", 9.0, note="crane is held"))
        one = replace(one, actions=acts)
        report = report_of(one, known_from(acts), Stage.FOLLOW, RULES, LATER)
        assert (report.number, report.title.zh) == (1, "续报（第1次）")
        assert len(lines(report, "readings")) == 2  # the step since, and where the limit is from
        said = " ".join(lines(report, "actions"))
        assert "crane is held" in said
        assert "seen" not in said

    def test_what_people_did_is_said_in_the_language_of_the_report(self) -> None:
        by_sensors = (Deed.WORSEN, Deed.RECUR, Deed.EASE)
        acts = tuple(action(deed.value, float(n)) for n, deed in enumerate(Deed))
        report = first(replace(incident(), actions=acts), Known())
        en, zh = lines(report, "actions"), lines(report, "actions", zh=True)
        assert len(zh) == 2 + len(Deed) - len(by_sensors)
        assert any("已派出力量" in line for line in zh)
        assert any("help is on its way" in line for line in en)
        said = [line.partition("Duty officer")[2] for line in zh[2:]]
        assert not [line for line in said if any("a" <= sign <= "z" for sign in line)]

    def test_it_says_whom_an_alert_was_assigned_to(self) -> None:
        given = replace(incident(), actions=(action("assign", 1.0, detail="Night shift"),))
        assert "assigned it to Night shift" in " ".join(lines(first(given, Known()), "actions"))

    def test_official_warnings_stand_apart(self) -> None:
        card = Card(official=(Remark("OFFICIAL red rain", "【官方】暴雨"),))
        report = first(incident(card=card))
        assert lines(report, "official", zh=True) == ["【官方】暴雨"]
        assert lines(first(incident(card=None)), "official") == ["none in force here"]

    def test_a_long_record_keeps_its_beginning_and_its_newest(self) -> None:
        report = first(incident(*[Step.RAISED, *[Step.UPGRADED] * 60]))
        said = lines(report, "readings")
        assert len(said) == 20
        assert "gust 21 m/s" in said[0]
        assert said[1] == "(43 more in the record)"
        assert "gust 81 m/s" in said[-2]


class TestDeadlines:
    # Typed out: who, within how many minutes, for an incident known at NOW.
    @pytest.mark.parametrize(
        ("who", "minutes"),
        [
            ("Person on scene to unit head", 0),
            ("Unit head to district safety and sector authority", 60),
            ("District to city by phone (flash report)", 30),
            ("District to city in writing", 60),
            ("Each authority upward for each tier", 120),
            ("Province to State Council at grades I and II", 240),
            ("Supplement when casualties change", 30 * 24 * 60),
        ],
    )
    def test_they_count_from_when_it_was_known(self, who: str, minutes: int) -> None:
        found = {due.row.who: due for due in due_reports(built_in(), NOW, None, LATER)}
        assert found[who].at == NOW + timedelta(minutes=minutes)
        assert found[who].is_past == (found[who].at < LATER)

    def test_what_is_for_bad_grades_only_is_left_out_of_others(self) -> None:
        assert any("State Council" in said for said in lines(first(incident()), "deadlines"))
        mild = first(incident(), Known(facts=Facts(dead=1)))
        assert not any("State Council" in said for said in lines(mild, "deadlines"))
        assert any("(past)" in said for said in lines(mild, "deadlines"))


# Typed out from the order: dead, seriously injured, loss in yuan, grade.
@pytest.mark.parametrize(
    ("facts", "rank"),
    [
        (Facts(dead=30), 1), (Facts(dead=29), 2), (Facts(dead=10), 2), (Facts(dead=9), 3),
        (Facts(dead=3), 3), (Facts(dead=2), 4), (Facts(injured=100), 1), (Facts(injured=50), 2),
        (Facts(injured=10), 3), (Facts(injured=9), 4), (Facts(loss_cny=100e6), 1),
        (Facts(loss_cny=50e6), 2), (Facts(loss_cny=10e6), 3), (Facts(loss_cny=9e6), 4),
        (Facts(dead=0), None), (Facts(dead=1, injured=60), 2), (Facts(), None),
        (Facts(missing=5), None), (Facts(injured=0), None), (Facts(injured=1), 4),
        (Facts(dead=0, injured=0, loss_cny=0.0), None), (Facts(dead=0, loss_cny=1.0), 4),
    ],
)  # fmt: skip
def test_the_grade_follows_casualties_and_loss(facts: Facts, rank: int | None) -> None:
    grade = grade_of(facts)
    assert (None if grade is None else grade.rank) == rank


class TestOrder:
    MADE_FIRST = Known(made=((Stage.FIRST, action(MADE, detail="first")),))
    MADE_ALL = Known(made=(*MADE_FIRST.made, (Stage.FINAL, action(MADE, 9.0, detail="final"))))

    @pytest.mark.parametrize(
        ("known", "stage", "is_over", "what"),
        [
            (Known(), Stage.FOLLOW, False, "no first report yet"),
            (Known(), Stage.FINAL, True, "no first report yet"),
            (MADE_FIRST, Stage.FIRST, False, "made already; make a follow-up"),
            (MADE_FIRST, Stage.FINAL, False, "the alert still stands"),
            (MADE_ALL, Stage.FOLLOW, True, "the final report was made"),
        ],
    )
    def test_what_may_not_be_made_says_why(
        self, known: Known, stage: Stage, is_over: bool, what: str
    ) -> None:
        assert what in (why_not(known, stage, is_over=is_over) or "")

    def test_first_follow_ups_and_final_may_be_made(self) -> None:
        assert why_not(Known(), Stage.FIRST, is_over=False) is None
        assert why_not(self.MADE_FIRST, Stage.FOLLOW, is_over=False) is None
        assert why_not(self.MADE_FIRST, Stage.FINAL, is_over=True) is None

    def test_it_is_over_when_condition_response_and_orders_are(self) -> None:
        over = incident(Step.RAISED, Step.CLEARED)
        assert not over.is_over
        closed = replace(over, response=replace(over.response, phase=Phase.CLOSED))
        assert closed.is_over
        assert not replace(closed, tasks=(task(),)).is_over
        assert not replace(closed, alert=replace(closed.alert, state=AlertState.FIRING)).is_over


class TestFacts:
    def test_the_newest_word_on_each_counts_and_nothing_is_unsaid_by_silence(self) -> None:
        told = [
            action(ENTERED, 1.0, detail=detail_of(Facts(dead=1, cause="wind"))),
            action(ENTERED, 5.0, detail=detail_of(Facts(dead=2, needs="a crane"))),
        ]
        assert known_from(reversed(told)).facts == Facts(dead=2, cause="wind", needs="a crane")

    @given(st.text(max_size=50))
    def test_what_cannot_be_read_is_passed_over(self, detail: str) -> None:
        entered = action(ENTERED, detail=detail_of(Facts(dead=1)))
        assert known_from([entered, action(ENTERED, 1.0, detail=f"x{detail}")]).facts.dead == 1


class TestText:
    @pytest.mark.parametrize(("language", "title"), [("zh", "# 首报"), ("en", "# First report")])
    def test_it_is_markdown_in_the_language(self, language: str, title: str) -> None:
        text = markdown(first(incident()), language)
        assert text.startswith(title)
        assert text.count("\n## ") == 11

    def test_names_cannot_steer_the_page(self) -> None:
        bad = action("note", note="<script>x</script> [a](b)\n# owned")
        text = markdown(first(incident(actions=(bad,))), "en")
        assert "<script>" not in text
        assert "\n# owned" not in text

    def test_the_object_has_both_languages(self) -> None:
        body = as_json(first(incident()))
        assert body["format"] == "groundwatch.report/1"
        assert all(line["zh"] and line["en"] for each in body["sections"] for line in each["lines"])
