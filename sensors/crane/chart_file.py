"""Load charts from `charts/*.yaml`, checked with the line of every fault.

model: QTZ80
source: maker's manual, table 3
charts:
  - {jib_m: 56, reeving: 4, points: [[13.7, 6.00], [15, 5.46], …]}
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field, Strict

from sensors.crane.chart import Chart, Curve
from sensors.document import Document, Fault, FileModel, Location, check_model, load_yaml

FOLDER = "charts"
MAX_CHART_FILES = 1000
MAX_POINTS = 200

Charts = Mapping[tuple[str, float], Chart]
_Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
_Pair = Annotated[list[_Number], Field(min_length=2, max_length=2)]


class CurveBlock(FileModel):
    """One row of a chart."""

    jib_m: Annotated[_Number, Field(gt=0, le=120, description="jib length in m")]
    reeving: Annotated[_Number, Field(ge=1, le=16, description="rope falls")]
    points: Annotated[
        list[_Pair],
        Field(min_length=2, max_length=MAX_POINTS, description="[radius in m, rated load in t]"),
    ]


class ChartFile(FileModel):
    """All charts of one crane model."""

    model: Annotated[str, Field(min_length=1, max_length=100, description="the crane's model")]
    source: Annotated[str, Field(min_length=1, max_length=200, description="where it is from")]
    charts: Annotated[list[CurveBlock], Field(min_length=1, max_length=200)]


def load_charts(directory: Path | str) -> tuple[Charts, list[Fault]]:
    """Load every chart below `directory`; no folder is no chart. Nothing is raised."""
    folder = Path(directory) / FOLDER
    files = sorted(path for path in folder.glob("*.y*ml")) if folder.is_dir() else []
    if len(files) > MAX_CHART_FILES:
        what = f"{len(files)} chart files are too many"
        return {}, [Fault(str(folder), 0, what, f"at most {MAX_CHART_FILES}")]
    found: dict[tuple[str, float], Chart] = {}
    faults: list[Fault] = []
    for path in files:
        document = load_yaml(path)
        file, more = check_model(document, ChartFile)
        faults += more
        if file is not None:
            faults += _taken(document, file, found)
    return found, faults


def _taken(
    document: Document, file: ChartFile, found: dict[tuple[str, float], Chart]
) -> list[Fault]:
    """Put one file's curves beside those known; a curve with a fault is left out."""
    faults: list[Fault] = []
    for index, block in enumerate(file.charts):
        at: Location = ("charts", index)
        curve_faults = list(_point_faults(document, block, (*at, "points")))
        key, reeving = (file.model, block.jib_m), f"{block.reeving:g}"
        chart = found.get(key)
        known = dict(chart.curves) if chart is not None else {}
        if reeving in known:
            what = (
                f"{file.model} with {block.jib_m:g} m jib and {reeving} falls has a chart already"
            )
            curve_faults.append(document.fault(at, what, fix="keep one of the two"))
        faults += curve_faults
        if curve_faults:
            continue
        points = tuple((radius, load) for radius, load in block.points)
        curve = Curve(reeving=block.reeving, points=points)
        faults += _warnings(document, curve, (*at, "points"))
        known[reeving] = curve
        found[key] = Chart(model=file.model, jib_m=block.jib_m, source=file.source, curves=known)
    return faults


def _point_faults(document: Document, block: CurveBlock, at: Location) -> Iterator[Fault]:
    for index, (radius, load) in enumerate(block.points):
        if radius <= 0.0 or load <= 0.0:
            what = f"[{radius:g}, {load:g}] is no point of a chart"
            yield document.fault((*at, index), what, allowed="radius and load above 0")
    for index, ((near_m, near_t), (far_m, far_t)) in enumerate(pairwise(block.points), 1):
        if far_m <= near_m:
            what = f"radius {far_m:g} m follows {near_m:g} m"
            yield document.fault((*at, index), what, allowed="radii that rise")
        if far_t > near_t:
            what = f"{far_t:g} t at {far_m:g} m is more than {near_t:g} t at {near_m:g} m"
            yield document.fault((*at, index), what, allowed="loads that do not rise with radius")
    if block.points[-1][0] > block.jib_m:
        what = f"radius {block.points[-1][0]:g} m lies beyond the jib of {block.jib_m:g} m"
        yield document.fault((*at, len(block.points) - 1), what, allowed="within the jib")


def _warnings(document: Document, curve: Curve, at: Location) -> Iterator[Fault]:
    """Warn of points that no smooth chart has: a rated load that falls ever faster, or a kink."""
    slopes = [
        (far_t - near_t) / (far_m - near_m)
        for (near_m, near_t), (far_m, far_t) in pairwise(curve.points)
    ]
    for index, (before, after) in enumerate(pairwise(slopes), 1):
        radius, load = curve.points[index]
        if before < 0.0 and after < before - 0.02 * abs(before):
            what = f"the curve is not convex at {radius:g} m, {load:g} t; is the value right?"
            yield Fault(document.path, document.line((*at, index)), what, is_warning=True)
    for index, is_step in enumerate(curve.stepped):
        if is_step:
            (near_m, _), (far_m, far_t) = curve.points[index : index + 2]
            what = f"between {near_m:g} and {far_m:g} m only {far_t:g} t count: the curve bends"
            fix = "give more points there"
            line = document.line((*at, index))
            yield Fault(document.path, line, what, fix=fix, is_warning=True)
