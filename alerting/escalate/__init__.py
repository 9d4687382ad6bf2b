"""Asks one person after another until somebody acknowledges: the clock behind every alert."""

from alerting.escalate.escalator import Escalator, by_alert
from alerting.escalate.ports import Escalating
from alerting.escalate.step import Call, Escalation, Stop, Wait, next_step

__all__ = ["Call", "Escalating", "Escalation", "Escalator", "Stop", "Wait", "by_alert", "next_step"]
