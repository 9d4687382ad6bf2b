"""The tables of quality control: one YAML file per kind of device, every number with its source.

A sensor's `quality:` block in the site file has the same form; each test it names replaces the
table's, and the word `off` switches a test off.
"""

from collections.abc import Mapping
from functools import cache
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sensors.catalogue import KINDS
from sensors.document import Duration, Fault, FileModel, Refused, check_model, listed, load_yaml
from sensors.model import Qc
from sensors.qc.checks import Against, Checks, Flat, InRain, Neighbour, Rate, Spike, Total

TABLE_FOLDER = Path(__file__).parent / "tables"

Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=2, le=100_000)]


class _Sourced(FileModel):
    source: str = "the site file"
    confidence: Annotated[str, Field(pattern=r"^(S\d+|[CHVD])$")] = "D"

    @property
    def said(self) -> str:
        """Give source and confidence in one text."""
        return f"{self.source} (confidence {self.confidence})"


class SpikeSpec(_Sourced):
    """`spike:` a jump that is gone within 1 or 2 readings."""

    step: Positive
    returns_within: Annotated[int, Field(ge=1, le=2)] = 1
    flag: Literal["suspect", "fail"] = "fail"


class RateSpec(_Sourced):
    """`rate:` the fastest believable change."""

    limit: Positive
    per: Duration


class FlatSpec(_Sourced):
    """`flat:` the same value so often and so long; `but` may stay for ever."""

    readings: Count
    duration: Duration
    but: float | None = None


class TotalSpec(_Sourced):
    """One entry of `totals:` the most that can add up within a window."""

    window: Duration
    suspect: Positive | None = None
    fail: Positive | None = None


class NeighbourSpec(_Sourced):
    """`neighbour:` how far an amount may be from that of the gauges around."""

    radius_km: Positive = 10.0
    fewest: Annotated[int, Field(ge=1, le=20)] = 3
    most: Annotated[int, Field(ge=1, le=20)] = 5
    window: Duration
    low: Positive
    high: Positive
    at_least: Positive


class InRainSpec(_Sourced):
    """`in_rain:` a stage must move when it rains nearby."""

    window: Duration
    rain_mm: Positive
    change: Annotated[float, Field(ge=0.0)] = 0.0
    radius_km: Positive = 10.0
    fewest: Annotated[int, Field(ge=1, le=20)] = 1


class AgainstSpec(_Sourced):
    """`against:` another quantity of the same device that must not contradict."""

    partner: str
    window: Duration
    moves: Annotated[float, Field(ge=0.0)] = 0.0
    still: Annotated[float, Field(ge=0.0)] | None = None
    low: float | None = None
    high: float | None = None
    adds_up: Positive | None = None


def _off(value: Any) -> Any:
    """Read the word `off` as a test that is named and not made."""
    if value == "off":
        return None
    if value is None or isinstance(value, (str, bool)):
        said = "nothing" if value is None else f"'{value}'"[:40]
        raise Refused(f"{said} is no test", allowed="off, or the numbers of the test")
    return value


_Off = BeforeValidator(_off)


class QualityBlock(FileModel):
    """The tests of one quantity; what is not named is as the table of the kind says."""

    spike: Annotated[SpikeSpec | None, _Off] = None
    rate: Annotated[RateSpec | None, _Off] = None
    flat: Annotated[FlatSpec | None, _Off] = None
    totals: Annotated[list[TotalSpec] | None, _Off] = None
    neighbour: Annotated[NeighbourSpec | None, _Off] = None
    in_rain: Annotated[InRainSpec | None, _Off] = None
    against: Annotated[AgainstSpec | None, _Off] = None


class TableFile(FileModel):
    """A whole table: the tests of every quantity of one kind of device."""

    kind: str
    version: str
    quantities: dict[str, QualityBlock]


Tables = Mapping[str, Mapping[str, QualityBlock]]


@cache
def load_tables(folder: Path = TABLE_FOLDER) -> tuple[Tables, tuple[Fault, ...]]:
    """Load every table of a folder, by kind and quantity, with the faults in them."""
    tables: dict[str, Mapping[str, QualityBlock]] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        document = load_yaml(path)
        spec, more = check_model(document, TableFile)
        faults += more
        if spec is None:
            continue
        kind = KINDS.get(spec.kind)
        if kind is None:
            faults.append(document.fault(("kind",), "no such kind", allowed=listed(KINDS)))
            continue
        for name, block in spec.quantities.items():
            at = ("quantities", name)
            if name not in kind.quantities:
                what = f"a {spec.kind} has no quantity '{name}'"
                faults.append(document.fault(at, what, allowed=listed(kind.quantities)))
            if (why_not := why_not_partner(block, spec.kind)) is not None:
                faults.append(document.fault((*at, "against"), why_not))
        tables[spec.kind] = spec.quantities
    return tables, tuple(faults)


def why_not_partner(block: QualityBlock, kind: str) -> str | None:
    """Say why the partner a block names cannot be one, or None."""
    spec = block.against
    if spec is None or spec.partner in KINDS[kind].quantities:
        return None
    return f"a {kind} has no quantity '{spec.partner}' to compare with"


def checks_for(kind: str, quantity: str, own: QualityBlock | None = None) -> Checks:
    """Give the tests of one sensor: the table's, each replaced by the site file's own."""
    return _usual(kind, quantity) if own is None else _made(kind, quantity, own)


@cache
def _usual(kind: str, quantity: str) -> Checks:
    """Give the tests that all sensors of a quantity share where a site file says nothing."""
    return _made(kind, quantity, None)


def _made(kind: str, quantity: str, own: QualityBlock | None) -> Checks:
    tables, _ = load_tables()
    usual = tables.get(kind, {}).get(quantity, QualityBlock())
    block = usual if own is None else usual.model_copy(update=_named(own))
    wraps = 360.0 if KINDS[kind].quantities[quantity].cyclic else 0.0
    spike, rate, flat, totals = block.spike, block.rate, block.flat, block.totals
    alike, rained, partner = block.neighbour, block.in_rain, block.against
    return Checks(
        spike=_spike(spike) if spike else None,
        rate=_rate(rate, wraps) if rate else None,
        flat=_flat(flat) if flat else None,
        totals=tuple(map(_total, totals or ())),
        neighbour=_neighbour(alike) if alike else None,
        in_rain=_in_rain(rained) if rained else None,
        against=_against(partner) if partner else None,
    )


def _named(own: QualityBlock) -> dict[str, Any]:
    return {name: getattr(own, name) for name in own.model_fields_set}


def _spike(spec: SpikeSpec) -> Spike:
    flag = Qc.FAIL if spec.flag == "fail" else Qc.SUSPECT
    return Spike(step=spec.step, within=spec.returns_within, flag=flag, source=spec.said)


def _rate(spec: RateSpec, wraps: float) -> Rate:
    per_s = spec.per.total_seconds()
    return Rate(limit=spec.limit, per_s=per_s, wraps=wraps, source=spec.said)


def _flat(spec: FlatSpec) -> Flat:
    return Flat(
        readings=spec.readings,
        duration_s=spec.duration.total_seconds(),
        but=spec.but,
        source=spec.said,
    )


def _total(spec: TotalSpec) -> Total:
    fail = inf if spec.fail is None else spec.fail
    suspect = fail if spec.suspect is None else spec.suspect
    window_s = spec.window.total_seconds()
    return Total(window_s=window_s, suspect=suspect, fail=fail, source=spec.said)


def _neighbour(spec: NeighbourSpec) -> Neighbour:
    return Neighbour(
        radius_km=spec.radius_km,
        fewest=spec.fewest,
        most=spec.most,
        window_s=spec.window.total_seconds(),
        low=spec.low,
        high=spec.high,
        at_least=spec.at_least,
        source=spec.said,
    )


def _in_rain(spec: InRainSpec) -> InRain:
    return InRain(
        window_s=spec.window.total_seconds(),
        rain_mm=spec.rain_mm,
        change=spec.change,
        radius_km=spec.radius_km,
        fewest=spec.fewest,
        source=spec.said,
    )


def _against(spec: AgainstSpec) -> Against:
    return Against(
        partner=spec.partner,
        window_s=spec.window.total_seconds(),
        moves=spec.moves,
        still=inf if spec.still is None else spec.still,
        low=-inf if spec.low is None else spec.low,
        high=inf if spec.high is None else spec.high,
        adds_up=spec.adds_up or 0.0,
        source=spec.said,
    )
