"""Flapping and the clock: a clock set back prolongs nothing."""

from dataclasses import replace
from datetime import timedelta

from alerting.model import NotifyReason
from alerting.tell.flap import FlapRules, Flaps
from tests.unit.alerting_delivery.values import NOW, make_alert


def test_a_clock_that_was_set_back_holds_nothing_longer_than_the_calm() -> None:
    flaps = Flaps(FlapRules(times=2, within=timedelta(hours=1), calm=timedelta(minutes=15)))
    for minute in (0, 1, 2):
        one = replace(make_alert(), id=f"alert-{minute}")
        flaps.follow(one, NotifyReason.FIRST, NOW + timedelta(minutes=minute))
    back = NOW - timedelta(hours=5)
    assert flaps.calmed(back) == []
    (calm,) = flaps.calmed(back + timedelta(minutes=15))
    assert calm.id == "alert-2"
    assert flaps.why_held(calm, back + timedelta(minutes=15)) is None
