"""Requests and answers about life cycles, couplings and boreholes."""

from pydantic import Field

from alerting.couple import GaugeForce
from alerting.gauge_fold import Stretch
from alerting.joints.borehole import ProfilePoint
from alerting.official import OfficialForce
from groundwatch.http.words import Actor, Answer, Asked, Instant, Note
from groundwatch.limits import instant
from groundwatch.rates import RateView
from sensors.coupling import Coupling
from sensors.lifecycle import StageChange


class StageWord(Asked):
    """A person's word on a stage: from when on it holds."""

    stage: str = Field(max_length=64, description="For example `slab_cast` or `pouring`.")
    device: str | None = Field(default=None, description="One device; the whole site if left out.")
    at: Instant | None = Field(default=None, description="From when on; now if left out.")
    depth_m: float | None = Field(default=None, gt=0, le=200, description="How deep the pit is.")
    actor: Actor
    note: Note = ""


class StageAnswer(Answer):
    """From `at` on a stage holds; `by` says who said so."""

    device: str = Field(description="Empty for the whole site.")
    line: str = Field(description="pit, tower, formwork, project or work.")
    stage: str
    at: Instant
    by: str
    note: str
    depth_m: float | None

    @classmethod
    def of(cls, device: str, change: StageChange) -> "StageAnswer":
        """Make it of a change."""
        return cls(
            device=device,
            line=change.line,
            stage=change.stage,
            at=change.at,
            by=change.by,
            note=change.note,
            depth_m=change.depth_m,
        )


class StagesAnswer(Answer):
    """What holds now at a site and at its devices, and every change that was ever told."""

    now: list[StageAnswer] = Field(description="Of the site, and of devices with their own.")
    changes: list[StageAnswer] = Field(description="In the order in which they became known.")


class StretchAnswer(Answer):
    """A stretch of event time in which a coupling was in force; `until` is null while it is."""

    since: Instant
    until: Instant | None

    @classmethod
    def of(cls, stretch: Stretch) -> "StretchAnswer":
        """Make it of a stretch."""
        is_open = stretch.end_s == float("inf")
        return cls(
            since=instant(stretch.start_s), until=None if is_open else instant(stretch.end_s)
        )


class RateAnswer(Answer):
    """What a device was last told about its interval, and what it said."""

    device: str
    every_s: float
    asked_at: Instant
    fate: str = Field(description="asked, done, refused, unanswered or not_sent.")
    said: str

    @classmethod
    def of(cls, view: RateView) -> "RateAnswer":
        """Make it of what the keeper of rates knows."""
        return cls(
            device=view.device,
            every_s=view.every.total_seconds(),
            asked_at=view.asked_at,
            fate=view.fate,
            said=view.said,
        )


class CouplingAnswer(Answer):
    """A coupling: when it comes into force, what it does, and when it did."""

    site: str
    gauge: str | None = Field(description="Null where an official warning is what counts.")
    official: str | None = Field(description="Topic of the official warnings that count.")
    condition: str
    factor: float
    hold_s: float
    every_s: float | None
    source: str
    confidence: str
    is_in_force: bool
    text: str = Field(description="Since when and why; empty while it is not in force.")
    stretches: list[StretchAnswer]
    rates: list[RateAnswer]

    @classmethod
    def of(
        cls, force: GaugeForce | OfficialForce, now_s: float, rates: list[RateAnswer]
    ) -> "CouplingAnswer":
        """Make it of a coupling at work."""
        coupling, stretch = force.coupling, force.stretch_at(now_s)
        return cls(
            site=coupling.site,
            gauge=str(coupling.gauge) if isinstance(coupling, Coupling) else None,
            official=None if isinstance(coupling, Coupling) else coupling.topic,
            condition=coupling.condition,
            factor=coupling.factor,
            hold_s=coupling.hold.total_seconds(),
            every_s=None if coupling.every is None else coupling.every.total_seconds(),
            source=coupling.source,
            confidence=coupling.confidence,
            is_in_force=stretch is not None,
            text="" if stretch is None else force.why(stretch).en,
            stretches=[StretchAnswer.of(each) for each in force.in_force],
            rates=rates,
        )


class CouplingPage(Answer):
    """Every coupling there is."""

    items: list[CouplingAnswer]


class DepthAnswer(Answer):
    """One depth of a profile; value and instant are null where nothing recent is known."""

    depth_m: float
    value_mm: float | None
    taken_at: Instant | None

    @classmethod
    def of(cls, point: ProfilePoint) -> "DepthAnswer":
        """Make it of a point."""
        return cls(
            depth_m=point.depth_m,
            value_mm=point.value_mm,
            taken_at=None if point.time_s is None else instant(point.time_s),
        )


class ProfileAnswer(Answer):
    """A borehole at an instant, from the top down."""

    borehole: str
    at: Instant
    text: str
    points: list[DepthAnswer]
