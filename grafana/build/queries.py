"""Every InfluxQL statement of a dashboard, and what Grafana makes of it before it is sent.

Used to prove that each statement runs on a real database: Grafana itself is not needed for that.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

Variables = Mapping[str, str | Sequence[str]]

_NAME = re.compile(r"\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]|\$([A-Za-z_]\w*)")
_SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Found(NamedTuple):
    """One statement: the panel (or variable, or annotation) it belongs to, and its letter.

    `within` is the panel's own relative time, for example `1h`, where it has one.
    """

    panel: str
    ref_id: str
    query: str
    within: str | None = None

    def since(self, since: datetime, until: datetime) -> datetime:
        """Give where the statement's time begins when the dashboard shows `since` to `until`."""
        if self.within is None:
            return since
        count, letter = int(self.within[:-1]), self.within[-1]
        return until - timedelta(**{_SPANS[letter]: count})


def all_queries(dashboard: Mapping[str, Any]) -> list[Found]:
    """List the statements of variables, annotations and panels, also of panels inside rows."""
    found = [
        Found(f"variable {variable['name']}", "", _variable_query(variable))
        for variable in dashboard.get("templating", {}).get("list", [])
        if variable.get("type") == "query"
    ]
    for annotation in dashboard.get("annotations", {}).get("list", []):
        name = f"annotation {annotation['name']}"
        found.append(Found(name, "", annotation["query"]))
        if annotation["target"]["query"] != annotation["query"]:
            found.append(Found(name, "target", annotation["target"]["query"]))
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            found.append(
                Found(panel["title"], target["refId"], target["query"], panel.get("timeFrom"))
            )
    return found


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel, rows and the panels inside them included."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panels(panel)


def substitute(
    query: str,
    since: datetime,
    until: datetime,
    variables: Variables,
    interval: timedelta = timedelta(minutes=1),
) -> str:
    """Put times, interval and variables into a statement as Grafana does.

    A variable with several values, and any variable between slashes, becomes a regular expression.

    Raises:
        KeyError: the statement uses a macro or variable that is neither known nor given.
    """
    seconds = max(1, int(interval.total_seconds()))
    macros = {
        "timeFilter": f"time >= {_ms(since)}ms and time <= {_ms(until)}ms",
        "__interval": f"{seconds}s",
        "interval": f"{seconds}s",
        "__interval_ms": str(seconds * 1000),
        "__from": str(_ms(since)),
        "__to": str(_ms(until)),
    }

    def put(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group)
        if name in macros:
            return macros[name]
        if name not in variables:
            raise KeyError(f"{match[0]} in {query!r} is neither a macro nor a given variable")
        return _as_regex(variables[name])

    return _NAME.sub(put, query)


def _as_regex(value: str | Sequence[str]) -> str:
    values = [value] if isinstance(value, str) else list(value)
    escaped = [re.sub(r"([/\\^$*+?.()|[\]{}])", r"\\\1", one) for one in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _variable_query(variable: Mapping[str, Any]) -> str:
    query = variable["query"]
    return query if isinstance(query, str) else str(query["query"])


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
