"""Reads the drills of a district: `drills/*.yaml` beside its site files, one drill a file."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alerting.drill import DrillPlan, DrillStep
from alerting.model import Severity
from alerting.response.rules import DrillRules
from sensors.document import Document, Duration, Fault, FileModel, check_model, load_yaml, nearest
from sensors.duration import duration_text
from sensors.model import SensorKey
from sensors.registry import Registry, Sensor
from sensors.site_claims import NO_CLAIMS, Claims

DRILL_FOLDER = "drills"

Text = Annotated[str, Field(min_length=1, max_length=300)]


class StepEntry(FileModel):
    """From `after` the beginning on the simulated alert is this bad."""

    after: Duration
    severity: Literal["minor", "moderate", "severe", "extreme"]
    text: Text
    text_zh: Annotated[str, Field(max_length=300)] = ""
    value: float | None = None


class DrillFile(FileModel):
    """One drill: on which sensor, of which hazard, how it goes on, and how long it lasts."""

    title: Text
    sensor: Text
    hazard: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    lasts: Duration
    limit: float | None = None
    steps: Annotated[list[StepEntry], Field(min_length=1, max_length=20)]


def load_drills(
    directory: Path, registry: Registry, rules: DrillRules, claims: Claims = NO_CLAIMS
) -> tuple[dict[str, DrillPlan], list[Fault]]:
    """Load every drill of a directory of site files, by the name of its file.

    A sensor of a site whose file has a fault is looked for once that is mended.
    """
    plans: dict[str, DrillPlan] = {}
    faults: list[Fault] = []
    for path in sorted((directory / DRILL_FOLDER).glob("*.yaml")):
        document = load_yaml(path)
        file, found = check_model(document, DrillFile)
        if file is not None:
            found += _no_sensor(document, file, registry, claims) + _faults(document, file)
            found += _too_long(document, file, rules)
        faults += found
        if file is not None and not found and _sensor(file, registry) is not None:
            plans[path.stem] = _plan(path.stem, file, registry)
    return plans, faults


def _no_sensor(
    document: Document, file: DrillFile, registry: Registry, claims: Claims
) -> list[Fault]:
    site = file.sensor.partition("/")[0]
    if _sensor(file, registry) is not None or claims.may_have(site, registry):
        return []
    keys = [str(sensor.key) for sensor in registry.sensors()]
    near = nearest(file.sensor, keys, 1)
    fix = f"did you mean {near[0]}?" if near else ""
    what = f"there is no sensor {file.sensor[:80]!r}"
    allowed = "site/device/quantity, or with the point before the quantity"
    return [document.fault(("sensor",), what, allowed=allowed, fix=fix)]


def _faults(document: Document, file: DrillFile) -> list[Fault]:
    found = []
    starts = [step.after for step in file.steps]
    if starts[0] != timedelta(0) or starts != sorted(starts):
        what = "the steps are not in order, or none is at once"
        allowed = "after: 0s first, then later and later"
        found.append(document.fault(("steps",), what, allowed=allowed))
    return found


def _too_long(document: Document, file: DrillFile, rules: DrillRules) -> list[Fault]:
    if timedelta(0) < file.lasts <= rules.longest:
        return []
    allowed = f"above 0 and at most {duration_text(rules.longest)} (response.yaml: drill: longest)"
    return [document.fault(("lasts",), "a drill cannot last so long", allowed=allowed)]


def _sensor(file: DrillFile, registry: Registry) -> Sensor | None:
    parts = file.sensor.split("/")
    if len(parts) == 3:
        parts.insert(2, "")
    return registry.sensor(SensorKey(*parts)) if len(parts) == 4 else None


def _plan(name: str, file: DrillFile, registry: Registry) -> DrillPlan:
    sensor = _sensor(file, registry)
    if sensor is None:
        raise LookupError(file.sensor)
    return DrillPlan(
        name=name,
        title=file.title,
        sensor=sensor.key,
        hazard=file.hazard,
        position=sensor.position,
        lasts=file.lasts,
        unit=sensor.unit,
        limit=file.limit,
        steps=tuple(
            DrillStep(
                after=step.after,
                severity=Severity.of(step.severity),
                text=step.text,
                text_zh=step.text_zh,
                value=step.value,
            )
            for step in file.steps
        ),
    )
