"""Brings notices to people: attempts, retries, fall-backs and stand-ins."""

from alerting.deliver.config import ChannelStatus, DeliveryConfig, DeliveryStatus, Failure
from alerting.deliver.deliverer import Deliverer
from alerting.deliver.ports import Clock
from alerting.deliver.step import Policy, Step, next_step

__all__ = [
    "ChannelStatus",
    "Clock",
    "Deliverer",
    "DeliveryConfig",
    "DeliveryStatus",
    "Failure",
    "Policy",
    "Step",
    "next_step",
]
