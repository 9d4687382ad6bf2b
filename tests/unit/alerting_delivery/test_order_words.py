"""How an order reads: what is to be done comes first, in full and in a short message."""

from dataclasses import replace

import pytest

from alerting.model import Mark, NotifyReason
from alerting.render import render_text
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
    text = first_words(essentials(order, language), language, limit=limit, size=len)
    assert len(text) <= limit
    assert SAID[language][0] in text
    assert "21.4" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_full_text_begins_with_it_and_leads_to_the_order(language: str) -> None:
    notice = make_notice(card=make_card(), remarks=SAID[language])
    order = replace(notice, reason=NotifyReason.ORDER, task="t-1", mark=Mark.EXERCISE)
    lines = render_text(order, language).splitlines()
    assert SAID[language][0] in lines[2]
    assert SAID[language][1] in lines[3]
    assert lines[-1].endswith("/api/v1/tasks/t-1")
