"""How an order reads: what is to be done comes first, in full and in a short message."""

from dataclasses import replace

import pytest

from alerting.model import Mark, NotifyReason
from alerting.render import SmsForm, render_sms, render_text, sms_fields
from alerting.render.short import essentials, first_words
from tests.unit.alerting_delivery.values import ANN, make_card, make_notice

SAID = {
    "zh": ("携带冲锋舟2艘、编织袋200条，立即赶赴白海堤段待命", "请于14:20前接受"),
    "en": ("Bring two boats and 200 bags to the dyke at once", "accept by 14:20"),
}


@pytest.mark.parametrize(("language", "limit"), [("zh", 70), ("en", 160)])
def test_the_first_part_of_a_short_message_is_the_order(language: str, limit: int) -> None:
    notice = make_notice(
        card=make_card(), remarks=SAID[language], to=replace(ANN, language=language)
    )
    order = replace(notice, reason=NotifyReason.ORDER, task="t-1")
    first = first_words(essentials(order, language), language, limit=limit, size=len)
    assert len(first.text) <= limit
    assert SAID[language][0] in first.text
    assert "21.4" not in first.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_of_few_signs_says_what_is_to_be_done_rather_than_what_it_is_about(
    language: str,
) -> None:
    order = replace(make_notice(remarks=SAID[language]), reason=NotifyReason.ORDER, task="t-1")
    text = sms_fields(order, language, longest=35)["text"]
    assert SAID[language][0][:5] in text
    assert len(text) <= 35


@pytest.mark.parametrize("remark", ["TC-01", "limit", "wind"])
def test_a_short_remark_is_said_though_its_letters_stand_in_the_first_sentence(remark: str) -> None:
    notice = make_notice(remarks=(remark,))
    assert render_sms(notice, "en", SmsForm())[0].endswith(f"; {remark}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_full_text_begins_with_it_and_leads_to_the_order(language: str) -> None:
    notice = make_notice(card=make_card(), remarks=SAID[language])
    order = replace(notice, reason=NotifyReason.ORDER, task="t-1", mark=Mark.EXERCISE)
    lines = render_text(order, language).splitlines()
    assert SAID[language][0] in lines[2]
    assert SAID[language][1] in lines[3]
    assert lines[-1].endswith("/api/v1/tasks/t-1")


CALL = {"en": "tell the duty office", "zh": "请告知值班室"}


@pytest.mark.parametrize("language", CALL)
def test_a_short_order_whose_answer_nobody_hears_says_whom_to_tell(language: str) -> None:
    notice = make_notice(remarks=SAID[language], to=replace(ANN, language=language))
    order = replace(notice, reason=NotifyReason.ORDER, task="t-1abc", ack_link="")
    linked = replace(order, ack_link="https://g.example/o/1")
    heard = "".join(render_sms(order, language, SmsForm(hears_answers=True)))
    assert CALL[language] in "".join(render_sms(order, language, SmsForm()))
    assert CALL[language] not in "".join(render_sms(linked, language, SmsForm()))
    assert "1abc" in heard
    assert CALL[language] not in heard
