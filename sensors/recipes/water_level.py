"""What is derived from one report of a gauge: the flow, where it has a rating curve."""

from collections.abc import Callable

from sensors.derive import Derivation, Recipe, Source
from sensors.rating import Flow, Rating, flow_on, why_no_rating


def _flow(source: Source) -> Derivation | str | None:
    rating = source.rating
    if rating is None:
        return None
    if "stage_m" not in source.measured:
        return "the gauge has a rating curve and no stage_m"
    if why_not := why_no_rating(rating, is_tidal=source.design.get("tidal", 0.0) > 0.5):
        return why_not
    days = [
        f" {word} {day.isoformat()}"
        for word, day in (("from", rating.valid_from), ("until", rating.valid_until))
        if day is not None
    ]
    last = flow_on(rating, rating.highest_gauging_m)
    says = (
        f"rating curve of {rating.dated.isoformat()} ({rating.source}), {rating.n_gaugings}"
        f" gaugings up to {rating.highest_gauging_m:g} m; suspect above"
        + (f"; made for the time{''.join(days)}, suspect outside it" if days else "")
    )
    return Derivation(
        output="flow_m3s",
        inputs=("stage_m",),
        compute=_by(rating),
        says=says,
        suspect_above=last.m3s if isinstance(last, Flow) else None,
        valid_s=rating.valid_s,
    )


def _by(rating: Rating) -> Callable[[float], float | None]:
    def flow(stage_m: float) -> float | None:
        found = flow_on(rating, stage_m)
        return found.m3s if isinstance(found, Flow) else None

    return flow


WATER_LEVEL = (Recipe("flow_m3s", _flow),)
