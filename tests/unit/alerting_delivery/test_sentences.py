"""Sentences of silence, of the unusual and of this program itself, in both languages."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.blind import why_blind
from alerting.measures.kind import MeasureSpec
from alerting.measures.table import MEASURES, name_zh
from alerting.model import Against, Form, Sentence, Severity
from alerting.sentence import by_person, plain, say
from storage.journal.document import said_of, said_text
from tests.builders import START, judge, sensor
from tests.unit.alerting_delivery.test_languages import leaks

NOW_S = START.timestamp() + 7200.0


def blind(*, has_alert: bool = False) -> Sentence:
    gauge = sensor("stage_m", design={"warning_stage_m": 3.0, "datum": 0.0})
    watch = judge(gauge).find(gauge.key)
    assert watch is not None
    watch.newest_s = NOW_S - 3600.0
    found = why_blind([watch], now_s=NOW_S, watching_s=0.0, has_alert=lambda _: has_alert)
    assert found is not None
    return found.said


CASES = [
    (
        blind(),
        "1 of 1 sensors gave nothing believable for 60 min: stage above the station's datum.",
        "1个传感器中1个已有60分钟没有可信数据：水位。",
    ),
    (
        blind(has_alert=True),
        "1 of 1 sensors gave nothing believable for 60 min: stage above the station's datum;"
        " an alert stands on it and cannot be judged.",
        "1个传感器中1个已有60分钟没有可信数据：水位；其上尚有未解除的警报，无法判断。",
    ),
    (
        Sentence(form=Form.SILENT, names=("CX3/deep_h_mm", "tilt_x_deg"), numbers=(6, 9, -1, 0)),
        "6 of 9 sensors never heard from: CX3 deep horizontal displacement, mast tilt x"
        " and 4 more.",
        "9个传感器中6个从未上报：CX3 深层水平位移、倾角X等6项。",
    ),
    (
        Sentence(form=Form.UNUSUAL, title="m", numbers=(3.2, 1.0, 2.5), text="stands at 3.2 m"),
        "Unusual: stands at 3.2 m",
        "变化异常：测值3.2 m，按以往规律应在1至2.5 m之间。",
    ),
    (
        Sentence(form=Form.AS_USUAL, numbers=(12,)),
        "12 readings in a row were as usual",
        "连续12次测值恢复正常规律",
    ),
    (
        Sentence(form=Form.SYSTEM, title="broker", text="no readings arrive"),
        "no readings arrive",
        "收不到数据：消息服务器中断，所有传感器均不可见",
    ),
    (
        by_person(Form.ACKNOWLEDGED, "Example 示例", "on the way"),
        "acknowledged by Example 示例: on the way",
        "确认人：Example 示例: on the way",
    ),
    (plain(Form.OVER), "the problem is over", "故障已消除"),
]


@pytest.mark.parametrize(("sentence", "en", "zh"), CASES, ids=[case[1] for case in CASES])
def test_a_sentence_in_both_languages(sentence: Sentence, en: str, zh: str) -> None:
    assert say(sentence) == en
    assert say(sentence, "zh") == zh
    assert say(sentence, "fr") == en


@pytest.mark.parametrize("kind", sorted(set(MEASURES) - {"value"}))
def test_every_kind_of_measure_has_a_chinese_name_of_its_own(kind: str) -> None:
    spec = MeasureSpec.model_validate(
        {"of": kind, "window": "24h", "unit": "m", "baseline": "none"}
    )
    assert re.search("[\u4e00-\u9fff]", name_zh(spec))


def test_names_of_packs_are_read_as_words() -> None:
    measured = Against(name="mean 2min", name_zh="", value=9.0, limit=8.0, unit="m/s")
    share = Against(
        name="of limit",
        name_zh="",
        value=87.0,
        limit=85.0,
        unit="%",
        whole=1000.0,
        whole_unit="kN",
    )
    said = Sentence(form=Form.LIMIT, title="Wind", against=(measured, share))
    assert say(said) == (
        "Wind: mean 2 min 9 m/s, at or above 8 m/s and 87 % of 1000 kN, at or above 85 %."
    )


@pytest.mark.parametrize("form", list(Form))
def test_every_form_has_words_in_every_language(form: Form) -> None:
    sentence = Sentence(
        form=form, title="Stage", title_zh="水位", numbers=(1.0, 2.0, 3.0, 0.0)[: _N.get(form, 0)]
    )
    assert say(sentence) or form in (Form.SYSTEM, Form.BELIEVED)
    assert leaks(say(sentence, "zh"), {"Stage"}) == []


_N = {Form.SILENT: 4, Form.UNUSUAL: 3, Form.AS_USUAL: 1}

numbers = st.floats(allow_nan=False, allow_infinity=False)
against = st.builds(
    Against,
    name=st.text(max_size=8),
    name_zh=st.text(max_size=8),
    value=st.none() | numbers,
    limit=numbers,
    unit=st.sampled_from(["m", "%", "mm/d", ""]),
)
sentences = st.builds(
    Sentence,
    form=st.sampled_from([Form.LIMIT, Form.LEFT]),
    title=st.text(max_size=8),
    title_zh=st.text(max_size=8),
    against=st.lists(against, max_size=3).map(tuple),
    is_low=st.booleans(),
    severity=st.none() | st.sampled_from(list(Severity)),
    is_suspect=st.booleans(),
    remark=st.text(max_size=8),
    remark_zh=st.text(max_size=8),
)


@given(sentences)
def test_a_sentence_comes_back_from_the_journal_as_it_was(sentence: Sentence) -> None:
    text = said_text(sentence)
    assert text is not None
    assert said_of(text) == sentence
    json.loads(text)


@pytest.mark.parametrize("text", ["", "{", '{"form": "of_tomorrow"}', "[]", "7"])
def test_a_sentence_of_another_version_is_left_to_its_english_wording(text: str) -> None:
    assert said_of(text) is None
    assert said_of(None) is None
