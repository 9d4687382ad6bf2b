"""Brings notices to people: attempts, retries, fall-backs, stand-ins and repeats."""

from alerting.deliver.config import ChannelStatus, DeliveryConfig, DeliveryStatus, Failure
from alerting.deliver.deliverer import Deliverer
from alerting.deliver.ports import Clock, Reminding
from alerting.deliver.step import (
    Policy,
    RepeatStep,
    Step,
    next_step,
    repeat_after,
    repeat_step,
    why_no_repeat,
)

__all__ = [
    "ChannelStatus",
    "Clock",
    "Deliverer",
    "DeliveryConfig",
    "DeliveryStatus",
    "Failure",
    "Policy",
    "Reminding",
    "RepeatStep",
    "Step",
    "next_step",
    "repeat_after",
    "repeat_step",
    "why_no_repeat",
]
