"""Short messages: the essentials in the first part, and no cut where it hurts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import AlertKind, Card, ChainLink, Mark, NotifyReason, Severity
from alerting.render import SmsForm, render_sms, render_text, sms_fields
from alerting.render.atoms import atoms, cut, cut_lines, utf8_size, utf16_size
from alerting.render.gsm import gsm_size, in_parts, is_gsm, plain, sizes_of
from alerting.render.words import number_words
from sensors.model import SensorKey
from tests.unit.alerting_delivery.values import (
    NOW,
    make_alert,
    make_card,
    make_notice,
    make_summary,
    make_transition,
)

SIGNS = "风速超限0123456789.,:-+/ %°³mskN€[]{}^~|\\👷🏽\u200d🚒🏗️é\u0301，；"
ANY_TEXT = st.text(alphabet=st.one_of(st.sampled_from(SIGNS), st.characters()), max_size=400)
NAMES = st.text(
    alphabet=st.one_of(st.sampled_from("塔楼基坑abcXYZ0123456789-_ 👷🏗️é"), st.characters()),
    min_size=1,
    max_size=120,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
UNITS = st.sampled_from(["m/s", "mm", "%", "kN·m", "permille/d", "degC", "m3/s", "count", "mm/d"])
FORMS = st.builds(
    SmsForm,
    max_parts=st.integers(1, 6),
    base_url=st.sampled_from(["", "https://gw"]),
    hears_answers=st.booleans(),
)


HOW = {"en": "; answer 1 to acknowledge", "zh": "；回复1确认"}
ASKING = {
    NotifyReason.FIRST,
    NotifyReason.SEVERITY_ROSE,
    NotifyReason.REPEAT,
    NotifyReason.ESCALATED,
    NotifyReason.RETURNED,
    NotifyReason.RECURRED,
    NotifyReason.CARD,
    NotifyReason.GROUP,
    NotifyReason.STORM,
}


@st.composite
def notices(draw: st.DrawFn):  # type: ignore[no-untyped-def]
    kind = draw(st.sampled_from(list(AlertKind)))
    value = draw(st.one_of(st.none(), NUMBERS)) if kind is not AlertKind.LIMIT else draw(NUMBERS)
    alert = make_alert(
        draw(st.sampled_from(list(Severity))),
        kind=kind,
        sensor=SensorKey(draw(NAMES), draw(NAMES), draw(NAMES), draw(NAMES)),
        value=value,
        limit=draw(st.one_of(st.none(), NUMBERS)),
        unit=draw(UNITS),
        reason=draw(ANY_TEXT),
    )
    places = draw(st.lists(NAMES, max_size=3))
    chain = tuple(
        ChainLink(tier="street", place=place, phone="+86 000 0000 0118") for place in places
    )
    card = draw(st.sampled_from([None, replace(make_card(), chain=chain), Card(chain=chain)]))
    at = NOW + timedelta(minutes=draw(st.integers(0, 500_000)))
    late_by_s = draw(st.sampled_from([None, 9e3]))
    return replace(
        make_notice(alert, reason=draw(st.sampled_from(list(NotifyReason))), card=card),
        transition=make_transition(alert, taken_at=at, late_by_s=late_by_s),
        mark=draw(st.sampled_from(list(Mark))),
        remarks=tuple(draw(st.lists(ANY_TEXT, max_size=2))),
    )


class TestAnySms:
    @given(notices(), st.sampled_from(["en", "zh"]), FORMS)
    def test_every_part_fits_and_there_are_no_more_than_allowed(  # type: ignore[no-untyped-def]
        self, notice, language: str, form: SmsForm
    ) -> None:
        parts = render_sms(notice, language, form)
        whole = "".join(parts)
        size, one, of_several = sizes_of(whole)
        assert 1 <= len(parts) <= form.max_parts
        assert all(size(part) <= (one if len(parts) == 1 else of_several) for part in parts)
        whole.encode("utf-16-be")  # no half of a pair anywhere
        assert "\n" not in whole

    @given(notices(), st.sampled_from(["en", "zh"]), FORMS)
    def test_the_first_part_has_colour_value_limit_and_time(  # type: ignore[no-untyped-def]
        self, notice, language: str, form: SmsForm
    ) -> None:
        first = render_sms(notice, language, form)[0]
        alert = notice.alert
        colour = {"zh": alert.severity.zh, "en": alert.severity.colour.upper()}[language]
        assert colour in first
        local = notice.transition.taken_at + timedelta(hours=8)
        assert f"{local:%m-%d %H:%M}" in first
        assert (notice.mark is Mark.ACTUAL) != any(
            w in first for w in ("EXERCISE", "TEST", "演练：", "测试：")
        )
        is_over = notice.reason in (NotifyReason.CLEARED, NotifyReason.WITHDRAWN)
        if is_over or alert.kind is AlertKind.BLIND or alert.unit in ("bool", "code"):
            ends = {"zh": ("警报解除", "警报撤回"), "en": ("cleared", "withdrawn")}[language]
            assert is_over == any(word in first for word in ends)
            return
        for number in (alert.value, alert.limit):
            if alert.value is not None and number is not None:
                assert number_words(number, "") in first

    @given(notices(), st.sampled_from(["en", "zh"]), st.integers(20, 120), st.booleans())
    def test_pieces_for_templates_are_no_longer_than_allowed(  # type: ignore[no-untyped-def]
        self, notice, language: str, longest: int, hears: bool
    ) -> None:
        pieces = sms_fields(notice, language, longest=longest, hears_answers=hears)
        for text in pieces.values():
            assert 0 < utf16_size(text) <= longest

    @given(notices(), st.sampled_from(["en", "zh"]), st.integers(2, 6), st.booleans())
    def test_it_says_how_to_answer_where_and_only_where_that_counts(  # type: ignore[no-untyped-def]
        self, notice, language: str, max_parts: int, hears: bool
    ) -> None:
        form = SmsForm(max_parts=max_parts, hears_answers=hears)
        said = "".join(render_sms(notice, language, form))
        assert (HOW[language] in said) == (
            hears and notice.reason in ASKING and notice.mark is not Mark.TEST
        )


class TestCutting:
    @given(ANY_TEXT)
    def test_atoms_are_the_text(self, text: str) -> None:
        assert "".join(atoms(text)) == text

    @given(ANY_TEXT)
    def test_parts_are_the_text_and_cut_no_number(self, text: str) -> None:
        parts = in_parts(text)
        if all(sizes_of(text)[0](atom) <= sizes_of(text)[2] for atom in atoms(text)):
            assert "".join(parts) == text
        for before, after in pairwise(parts):
            assert not (before[-1:].isdecimal() and after[:1].isdecimal())
            assert not re.search(r"\d[.,:]$", before) or not after[:1].isdecimal()

    @given(ANY_TEXT, st.integers(1, 80))
    def test_what_is_cut_fits_and_begins_like_the_text(self, text: str, limit: int) -> None:
        short = cut(text, limit, utf16_size)
        assert utf16_size(short) <= limit
        if short != text:
            kept = short.removesuffix("…")
            assert text.startswith(kept)
            assert not (kept[-1:].isdecimal() and text[len(kept) : len(kept) + 1].isdecimal())

    @given(ANY_TEXT, st.integers(8, 300))
    def test_lines_are_kept_whole_from_the_first(self, text: str, limit: int) -> None:
        short = cut_lines(text, limit, utf8_size)
        assert utf8_size(short) <= limit
        if short != text and "\n" in short:
            assert text.split("\n")[: short.count("\n")] == short.split("\n")[:-1]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("风速21.4 m/s，限20 m/s", ["风", "速", "21.4 m/s", "，", "限", "20 m/s"]),
            ("06-01 14:03；", ["06-01 14:03", "；"]),
            ("+86 000 0000 0101；Ann", ["+86 000 0000 0101", "；", "Ann"]),
            ("-0.5‰/d", ["-0.5‰", "/", "d"]),
            ("👷🏽\u200d🚒救", ["👷🏽\u200d🚒", "救"]),
            ("TC-01风", ["TC-01", "风"]),
            ("；https://gw.example/a-1；", ["；", "https://gw.example/a-1", "；"]),
        ],
    )
    def test_an_atom_is_what_belongs_together(self, text: str, expected: list[str]) -> None:
        assert atoms(text) == expected


class TestAlphabet:
    @pytest.mark.parametrize(
        ("text", "whole"),
        [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("风" * 70, 1),
         ("风" * 71, 2), ("a" * 306, 2), ("a " * 153 + "a", 3), ("👷" * 35, 1), ("👷" * 36, 2)],
    )  # fmt: skip
    def test_parts_hold_160_153_or_70_67(self, text: str, whole: int) -> None:
        assert len(in_parts(text)) == whole

    @given(st.text(max_size=200))
    def test_what_is_written_plain_says_the_same_digits(self, text: str) -> None:
        assert [s for s in plain(text) if s in "0123456789"][:1] == [
            s for s in text.translate({0xB2: "2", 0xB3: "3"}) if s in "0123456789"
        ][:1]

    def test_units_of_measurement_are_written_in_it(self) -> None:
        for unit in ("m³/s", "°C", "‰", "kN·m", "°", "≥ 20 m/s"):
            assert is_gsm(plain(f"12 {unit}"))

    def test_signs_of_the_extension_count_twice(self) -> None:
        assert gsm_size("[a]") == 5


def test_an_english_warning_in_the_alphabet_is_one_message() -> None:
    parts = render_sms(make_notice(), "en", SmsForm())
    assert parts == (
        "ORANGE alert: wind speed, huanghe-tower TC-01, 21.4 m/s, limit 20 m/s, 06-01 14:03",
    )


def test_a_chinese_warning_says_where_in_words_and_then_who_is_near() -> None:
    first, *rest = render_sms(make_notice(card=make_card()), "zh", SmsForm())
    assert (
        first
        == "橙色警报：风速，白云区鹤龙街道 huanghe-tower TC-01，21.4 m/s，限值20 m/s，06-01 14:03；"
    )
    assert "T7 (example) 940 m 约7分钟 +86 000 0000 0199" in "".join(rest)


def test_silence_says_why_instead_of_a_value() -> None:
    alert = make_alert(kind=AlertKind.BLIND, value=None, limit=None, reason="silent for 12 min")
    notice = make_notice(alert)
    assert "silent for 12 min" in render_sms(notice, "en", SmsForm())[0]


def test_the_last_day_of_a_year_is_that_of_the_reader() -> None:
    at = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    alert = make_alert()
    notice = replace(make_notice(alert), transition=make_transition(alert, taken_at=at))
    assert "01-01 01:30" in render_sms(notice, "zh", SmsForm())[0]


LINK = "https://gw.example.org/a/" + "b2ap2fksl7fl.cat.2.htk5q.Cmk123SyS6Qc_UIv"
MANY_NEEDS = tuple(f"needs {n} dyke defence teams, 0 on duty within 10 km" for n in range(2, 9))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("max_parts", [3, 4, 6])
def test_a_full_card_leaves_room_for_the_link_that_acknowledges(
    language: str, max_parts: int
) -> None:
    card = replace(make_card(), shortfall=MANY_NEEDS)
    notice = replace(make_notice(card=card), ack_link=LINK)
    parts = render_sms(notice, language, SmsForm(max_parts=max_parts))
    assert len(parts) <= max_parts
    assert "".join(parts).endswith(LINK)
    assert "T7 (example)" in "".join(parts)


def test_where_the_link_would_leave_no_room_for_what_matters_it_is_left_out() -> None:
    notice = replace(make_notice(card=make_card()), ack_link=LINK)
    (only,) = render_sms(notice, "zh", SmsForm(max_parts=1))
    assert "21.4 m/s" in only
    assert LINK not in only


def test_an_order_says_once_what_is_to_be_done() -> None:
    order = ("Bring a mobile crane", "accept by 06-01 14:20", "take 4 slings")
    notice = replace(make_notice(reason=NotifyReason.ORDER), task="t-3fa9", remarks=order)
    said = "".join(render_sms(notice, "en", SmsForm(hears_answers=True)))
    assert said.count("Bring a mobile crane") == 1
    how = "answer: accept 3fa9, on scene 3fa9, done 3fa9, or decline 3fa9 and why"
    assert said.endswith(f"; accept by 06-01 14:20; {how}; take 4 slings")


def test_an_english_message_counts_supplies_without_a_chinese_counting_word() -> None:
    (bags,) = make_card().supplies
    card = Card(supplies=(replace(bags, items=(("woven bag", 300.0, "条"), ("stone", 5.0, "m³"))),))
    said = "".join(render_sms(make_notice(card=card), "en", SmsForm()))
    assert "woven bag 300 stone 5 m3" in said
    assert "woven bag 300, stone 5 m³" in render_text(make_notice(card=card), "en")
    assert "300 条" in "".join(render_sms(make_notice(card=card), "zh", SmsForm()))


BILINGUAL = Card(
    chain=(
        ChainLink(tier="street", place="Helong Street 鹤龙街道", person="Deng Pretend 邓假定, duty",
                  phone="+86 000 0000 0036"),
        ChainLink(tier="site", place="Huanghe Garden 黄禾花园"),
    ),
    shortfall=("shown are 6 of 11 depots that hold a part", "needs 2 dyke defence teams, 0 on duty"
               " within 10 km"),
)  # fmt: skip


def test_names_in_both_scripts_are_read_in_one_and_cost_an_english_message_no_room() -> None:
    alert = make_alert(sensor=SensorKey("huanghe-tower", "TC-01", "", "wind_ms"))
    english = "".join(render_sms(make_notice(alert, card=BILINGUAL), "en", SmsForm()))
    assert english.startswith(
        "ORANGE alert: wind speed, Helong Street Huanghe Garden TC-01, 21.4 m/s, limit 20 m/s, "
    )
    assert is_gsm(english)
    assert "Helong Street Deng Pretend, duty +86 000 0000 0036" in english
    chinese = "".join(render_sms(make_notice(alert, card=BILINGUAL), "zh", SmsForm()))
    assert chinese.startswith("橙色警报：风速，鹤龙街道 黄禾花园 TC-01，21.4 m/s，限值20 m/s，")
    assert "鹤龙街道 邓假定 +86 000 0000 0036" in chinese


def test_how_many_depots_are_shown_is_not_called_a_shortfall() -> None:
    notice = make_notice(card=BILINGUAL)
    english = "".join(render_sms(notice, "en", SmsForm(max_parts=6)))
    assert "Shortfall: needs 2 dyke defence teams" in english
    assert "shown are" not in english
    text = render_text(notice, "zh")
    assert (
        "缺口：需要2支dyke defence队伍，10 km内在岗0支\n注意：存有部分物资的11个仓库中列出6个"
        in text
    )


def test_who_ended_an_alert_is_said_whole_in_whatever_letters() -> None:
    why = "signed off by Ann 安示例: walked the whole wall with the supervisor and found it dry"
    notice = make_notice(make_alert(reason=why), reason=NotifyReason.CLEARED)
    notice = replace(notice, transition=replace(notice.transition, reason=why))
    said = "".join(render_sms(notice, "en", SmsForm()))
    assert said.startswith("ORANGE cleared: wind speed, huanghe-tower TC-01, 06-01 14:03; ")
    assert said.endswith(why)
    assert said.count("signed off") == 1


def test_whoever_is_told_in_place_of_others_reads_that_nobody_has_acknowledged() -> None:
    notice = make_notice(reason=NotifyReason.ESCALATED)
    assert "无人确认" in render_sms(notice, "zh", SmsForm())[0]
    assert "nobody has acknowledged" in render_sms(notice, "en", SmsForm())[0]


class TestAnswering:
    """What a message says where answers to it are heard."""

    def test_how_to_answer_stands_right_behind_what_matters(self) -> None:
        notice = replace(make_notice(card=make_card()), ack_link=LINK)
        form = SmsForm(hears_answers=True)
        english = "".join(render_sms(notice, "en", form))
        assert "21.4/20 m/s, 06-01 14:03; answer 1 to acknowledge; T7 (example)" in english
        chinese = "".join(render_sms(notice, "zh", form))
        assert "限值20 m/s，06-01 14:03；回复1确认；T7 (example)" in chinese
        assert english.endswith(LINK)
        assert chinese.endswith(LINK)

    def test_one_part_only_has_what_matters_whole_before_it(self) -> None:
        (short,) = render_sms(make_notice(), "zh", SmsForm(max_parts=1, hears_answers=True))
        assert short.endswith("06-01 14:03；回复1确认")
        full = make_notice(card=make_card())
        (long,) = render_sms(full, "zh", SmsForm(max_parts=1, hears_answers=True))
        assert long == render_sms(full, "zh", SmsForm(max_parts=1))[0]

    def test_what_somebody_has_acknowledged_asks_for_no_answer(self) -> None:
        alert = make_alert(acknowledged_at=NOW, acknowledged_by="Ann Example")
        notice = make_notice(alert, reason=NotifyReason.CARD, card=make_card())
        assert "answer 1" not in "".join(render_sms(notice, "en", SmsForm(hears_answers=True)))

    def test_a_template_has_a_piece_for_it_and_the_text_where_there_is_room(self) -> None:
        pieces = sms_fields(make_notice(), "zh", longest=70, hears_answers=True)
        assert pieces["answer"] == "回复1确认"
        assert pieces["text"].endswith("06-01 14:03；回复1确认")
        narrow = sms_fields(make_notice(), "zh", longest=35, hears_answers=True)
        assert "回复" not in narrow["text"]
        assert narrow["answer"] == "回复1确认"
        assert sms_fields(make_notice(), "zh", longest=35)["answer"] == "-"


@pytest.mark.parametrize(
    ("changes", "has", "has_not"),
    [
        ({"kind": AlertKind.BLIND, "value": 10.0, "limit": None}, "10 of 10 sensors", ", 10,"),
        ({"unit": "bool", "value": 1.0, "limit": 1.0}, "10 of 10 sensors", "1/1"),
    ],
)
def test_what_a_number_does_not_tell_is_said_in_words(
    changes: dict[str, Any], has: str, has_not: str
) -> None:
    reason = "10 of 10 sensors had no believable data for 16 s"
    notice = make_notice()
    notice = replace(
        notice,
        alert=replace(notice.alert, reason=reason, said=None, **changes),
        transition=replace(notice.transition, reason=reason, said=None),
    )
    first = render_sms(notice, "en", SmsForm())[0]
    assert has in first
    assert has_not not in first


@pytest.mark.parametrize(("language", "name"), [("en", "Helong Street"), ("zh", "鹤龙街道")])
def test_the_place_of_several_is_read_in_the_script_of_the_language(
    language: str, name: str
) -> None:
    notice = make_summary("s").notice
    assert notice.batch is not None
    batch = replace(notice.batch, place="Helong Street 鹤龙街道")
    of_both = replace(notice, batch=batch)
    (other,) = {"Helong Street", "鹤龙街道"} - {name}
    for text in (render_text(of_both, language), render_sms(of_both, language, SmsForm())[0]):
        assert name in text
        assert other not in text
