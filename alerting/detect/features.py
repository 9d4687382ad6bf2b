"""What a forest sees of one wide row: values, how fast they change, and the hour of the day.

States, codes and bit fields are left out (a median of a code means nothing), and so are counters
that only grow. Angles that wrap become sine and cosine. pandas is imported where it is used, since
it takes half a second that nobody should wait for at a command line.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from sensors.catalogue import KINDS

if TYPE_CHECKING:
    from pandas import DataFrame

MAX_GAP_S: Final = 2 * 3_600.0
HOURS: Final = ("hour_sin", "hour_cos")
PER_MINUTE: Final = " per min"
_LEFT_OUT: Final = frozenset({"rain_total_mm", "battery_pct", "battery_v"})
_DAY_S: Final = 86_400.0
_PIECE: Final = 2_000


class Sample(NamedTuple):
    """One wide row: `key` names the device point, `values` are believable and in base units."""

    key: str
    taken_at_s: float
    values: Mapping[str, float]


def measured(kind: str) -> tuple[str, ...]:
    """List the quantities of a kind that are used as plain values.

    Raises:
        KeyError: the catalogue has no such kind.
    """
    return tuple(
        quantity.key
        for quantity in KINDS[kind].quantities.values()
        if not quantity.cyclic
        and quantity.unit not in ("bool", "code")
        and quantity.key not in _LEFT_OUT
    )


def frame_of(samples: Iterable[Sample]) -> "DataFrame":
    """Give samples as a frame: `key`, `taken_at_s` and a float column per quantity seen.

    It is put together in pieces, since pandas holds the interpreter while it reads a list of rows,
    and an event loop in another thread must get its turn.
    """
    import pandas as pd

    pieces = [pd.DataFrame({"key": [], "taken_at_s": []}).astype({"key": "str"})]
    for some in batched(samples, _PIECE):
        rows = [{"key": key, "taken_at_s": at, **values} for key, at, values in some]
        piece = pd.DataFrame(rows).astype({"key": "str"})
        pieces.append(piece.astype({name: "float64" for name in piece.columns if name != "key"}))
    return pd.concat(pieces[1:] or pieces, ignore_index=True)


def batched(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    """Give samples in lists of at most `size`."""
    rest = iter(samples)
    while some := list(islice(rest, size)):
        yield some


def build(frame: "DataFrame", kind: str) -> "DataFrame":
    """Give the features of every row of `frame`, in the same order; NaN where there is none.

    A change is a number per minute against the row before of the same device point, and missing
    after a gap of more than two hours.
    """
    import numpy as np
    import pandas as pd

    ordered = frame.sort_values(["key", "taken_at_s"], kind="stable")
    same = (ordered["key"] == ordered["key"].shift()).to_numpy()
    seconds = ordered["taken_at_s"].diff().to_numpy()
    minutes = np.where(same & (seconds > 0.0) & (seconds <= MAX_GAP_S), seconds / 60.0, np.nan)
    columns = {}
    for quantity in measured(kind):
        if quantity in ordered:
            columns[quantity] = ordered[quantity]
            columns[quantity + PER_MINUTE] = ordered[quantity].diff() / minutes
    for key, entry in KINDS[kind].quantities.items():
        if entry.cyclic and key in ordered:
            radians = np.radians(ordered[key])
            columns[f"{key} sin"], columns[f"{key} cos"] = np.sin(radians), np.cos(radians)
    angle = (ordered["taken_at_s"] % _DAY_S) * (2.0 * math.pi / _DAY_S)
    columns |= dict(zip(HOURS, (np.sin(angle), np.cos(angle)), strict=True))
    return pd.DataFrame(columns, index=ordered.index).loc[frame.index]


def name_and_unit(kind: str, feature: str) -> tuple[str, str]:
    """Give a feature's name for people, and its unit.

    >>> name_and_unit("water_level", "stage_m per min")
    ("change of stage above the station's datum", 'm per min')
    """
    quantity, _, suffix = feature.partition(" ")
    entry = KINDS[kind].quantities[quantity]
    if PER_MINUTE.strip() == suffix:
        return f"change of {entry.en}", f"{entry.unit}{PER_MINUTE}"
    if suffix:
        return f"{'sine' if suffix == 'sin' else 'cosine'} of {entry.en}", ""
    return entry.en, entry.unit
