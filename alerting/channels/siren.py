"""Channel that sounds a siren on site: a command to a device, done when the device says so.

What warns lets it sound for a time that depends on the severity; other notices need no siren. An
alert that is over makes it silent if it was this alert that let it sound, and not another one that
may still stand. What is no real alert sounds for a moment only.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from alerting.errors import DeliveryError
from alerting.model import Mark, Notice, NotifyReason, Receipt, Severity

SOUNDS_S: Mapping[Severity, float] = {
    Severity.MINOR: 5.0,
    Severity.MODERATE: 10.0,
    Severity.SEVERE: 30.0,
    Severity.EXTREME: 120.0,
}
_SOUNDS = frozenset(
    {
        NotifyReason.FIRST,
        NotifyReason.SEVERITY_ROSE,
        NotifyReason.REPEAT,
        NotifyReason.ESCALATED,
        NotifyReason.RETURNED,
        NotifyReason.RECURRED,
        NotifyReason.GROUP,
        NotifyReason.STORM,
    }
)
_SILENCES = frozenset({NotifyReason.CLEARED, NotifyReason.WITHDRAWN})
_PLACE = re.compile(r"(?:[^/+#\s]{1,64}/)?[^/+#\s]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a siren shall do; `key` is the notice's id."""

    site: str
    device: str
    on: bool
    seconds: float
    severity: str
    mark: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of an order; `may_pass` where asking again may help."""

    is_done: bool
    said: str
    may_pass: bool = False


class Teller(Protocol):
    """Tells a device something and waits for its reply, for a bounded time."""

    async def tell(self, order: Order) -> Told:
        """Send the command; never raises for a device that does not answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SirenConfig:
    """How long a siren sounds; the durations are the project's own and belong to the site."""

    name: str
    sounds_s: Mapping[Severity, float] = field(default_factory=lambda: SOUNDS_S)
    trial_s: float = 2.0

    def __post_init__(self) -> None:
        """Refuse a siren that would not sound, or not stop."""
        times = (*self.sounds_s.values(), self.trial_s)
        if len(self.sounds_s) != len(Severity) or not all(0 < each <= 600 for each in times):
            raise ValueError("a siren sounds for more than 0 and at most 600 s, for each severity")


def why_no_siren(address: str) -> str | None:
    """Say why something names no device; None when it does."""
    if _PLACE.fullmatch(address):
        return None
    return "this names no device; allowed: device, or site/device"


class Siren:
    """Sends one command a notice."""

    def __init__(self, *, config: SirenConfig, teller: Teller, now: Callable[[], datetime]) -> None:
        """Hold the parts."""
        self.name = config.name
        self._config = config
        self._teller = teller
        self._now = now
        self._sounding: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def close(self) -> None:
        """Do nothing: the broker's connection is not ours."""

    async def send(self, notice: Notice) -> Receipt:
        """Tell the device once.

        Raises:
            DeliveryError: it did not say that it did; `retryable` says whether to try again.
        """
        refused = why_no_siren(notice.recipient.address)
        if refused is not None:
            raise DeliveryError(f"{self.name}: {refused}", retryable=False)
        order = self.order(notice)
        if order is None:
            said = f"no siren for a notice of this kind ({notice.reason.value})"
            return Receipt(notice_id=notice.id, at=self._now(), reference=said)
        told = await self._teller.tell(order)
        where = f"{order.site}/{order.device}"
        if not told.is_done:
            reason = f"{self.name}: {where}: {told.said}"
            raise DeliveryError(reason, retryable=told.may_pass)
        self._note(order, notice.alert.id)
        what = f"sounds for {order.seconds:g} s" if order.on else "is silent"
        return Receipt(notice_id=notice.id, at=self._now(), reference=f"{where} {what}")

    def order(self, notice: Notice) -> Order | None:
        """Give what the siren shall do about a notice; None where it has nothing to do."""
        severity = _worst(notice)
        if severity is None or notice.reason not in _SOUNDS | _SILENCES:
            return None
        site, _, device = notice.recipient.address.rpartition("/")
        if notice.reason in _SILENCES and not self._is_sounding_for(notice, site, device):
            return None
        meant = notice.mark is Mark.ACTUAL
        return Order(
            site=site or notice.alert.site,
            device=device,
            on=notice.reason in _SOUNDS,
            seconds=self._config.sounds_s[severity] if meant else self._config.trial_s,
            severity=severity.word,
            mark=notice.mark.value,
            key=notice.id,
        )

    def _is_sounding_for(self, notice: Notice, site: str, device: str) -> bool:
        alert_id, until = self._sounding.get((site or notice.alert.site, device), ("", self._now()))
        return alert_id == notice.alert.id and until > self._now()

    def _note(self, order: Order, alert_id: str) -> None:
        """Keep which alert lets a siren sound; one entry a siren."""
        place = (order.site, order.device)
        if order.on:
            self._sounding[place] = (alert_id, self._now() + timedelta(seconds=order.seconds))
        else:
            self._sounding.pop(place, None)


def _worst(notice: Notice) -> Severity | None:
    """Give how bad it is; None for a notice about several alerts of which none stands."""
    if notice.batch is None:
        return notice.alert.severity
    standing = [Severity(at) for at, count in enumerate(notice.batch.counts, start=1) if count]
    return max(standing, default=None)
