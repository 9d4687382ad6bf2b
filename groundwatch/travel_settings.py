"""Settings of travel: over which roads help comes, and how fast."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gis_link.reach import DETOUR, FLOODED_KM_PER_H, NORMAL_KM_PER_H
from sensors.wording import matching

_URL = "the address of the server, http://… or https://…, or nothing"


class TravelSettings(BaseModel):
    """How travel times are found.

    `by`: `auto` takes the district's road graph where its resources hold one and the straight
    line else; `line`, `roads`; `osrm` or `valhalla` ask the server at `url` and take the straight
    line when it does not answer within `deadline_ms`. Detour and speeds (kilometres an hour) are
    of the straight line; the ratio of the speeds slows every road while it floods. They are the
    project's defaults; no standard gives them.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    by: Literal["auto", "line", "roads", "osrm", "valhalla"] = "auto"
    """By what travel times are found; `auto` takes the district's road graph where there is one,
    else the line.
    """
    url: Annotated[str, Field(max_length=200), matching(r"(https?://\S+)?", _URL)] = ""
    """Address of the routing server of osrm and valhalla."""
    deadline_ms: int = Field(default=200, ge=10, le=2000)
    """How long the server may take before the straight line stands in."""
    detour: float = Field(default=DETOUR, ge=1.0, le=5.0)
    """How much longer a road is than the straight line."""
    normal_km_per_h: float = Field(default=NORMAL_KM_PER_H, gt=0.0, le=150.0)
    """Speed on dry roads."""
    flooded_km_per_h: float = Field(default=FLOODED_KM_PER_H, gt=0.0, le=150.0)
    """Speed on flooded roads; what it is to the other slows every road while it floods."""

    @model_validator(mode="after")
    def _has_url(self) -> "TravelSettings":
        if (self.by in ("osrm", "valhalla")) != bool(self.url):
            raise ValueError("a url belongs to osrm and valhalla, and they need one")
        return self
