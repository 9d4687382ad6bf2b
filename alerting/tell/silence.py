"""Silences: muted by people, for certain alerts, for a while, with a reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.model import Alert, AlertKind, Severity
from alerting.mute import Muted, Silence, Stage
from sensors.local_time import shown_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRules:
    """How long a silence may last, and how many there may be (confidence D)."""

    longest: timedelta = timedelta(days=7)
    longest_with_extreme: timedelta = timedelta(hours=4)
    at_most: int = 500


def why_silenced(alert: Alert, silences: Iterable[Silence], now: datetime) -> Muted | None:
    """Say which silence mutes an alert; None when none does."""
    if alert.kind is AlertKind.SYSTEM:
        return None
    for silence in silences:
        if not silence.is_on(now) or not silence.matcher.takes(alert):
            continue
        if alert.severity is Severity.EXTREME and not silence.allows_extreme:
            continue
        until = shown_minute(silence.until)
        why = f"silenced by {silence.author} until {until}: {silence.comment} ({silence.id})"
        zh = f"{silence.author}静默至{until}：{silence.comment}（{silence.id}）"
        return Muted(
            stage=Stage.SILENCE, why=why, why_zh=zh, by=silence.author, until=silence.until
        )
    return None


def why_refused(silence: Silence, now: datetime, rules: SilenceRules) -> str | None:
    """Say why a silence is not taken, and what is allowed; None when it is."""
    matcher = silence.matcher
    longest = rules.longest_with_extreme if silence.allows_extreme else rules.longest
    wants_extreme = matcher.at_most is Severity.EXTREME and not silence.allows_extreme
    checks = (
        (
            not silence.author.strip() or not silence.comment.strip(),
            "say who you are and why: both are kept with the silence",
        ),
        (
            matcher.is_for_all,
            "name a site, device, hazard, kind or rule: everything at once is never silenced",
        ),
        (AlertKind.SYSTEM in matcher.kinds, "this program's own faults are never silenced"),
        (silence.until <= now, "say until when: an instant in the future"),
        (
            wants_extreme,
            "extreme alerts are not silenced unless that is asked for by itself (allow extreme)",
        ),
        (silence.until - silence.since > longest, f"it may last {longest} at most"),
    )
    return next((why for is_wrong, why in checks if is_wrong), None)
