"""Answers about sites, devices, sensors, their limits and readings."""

from typing import Any

from pydantic import Field

from alerting.basis import Basis
from alerting.rules import period_text
from groundwatch.explained import SensorView
from groundwatch.http.alert_models import AlertAnswer
from groundwatch.http.words import Answer, Instant, Place, SeverityWord, Source, severity_word
from groundwatch.limits import Condition, FoldView, LevelView, RuleView, Share, SilenceView, WayView
from sensors.catalogue import KINDS
from sensors.model import Reading
from sensors.registry import Device, Sensor, Site
from sensors.virtual.crane_rail import ends_of
from storage.ports import Row


class SiteAnswer(Answer):
    """A named place with sensors, and how it stands now."""

    id: str
    name: str
    zh: str
    kind: str
    position: Place
    address: str
    district: str
    street: str
    village: str
    n_devices: int
    n_sensors: int
    worst: SeverityWord | None = Field(description="Worst standing alert; null when none stands.")
    n_firing: int = Field(description="Standing alerts that are not blind alerts.")
    n_blind: int = Field(description="Devices with overdue sensors.")

    @classmethod
    def parts(cls, site: Site, alerts: list[AlertAnswer]) -> dict[str, Any]:
        """Gather the fields; `alerts` are those that stand on the site, worst first."""
        n_blind = sum(1 for alert in alerts if alert.kind == "blind")
        return {
            "id": site.id,
            "name": site.name,
            "zh": site.zh,
            "kind": site.kind.value,
            "position": Place.of(site.position),
            "address": site.address,
            "district": site.district,
            "street": site.street,
            "village": site.village,
            "n_devices": len(site.devices),
            "n_sensors": sum(len(device.sensors) for device in site.devices),
            "worst": alerts[0].severity if alerts else None,
            "n_firing": len(alerts) - n_blind,
            "n_blind": n_blind,
        }


class DeviceAnswer(Answer):
    """The box with a radio that carries sensors, and what it last said of itself."""

    id: str
    kind: str
    name: str
    position: Place = Field(description="Of a crane on a rail the rail's middle.")
    rail: list[Place] | None = Field(
        description="Both ends of a crane's rail, where `travel_m` is least and most; else null."
    )
    every_s: float = Field(description="Nominal reporting interval in seconds.")
    is_online: bool | None = Field(description="Its birth or last will; null when it said neither.")
    status_at: Instant | None = Field(description="When that arrived.")
    worst: SeverityWord | None
    sensors: list[str]

    @classmethod
    def parts(cls, device: Device) -> dict[str, Any]:
        """Gather the fields that the site file gives."""
        ends = ends_of(device)
        return {
            "id": device.id,
            "kind": device.kind,
            "name": device.name,
            "position": Place.of(device.position),
            "rail": None if ends is None else [Place.of(end) for end in ends],
            "every_s": device.every.total_seconds(),
            "sensors": [str(sensor.key) for sensor in device.sensors],
        }


class SiteDetail(SiteAnswer):
    """A site with its devices and its worst alert."""

    devices: list[DeviceAnswer]
    worst_alert: AlertAnswer | None


class SitePage(Answer):
    """Every site, by id."""

    items: list[SiteAnswer]


class SensorAnswer(Answer):
    """One quantity at one point of one device."""

    key: str = Field(description="What people type: `site/device/quantity`, with the point.")
    site: str
    device: str
    point: str
    quantity: str
    kind: str = Field(description="Kind of device.")
    name: str = Field(description="The quantity in English.")
    zh: str = Field(description="The quantity in Chinese.")
    unit: str
    position: Place
    every_s: float
    newest_at: Instant | None = Field(description="When its newest believable reading was taken.")
    is_overdue: bool

    @classmethod
    def parts(cls, sensor: Sensor, silence: SilenceView) -> dict[str, Any]:
        """Gather the fields."""
        quantity = KINDS[sensor.kind].quantities[sensor.key.quantity]
        return {
            "key": str(sensor.key),
            **sensor.key._asdict(),
            "kind": sensor.kind,
            "name": quantity.en,
            "zh": quantity.zh,
            "unit": sensor.unit,
            "position": Place.of(sensor.position),
            "every_s": sensor.every.total_seconds(),
            "newest_at": silence.newest_at,
            "is_overdue": silence.is_overdue,
        }


class SensorPage(Answer):
    """One page of sensors, by site, device and file order."""

    items: list[SensorAnswer]
    next: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class BasisAnswer(Answer):
    """What a number stands on: its source, and which layer, file and line gave it."""

    provenance: Source
    layer: str = Field(description="standard, local or project; the later wins.")
    place: str = Field(description="file:line")
    remark: str

    @classmethod
    def of(cls, basis: Basis) -> "BasisAnswer":
        """Make it of a basis."""
        return cls(
            provenance=Source.of(basis.provenance),
            layer=basis.layer.word,
            place=basis.place,
            remark=basis.remark,
        )


class ShareAnswer(Answer):
    """What a limit in per cent is a share of: 100 % and the limit itself, both in `unit`."""

    whole: float
    limit: float
    unit: str
    basis: BasisAnswer | None

    @classmethod
    def of(cls, share: Share) -> "ShareAnswer":
        """Make it of a share."""
        return cls(
            whole=share.whole,
            limit=share.limit,
            unit=share.unit,
            basis=None if share.basis is None else BasisAnswer.of(share.basis),
        )


class ConditionAnswer(Answer):
    """One measure against one limit."""

    measure: str
    window_s: float
    baseline: str = Field(description="What the value is relative to.")
    side: str
    limit: float
    unit: str
    present: float | None = Field(description="Null while it cannot be computed.")
    is_met: bool
    share: ShareAnswer | None = Field(description="Where the unit is %: of what.")

    @classmethod
    def of(cls, condition: Condition) -> "ConditionAnswer":
        """Make it of a condition."""
        return cls(
            measure=condition.measure,
            window_s=condition.window_s,
            baseline=condition.baseline,
            share=None if condition.of is None else ShareAnswer.of(condition.of),
            side=condition.side,
            limit=condition.limit,
            unit=condition.unit,
            present=condition.present,
            is_met=condition.is_met,
        )


class WayAnswer(Answer):
    """One way to reach a severity: every condition is met."""

    conditions: list[ConditionAnswer]
    basis: BasisAnswer
    valid: str = Field(description="When it holds, by the time a reading was taken.")
    at_most: str = Field(description="Why it is only an upper bound; empty where it is the limit.")
    is_met: bool

    @classmethod
    def of(cls, way: WayView) -> "WayAnswer":
        """Make it of a way."""
        return cls(
            conditions=[ConditionAnswer.of(condition) for condition in way.conditions],
            basis=BasisAnswer.of(way.basis),
            valid=period_text(way.period),
            at_most=way.at_most,
            is_met=way.is_met,
        )


class LevelAnswer(Answer):
    """One severity of a rule: met when any one way is."""

    severity: SeverityWord
    provenance: Source
    ways: list[WayAnswer]
    is_met: bool

    @classmethod
    def of(cls, level: LevelView) -> "LevelAnswer":
        """Make it of a level."""
        return cls(
            severity=severity_word(level.severity),
            provenance=Source.of(level.provenance),
            ways=[WayAnswer.of(way) for way in level.ways],
            is_met=level.is_met,
        )


class GapAnswer(Answer):
    """A severity that is not judged on this sensor, and why. Not judged is not normal."""

    severity: SeverityWord
    reason: str
    may_raise: bool = Field(description="True where reaching the limit raises all the same.")


class FoldAnswer(Answer):
    """Where a rule stands after the newest reading; `severity` is null when calm."""

    severity: SeverityWord | None
    started_at: Instant | None
    since: Instant | None
    calm_since: Instant | None
    calm_readings: int
    awaiting_sign_off: bool
    text: str

    @classmethod
    def of(cls, fold: FoldView) -> "FoldAnswer":
        """Make it of a fold."""
        return cls(
            severity=severity_word(fold.severity),
            started_at=fold.started_at,
            since=fold.since,
            calm_since=fold.calm_since,
            calm_readings=fold.calm_readings,
            awaiting_sign_off=fold.awaiting_sign_off,
            text=fold.text,
        )


class RuleAnswer(Answer):
    """One rule on one sensor: its limits with where they come from, and where it stands."""

    rule_id: str
    pack: str = Field(description="Rule pack and version in use now.")
    hazard: str
    title: str
    title_zh: str
    raised_when: str
    cleared_when: str
    levels: list[LevelAnswer]
    not_judged: list[GapAnswer]
    state: FoldAnswer | None = Field(description="Null when no level of it can be judged.")
    remarks: list[str] = Field(
        description="Why its limits are other than written now, and what its measures say."
    )

    @classmethod
    def of(cls, rule: RuleView) -> "RuleAnswer":
        """Make it of a rule."""
        return cls(
            rule_id=rule.rule_id,
            pack=rule.pack,
            hazard=rule.hazard,
            title=rule.title,
            title_zh=rule.title_zh,
            raised_when=rule.raised_when,
            cleared_when=rule.cleared_when,
            levels=[LevelAnswer.of(level) for level in rule.levels],
            not_judged=[
                GapAnswer(
                    severity=severity_word(gap.severity),
                    reason=gap.reason,
                    may_raise=gap.may_raise,
                )
                for gap in rule.not_judged
            ],
            state=None if rule.fold is None else FoldAnswer.of(rule.fold),
            remarks=[each.en for each in rule.remarks],
        )


class SilenceAnswer(Answer):
    """When a sensor last said something believable, and how long it may be silent."""

    sensor: str
    newest_at: Instant | None
    age_s: float | None
    stale_s: float
    offline_s: float
    is_overdue: bool
    text: str

    @classmethod
    def of(cls, silence: SilenceView) -> "SilenceAnswer":
        """Make it of a silence."""
        return cls(
            sensor=str(silence.sensor),
            newest_at=silence.newest_at,
            age_s=silence.age_s,
            stale_s=silence.stale_s,
            offline_s=silence.offline_s,
            is_overdue=silence.is_overdue,
            text=silence.text,
        )


class SensorDetail(SensorAnswer):
    """A sensor with its newest value, its limits, and what is not judged and why."""

    device_name: str
    value: float | None = Field(description="The newest believable value; null when there is none.")
    taken_at: Instant | None
    age_s: float | None
    silence: SilenceAnswer
    rules: list[RuleAnswer]
    detector: str = Field(description="Whether the detector of unusual values can be trusted yet.")
    design: dict[str, float | str] = Field(description="Design values the site file gives.")
    remarks: list[str] = Field(description="What could not be had, and why.")

    @classmethod
    def of(cls, view: SensorView, remarks: list[str]) -> "SensorDetail":
        """Make it of a sensor's view."""
        return cls(
            **SensorAnswer.parts(view.sensor, view.silence),
            device_name=view.name,
            value=view.value,
            taken_at=view.taken_at,
            age_s=view.age_s,
            silence=SilenceAnswer.of(view.silence),
            rules=[RuleAnswer.of(rule) for rule in view.rules],
            detector=view.detector,
            design={**view.sensor.design, **view.sensor.words},
            remarks=remarks,
        )


class ReadingAnswer(Answer):
    """One stored value in the quantity's base unit."""

    sensor: str
    value: float
    taken_at: Instant
    qc: int = Field(description="QARTOD: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing.")
    why: str = Field(description="Why the flag is not a pass, where that is still known.")

    @classmethod
    def of(cls, reading: Reading, why: str) -> "ReadingAnswer":
        """Make it of a reading and the reason for its flag."""
        return cls(
            sensor=str(reading.sensor),
            value=reading.value,
            taken_at=reading.taken_at,
            qc=int(reading.qc),
            why=why,
        )


class ReadingPage(Answer):
    """One sensor's stored readings, oldest first."""

    sensor: str
    unit: str
    items: list[ReadingAnswer]
    next_since: Instant | None = Field(
        description="Give it as `since` to go on; null when `until` was reached."
    )


class LatestPage(Answer):
    """The newest stored reading of every sensor."""

    items: list[ReadingAnswer]


class CycleAnswer(Answer):
    """One lift of a tower crane; a number is null where the crane did not say it."""

    site: str
    device: str
    started_at: Instant
    duration_s: float
    max_load_t: float
    max_pct: float | None = Field(description="Largest per cent of the load chart, or of moment.")
    start_radius_m: float | None
    end_radius_m: float | None
    start_slew_deg: float | None
    end_slew_deg: float | None
    was_cut: bool = Field(description="Whether the readings stopped while the load hung.")

    @classmethod
    def of(cls, row: Row) -> "CycleAnswer":
        """Make it of a stored record."""
        values = row.values
        return cls(
            site=row.site,
            device=row.device,
            started_at=row.taken_at,
            duration_s=values["duration_s"],
            max_load_t=values["max_load_t"],
            max_pct=values.get("max_pct"),
            start_radius_m=values.get("start_radius_m"),
            end_radius_m=values.get("end_radius_m"),
            start_slew_deg=values.get("start_slew_deg"),
            end_slew_deg=values.get("end_slew_deg"),
            was_cut=bool(values.get("was_cut")),
        )


class CyclePage(Answer):
    """Lifts, the newest first."""

    items: list[CycleAnswer]
