"""InfluxQL as text, and its answers as rows: the one query language all versions share.

Names of measurements and fields come from `sensors.catalogue` alone; everything else is bound as a
parameter or is a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storage.errors import StoreRefused, StoreUnavailable
from storage.influx.answers import DatabaseMissing
from storage.ports import Place
from storage.schema import from_us, to_us


class Query(NamedTuple):
    """One statement and the values bound to its `$name`s."""

    text: str
    params: Mapping[str, str] = {}


class Window(NamedTuple):
    """A span of time: since <= time < until."""

    since: datetime
    until: datetime


_TAGS = ("site", "device", "point")


def windows(since: datetime, until: datetime, width: timedelta | None) -> Iterator[Window]:
    """Cut a span into windows no wider than `width`, oldest first."""
    while since < until:
        end = until if width is None else min(since + width, until)
        yield Window(since, end)
        since = end


def series(kind: str, quantity: str, tags: Mapping[str, str], window: Window, limit: int) -> Query:
    """Ask for one sensor's values and flags, oldest first."""
    conditions = [f'"{name}" = ${name}' for name in tags]
    return Query(
        f'SELECT "{quantity}", "{quantity}_qc" FROM "{kind}"'  # noqa: S608 - names of the catalogue
        f" WHERE {' AND '.join([*conditions, *_between(window)])} ORDER BY time ASC LIMIT {limit}",
        tags,
    )


def wide(kind: str, window: Window, limit: int) -> Query:
    """Ask for all columns of one kind, oldest first."""
    return Query(
        f'SELECT * FROM "{kind}" WHERE {" AND ".join(_between(window))}'  # noqa: S608 - catalogue
        f" ORDER BY time ASC LIMIT {limit}"
    )


def wide_of_each(kind: str, places: Sequence[Place], window: Window, limit: int) -> Query:
    """Ask for all columns of the oldest `limit` rows of each device point."""
    params: dict[str, str] = {}
    each = []
    for number, place in enumerate(places):
        names = {name: f"{name}{number}" for name in _TAGS}
        params |= dict(zip(names.values(), place, strict=True))
        each.append(" AND ".join(f'"{name}" = ${bound}' for name, bound in names.items()))
    named = " OR ".join(f"({one})" for one in each)
    return Query(
        f'SELECT * FROM "{kind}" WHERE ({named}) AND {" AND ".join(_between(window))}'  # noqa: S608 - catalogue
        f' GROUP BY "site", "device", "point" ORDER BY time ASC LIMIT {limit}',
        params,
    )


def last(kind: str, quantity: str, site: str | None, within: timedelta | None) -> Query:
    """Ask for the newest value of one quantity of every device point, `within` the last span."""
    conditions = ['"site" = $site'] if site is not None else []
    if within is not None:
        conditions.append(f"time >= now() - {int(within.total_seconds())}s")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return Query(
        f'SELECT last("{quantity}") AS "value", "{quantity}_qc" AS "qc" FROM "{kind}"{where}'  # noqa: S608 - catalogue
        ' GROUP BY "site", "device", "point"',
        {"site": site} if site is not None else {},
    )


def _between(window: Window) -> list[str]:
    """Bound time in nanoseconds, which every version reads."""
    return [f"time >= {to_us(window.since)}000", f"time < {to_us(window.until)}000"]


def quoted(name: str) -> str:
    """Quote an identifier that an operator chose."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Cells(NamedTuple):
    """One row of an answer: its series' name and tags, and its columns by name."""

    name: str
    tags: Mapping[str, str]
    columns: Mapping[str, Any]

    @property
    def taken_at(self) -> datetime:
        """Give the row's instant; 3 Core may write it as text."""
        stamp = self.columns["time"]
        if isinstance(stamp, str):
            return datetime.fromisoformat(stamp if "+" in stamp or "Z" in stamp else f"{stamp}Z")
        return from_us(int(stamp))

    def tag(self, name: str) -> str:
        """Give a tag, from the series or from a column, "" where there is none."""
        return self.tags.get(name) or self.columns.get(name) or ""


def cells(answer: object) -> Iterator[Cells]:
    """Read the rows of an answer of `/query`.

    Raises:
        StoreUnavailable: the query ran out of time.
        StoreRefused: the server could not run it.
    """
    if not isinstance(answer, dict):
        raise StoreRefused("the server's answer to a query is not InfluxDB's")
    for result in answer.get("results", ()):
        error = result.get("error")
        if error and not _means_empty(error):
            if "timeout" in error or "timed out" in error:
                raise StoreUnavailable(f"InfluxDB gave up a query: {error}")
            if "database not found" in error:
                raise DatabaseMissing(f"InfluxDB could not run a query: {error}")
            raise StoreRefused(f"InfluxDB could not run a query: {error}")
        for found in result.get("series", ()):
            names, tags = found["columns"], found.get("tags", {})
            for values in found.get("values", ()):
                yield Cells(found.get("name", ""), tags, dict(zip(names, values, strict=True)))


def _means_empty(error: str) -> bool:
    """Say whether an error only means that nothing of this kind was ever stored (3 Core)."""
    return "not found" in error and ("table" in error or "measurement" in error)
