"""The values of keeping quiet: who muted what until when, and why a notice did not go out."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alerting.model import Alert, AlertKind, Severity


class Stage(StrEnum):
    """Which stage kept a notice back."""

    SHELF = "shelf"
    SILENCE = "silence"
    INHIBITION = "inhibition"
    FLAPPING = "flapping"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """Why people are not told now: which stage, the sentence, who is behind it, until when.

    `why_zh` is the sentence in Chinese; what people wrote stands in it as they wrote it.
    """

    stage: Stage
    why: str
    why_zh: str = ""
    by: str = ""
    until: datetime | None = None

    @property
    def text(self) -> str:
        """Give it as it stands in the record."""
        return f"not sent, {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Which alerts; an empty set takes any. `devices` are `site/device`.

    `at_most` is the worst severity that is taken.
    """

    sites: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    hazards: frozenset[str] = frozenset()
    kinds: frozenset[AlertKind] = frozenset()
    rules: frozenset[str] = frozenset()
    at_least: Severity = Severity.MINOR
    at_most: Severity = Severity.SEVERE

    @property
    def is_for_all(self) -> bool:
        """Say whether nothing but the severity narrows it down."""
        return not (self.sites or self.devices or self.hazards or self.kinds or self.rules)

    def takes(self, alert: Alert) -> bool:
        """Say whether an alert is among those meant."""
        key = alert.sensor
        return (
            self.at_least <= alert.severity <= self.at_most
            and (not self.sites or key.site in self.sites)
            and (not self.devices or f"{key.site}/{key.device}" in self.devices)
            and (not self.hazards or alert.hazard in self.hazards)
            and (not self.kinds or alert.kind in self.kinds)
            and (not self.rules or alert.rule_id in self.rules)
        )

    @property
    def words(self) -> str:
        """Say which alerts these are."""
        parts = [
            f"{name} {' or '.join(sorted(map(str, values)))}"
            for name, values in (
                ("site", self.sites),
                ("device", self.devices),
                ("hazard", self.hazards),
                ("kind", self.kinds),
                ("rule", self.rules),
            )
            if values
        ]
        return ", ".join([*parts, f"up to {self.at_most.word}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Notices that people do not want until an instant, and why.

    `allows_extreme` was asked for explicitly; without it no extreme alert is ever silenced.
    """

    id: str
    matcher: Matcher
    since: datetime
    until: datetime
    author: str
    comment: str
    allows_extreme: bool = False
    ended_at: datetime | None = None
    ended_by: str = ""

    def is_on(self, now: datetime) -> bool:
        """Say whether it holds now."""
        return self.since <= now < self.until and self.ended_at is None

    def ended(self, now: datetime, actor: str) -> "Silence":
        """Give it as a person ended it."""
        return replace(self, ended_at=now, ended_by=actor)
