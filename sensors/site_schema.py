"""What may stand in a site file, as pydantic models; `sensors.site` turns them into values.

Only what can be judged from one block by itself is checked here. Each block (site, device, sensor)
is validated on its own, so that a fault in one does not hide the faults in the others.
"""

import re
from datetime import date, datetime, time, timedelta, timezone
from sys import float_info
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    Strict,
    StringConstraints,
)

from sensors.catalogue import KINDS
from sensors.coupling import TOPICS
from sensors.crane.zone import ZoneKind
from sensors.design import DESIGN, MAX_OWN_NAME, OWN_PREFIX, WORDS
from sensors.document import Duration, FileModel, Refused, did_you_mean, listed, nearest
from sensors.door import DOORS, MAX_ADDRESS
from sensors.due import DUE
from sensors.lifecycle import STAGES
from sensors.qc.table import QualityBlock
from sensors.registry import FutureRule, SiteKind

MAX_DEVICES = 10_000
MAX_SENSORS = 10_000
MAX_ZONES = 200
MAX_CORNERS = 200
MAX_STAGES = 500
MAX_COUPLINGS = 20
MAX_NEIGHBOURS = 1000
MAX_UNDERPASSES = 1000

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_ID_ALLOWED = "1 to 64 of A-Z a-z 0-9 _ . - and first a letter or digit"


def _check_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Refused(f"'{text[:64]}' cannot be part of an MQTT topic here", allowed=_ID_ALLOWED)
    return text


def _check_point(text: str) -> str:
    return text and _check_id(text)


def _check_kind(word: str) -> str:
    if word not in KINDS:
        what = f"'{word[:64]}' is not a kind of device"
        raise Refused(what, allowed=listed(KINDS), fix=did_you_mean(word, KINDS))
    return word


def _check_door(name: str) -> str:
    if name not in DOORS:
        what = f"'{name[:64]}' is not a door by which a device can be heard"
        raise Refused(what, allowed=listed(DOORS), fix=did_you_mean(name, DOORS))
    return name


def _check_design_name(name: str) -> str:
    if (
        name in DESIGN
        or name in WORDS
        or (name.startswith(OWN_PREFIX) and len(name) <= MAX_OWN_NAME)
    ):
        return name
    known = {**DESIGN, **WORDS}
    allowed = (
        f"{listed(nearest(name, known, 6))} and others, or a name of your own with {OWN_PREFIX}"
    )
    what = f"unknown design value '{name[:64]}'"
    raise Refused(what, allowed=allowed, fix=did_you_mean(name, known))


def _check_date_name(name: str) -> str:
    if name not in DUE:
        what = f"'{name[:64]}' is no date that runs out"
        raise Refused(what, allowed=listed(DUE), fix=did_you_mean(name, DUE))
    return name


def _check_order(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] >= pair[1]:
        what = f"[{pair[0]:g}, {pair[1]:g}] is empty"
        raise Refused(what, allowed="[low, high] with low below high")
    return pair


def _check_swapped(value: Any) -> Any:
    if isinstance(value, dict):
        lat, lon = value.get("lat"), value.get("lon")
        if _is_degrees(lat) and _is_degrees(lon) and 90 < abs(lat) <= 180 and abs(lon) <= 90:
            what = f"lat {lat} and lon {lon} look swapped"
            raise Refused(what, allowed="lat -90 to 90, lon -180 to 180", fix="swap them")
    return value


def _is_degrees(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_scale(scale: float) -> float:
    if scale == 0.0:
        raise Refused("0 would turn every value into the same one", allowed="a number but 0")
    return scale


def _check_not_before(day: date) -> date:
    if not date(1990, 1, 1) <= day <= date(2100, 1, 1):
        raise Refused(f"{day} is no use", allowed="a date from 1990-01-01 to 2100-01-01")
    return day


def _check_stage(word: str) -> str:
    if word not in STAGES:
        what = f"'{word[:64]}' is not a stage of a life cycle"
        raise Refused(what, allowed=listed(STAGES), fix=did_you_mean(word, STAGES))
    return word


def _check_instant(value: Any) -> Any:
    """Let a day alone stand for its beginning in China; refuse an instant without an offset."""
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return datetime.combine(day, time(), _CHINA)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError as error:
            raise Refused(f"'{value[:64]}' is no instant", allowed=_INSTANTS) from error
        if instant.tzinfo is None:
            raise Refused(f"'{value[:64]}' has no offset from UTC", allowed=_INSTANTS)
    return value


_MOST = float_info.max
_CHINA = timezone(timedelta(hours=8))
_INSTANTS = "2026-05-04T08:00:00+08:00, or a day like 2026-05-04 (from 00:00 +08:00)"
Day = Annotated[date, AfterValidator(_check_not_before)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Id = Annotated[str, AfterValidator(_check_id)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Every = Annotated[Duration, Field(gt=timedelta(0), le=timedelta(days=31))]
Span = Annotated[tuple[Number, Number], AfterValidator(_check_order)]


def _number_or_word(value: Any) -> float | str:
    """Take a number or a word; which of them a name wants is judged where the line is known."""
    if isinstance(value, str):
        return value
    if not _is_degrees(value):
        raise Refused(f"{str(value)[:48]} is not a number", allowed="a number, or a word")
    if not -_MOST <= value <= _MOST:  # a whole number may be too large to be any other number
        raise Refused(f"{str(value)[:48]} is not a finite number", allowed="a finite number")
    return float(value)


DesignBlock = dict[
    Annotated[str, AfterValidator(_check_design_name)],
    Annotated[float | str, PlainValidator(_number_or_word)],
]


Address = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ADDRESS)]
AddressBlock = dict[Annotated[str, AfterValidator(_check_door)], Address]


DateBlock = dict[Annotated[str, AfterValidator(_check_date_name)], date]


class PositionBlock(FileModel):
    """A place in WGS 84 degrees."""

    lat: Annotated[Number, Field(ge=-90, le=90, description="latitude in degrees, WGS 84")]
    lon: Annotated[Number, Field(ge=-180, le=180, description="longitude in degrees, WGS 84")]


Place = Annotated[PositionBlock, BeforeValidator(_check_swapped)]


class ClockBlock(FileModel):
    """Which device clocks are believed; `not_before` is a day in UTC."""

    future: FutureRule = FutureRule.QUARANTINE
    not_before: Day = date(2000, 1, 1)


class CalibrationBlock(FileModel):
    """A straight line in the base unit: calibrated = value * scale + offset."""

    scale: Annotated[Number, AfterValidator(_check_scale)] = 1.0
    offset: Number = 0.0
    at: date | None = None
    source: Text | None = None


class SheetBlock(FileModel):
    """A `design_sheet:`, the document that the `design:` beside it comes from."""

    document: Annotated[Text, Field(description="name of the plan or sheet")]
    sheet: Annotated[Text, Field(description="sheet number or table")]
    date: Day
    signed_by: Annotated[Text, Field(description="who signed it")]


class LimitBlock(SheetBlock):
    """One entry of a sensor's `limits:`: a limit of a rule, set by the project."""

    rule: Text
    severity: Literal["minor", "moderate", "severe", "extreme"]
    limits: Annotated[dict[str, Number], Field(min_length=1, max_length=6)]
    unit: Text
    valid_from: Day | None = None
    valid_until: Day | None = None


StageWord = Annotated[str, AfterValidator(_check_stage)]


class StageBlock(FileModel):
    """One entry of `stages:`; `depth_m` is how deep the pit is from then on."""

    at: Annotated[datetime, BeforeValidator(_check_instant), Field(description=_INSTANTS)]
    stage: Annotated[StageWord, Field(description=f"one of {listed(STAGES)}")]
    depth_m: Annotated[Number, Field(gt=0, le=200)] | None = None
    note: Text | None = None


Stages = Annotated[list[StageBlock], Field(max_length=MAX_STAGES)]


def _check_topic(word: str) -> str:
    if word not in TOPICS:
        what = f"'{word[:64]}' is no topic of official warnings"
        raise Refused(what, allowed=listed(TOPICS), fix=did_you_mean(word, TOPICS))
    return word


class CouplingBlock(FileModel):
    """One entry of `couplings:`; either `rain_mm` with its `window`, or `ponding_m`."""

    gauge: Annotated[str, Field(description="site/device of the gauge, for example rain/RG-01")]
    rain_mm: Annotated[Number, Field(gt=0, le=2000)] | None = None
    ponding_m: Annotated[Number, Field(gt=0, le=20)] | None = None
    window: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(days=7))] = timedelta(days=1)
    hold: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=31))] = timedelta(days=1)
    tighten: Annotated[
        Number, Field(gt=0, le=1, description="what limits are multiplied by, for example 0.8")
    ]
    every: Every | None = None
    source: Text
    confidence: Annotated[str, Field(pattern=r"^(S\d+|[CHVD])$")] = "D"


KindWord = Annotated[str, AfterValidator(_check_kind)]


class OfficialBlock(FileModel):
    """One entry of `official:`: what an official warning over the site tightens."""

    warning: Annotated[str, AfterValidator(_check_topic), Field(description=listed(TOPICS))]
    severity: Annotated[
        Literal["minor", "moderate", "severe", "extreme"],
        Field(description="the least severity (blue, yellow, orange, red) that counts"),
    ]
    hold: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=31))] = timedelta(0)
    tighten: Annotated[
        Number, Field(gt=0, le=1, description="what limits are multiplied by, for example 0.8")
    ]
    every: Every | None = None
    kinds: Annotated[list[KindWord], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: ["pit"], description="kinds of devices, pit if not given"
    )
    source: Text
    confidence: Annotated[str, Field(pattern=r"^(S\d+|[CHVD])$")] = "D"


class NeighboursBlock(FileModel):
    """One entry of `neighbours:`: two poles as `device/point`, and their spacing."""

    poles: Annotated[
        list[str], Field(min_length=2, max_length=2, description="[FW-01/P1, FW-02/P1]")
    ]
    spacing_m: Annotated[Number, Field(gt=0, le=50, description="how far apart they stand")]


class UnderpassBlock(FileModel):
    """One entry of `underpasses:`; both ends are a `device` or `device/point` of the site."""

    zone: Annotated[Text, Field(description="the camera's zone there: CAM-1/lane")]
    gauge: Annotated[Text, Field(description="what measures the depth there: UP-1")]


class SiteBlock(FileModel):
    """The `site:` block."""

    id: Annotated[Id, Field(description="the site's part of the MQTT topic")]
    name: Annotated[Text, Field(description="the name people know it by")]
    zh: Text | None = None
    position: Annotated[Place, Field(description="{lat: …, lon: …} in WGS 84")]
    kind: Annotated[SiteKind, Field(description=listed(SiteKind))]
    address: Text | None = None
    district: Annotated[Text, Field(description="the district's name")]
    street: Annotated[Text, Field(description="the street's or town's name")]
    village: Annotated[Text, Field(description="the village's or community's name")]
    clock: ClockBlock = ClockBlock()
    design: DesignBlock = Field(default_factory=dict)
    design_sheet: SheetBlock | None = None


class SensorBlock(FileModel):
    """One entry of a device's `sensors:`."""

    quantity: Annotated[str, Field(description="a quantity of the device's kind")]
    point: Annotated[str, AfterValidator(_check_point)] = ""
    sent_as: Text | None = None
    unit: Text | None = None
    calibration: CalibrationBlock = CalibrationBlock()
    range: Span | None = None
    typical: Span | None = None
    every: Every | None = None
    position: Place | None = None
    design: DesignBlock = Field(default_factory=dict)
    design_sheet: SheetBlock | None = None
    limits: Annotated[list[LimitBlock], Field(max_length=50)] = Field(default_factory=list)
    quality: QualityBlock | None = None


class ChartBlock(FileModel):
    """Which load chart of `charts/` holds for a crane."""

    model: Annotated[Text, Field(description="the crane's model, as the chart's file names it")]
    jib_m: Annotated[Number, Field(gt=0, le=120, description="jib length in m")]


class SegmentBlock(FileModel):
    """One stretch of a rating curve: Q = c (stage - h0_m)^b in m3/s from `from_m` up to `to_m`."""

    from_m: Number
    to_m: Number
    c: Annotated[Number, Field(gt=0)]
    h0_m: Annotated[Number, Field(description="stage at which nothing flows")]
    b: Annotated[Number, Field(ge=0.5, le=5, description="1.5 to 3 at most sections")]


class RatingBlock(FileModel):
    """A gauge's `rating:`; stages in the gauge's own stage."""

    segments: Annotated[list[SegmentBlock], Field(min_length=1, max_length=20)]
    gaugings: Annotated[int, Field(ge=1, le=100_000, description="how many it stands on")]
    highest_gauging_m: Annotated[Number, Field(description="stage of the highest gauging")]
    dated: Annotated[Day, Field(description="day of the newest gauging")]
    valid_from: Annotated[Day | None, Field(description="first day it is made for")] = None
    valid_until: Annotated[Day | None, Field(description="last day it is made for")] = None
    source: Annotated[Text, Field(description="who measured it, and where it is written")]


class ZoneBlock(FileModel):
    """One entry of `zones:`; `top_m` is an elevation, or a height above `ground_m` where given."""

    id: Id
    name: Text | None = None
    kind: Annotated[ZoneKind, Field(description=listed(ZoneKind))]
    polygon: Annotated[
        list[Place], Field(min_length=3, max_length=MAX_CORNERS, description="corners in WGS 84")
    ]
    top_m: Annotated[Number, Field(ge=-100, le=9000)] | None = None
    ground_m: Annotated[Number, Field(ge=-100, le=9000)] | None = None


class DeviceBlock(FileModel):
    """One entry of `devices:`; its sensors are validated one by one as `SensorBlock`."""

    id: Annotated[Id, Field(description="the device's part of the MQTT topic")]
    kind: Annotated[str, AfterValidator(_check_kind), Field(description=f"one of {listed(KINDS)}")]
    name: Text | None = None
    position: Place | None = None
    every: Annotated[Every, Field(description="how often it reports, for example 1m")]
    design: DesignBlock = Field(default_factory=dict)
    design_sheet: SheetBlock | None = None
    addresses: AddressBlock = Field(default_factory=dict)
    chart: ChartBlock | None = None
    rating: RatingBlock | None = None
    dates: DateBlock = Field(default_factory=dict)
    stages: Stages = Field(default_factory=list)
    sensors: Annotated[
        list[Any],
        Field(min_length=1, max_length=MAX_SENSORS, description="what the device measures"),
    ]


class SiteFile(FileModel):
    """A whole site file; its blocks are validated one by one."""

    stages: Stages = Field(default_factory=list)
    neighbours: Annotated[list[NeighboursBlock], Field(max_length=MAX_NEIGHBOURS)] = Field(
        default_factory=list
    )
    underpasses: Annotated[list[UnderpassBlock], Field(max_length=MAX_UNDERPASSES)] = Field(
        default_factory=list
    )
    couplings: Annotated[list[CouplingBlock], Field(max_length=MAX_COUPLINGS)] = Field(
        default_factory=list
    )
    official: Annotated[list[OfficialBlock], Field(max_length=MAX_COUPLINGS)] = Field(
        default_factory=list
    )

    site: Annotated[Any, Field(description="the block that names the site")]
    devices: Annotated[
        list[Any],
        Field(min_length=1, max_length=MAX_DEVICES, description="the devices of the site"),
    ]
    zones: Annotated[
        list[Any],
        Field(max_length=MAX_ZONES, description="where no crane may lift or be"),
    ] = Field(default_factory=list)
