"""The live terminal view of the demonstration: what comes in, what stands, the newest alert."""

from dataclasses import dataclass
from datetime import datetime

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerting.model import Alert, AlertKind, AlertState, Card, ChainLink, Responder, Severity
from sensors.local_time import SHOWN_ZONE, shown_time

_STYLE = {
    Severity.MINOR: "blue",
    Severity.MODERATE: "yellow",
    Severity.SEVERE: "dark_orange",
    Severity.EXTREME: "bold red",
}

_WIDE = 100
_TALL = 34
_HEADER = 4
_TABLE_FRAME = 3  # title, names of columns, rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the view is made of at one moment; `broker` is its kind or place."""

    now: datetime
    per_s: float
    readings: int
    broker: str
    url: str
    alerts: list[Alert]
    card: Card | None


def picture(shown: Shown, *, width: int, height: int) -> Group:
    """Lay the view out so that it fits a terminal of `width` columns and `height` lines.

    `alerts` come newest first. What stands matters most and gets what the rest leaves.
    """
    top = header(
        now=shown.now,
        per_s=shown.per_s,
        readings=shown.readings,
        broker=shown.broker,
        url=shown.url,
    )
    latest = newest(shown.alerts[0] if shown.alerts else None, shown.card, is_tall=height >= _TALL)
    n_lines = height - _HEADER - _lines_of(latest)
    return Group(top, standing(shown.alerts, n_lines=n_lines, width=width), latest)


def _lines_of(panel: Panel) -> int:
    inside = panel.renderable
    return 2 + (len(inside.renderables) if isinstance(inside, Group) else 1)


class Rate:
    """Readings per second over the time between two looks."""

    def __init__(self) -> None:
        """Start with no look."""
        self._count = 0
        self._at_s = 0.0
        self.per_s = 0.0

    def look(self, count: int, now_s: float) -> float:
        """Take a total and a monotonic time, and give the rate since the look before."""
        if self._at_s and now_s > self._at_s:
            self.per_s = (count - self._count) / (now_s - self._at_s)
        self._count, self._at_s = count, now_s
        return self.per_s


def header(*, now: datetime, per_s: float, readings: int, broker: str, url: str) -> Panel:
    """Show clock, rate and where to look, in two lines."""
    first = Text.assemble(
        (shown_time(now), "bold"),
        f"   {per_s:,.0f} readings/s   {readings:,} in all",
    )
    second = Text(f"API {url}/api/v1   broker {broker}   Ctrl-C ends", "dim")
    return Panel(
        Group(_one_line(first), _one_line(second)),
        title="Groundwatch: a storm over an example district, all names fictitious",
    )


def standing(alerts: list[Alert], *, n_lines: int, width: int) -> Table:
    """Count standing alerts by severity, and list the worst in about `n_lines` lines in all."""
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    table = Table(
        expand=True,
        title=_counts(firing),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    for name in ("since", "severity", "where", "why"):
        ratio = {"where": 2, "why": 5 if width >= _WIDE else 3}.get(name)
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=ratio)
    order = sorted(firing, key=lambda alert: (-alert.severity, alert.started_at))
    n_rows = max(1, n_lines - _TABLE_FRAME)
    n_shown = n_rows if len(order) <= n_rows else n_rows - 1
    for alert in order[:n_shown]:
        blind = "blind: " if alert.kind is AlertKind.BLIND else ""
        table.add_row(
            f"{alert.started_at.astimezone(SHOWN_ZONE):%H:%M} ",
            Text(f"{alert.severity.zh} {alert.severity.word} ", _STYLE[alert.severity]),
            f"{alert.site}/{alert.sensor.device} ",
            blind + alert.reason,
        )
    if len(order) > n_shown:
        table.add_row("", "", "", f"and {len(order) - n_shown} more")
    return table


def _counts(firing: list[Alert]) -> Text:
    text = Text("standing: ")
    for severity in reversed(Severity):
        count = sum(1 for alert in firing if alert.severity is severity)
        text.append(f"{severity.colour} {count}  ", _STYLE[severity])
    return text


def newest(alert: Alert | None, card: Card | None, *, is_tall: bool) -> Panel:
    """Show the newest alert with its card: one line for each part, or for each entry."""
    if alert is None:
        return Panel("no alert yet", title="newest alert")
    said = f"{alert.severity.zh} {alert.severity.word}: {alert.reason}"
    parts = [Text(said, _STYLE[alert.severity])]
    if card is None:
        parts.append(Text("who is near is being looked up", "dim"))
    else:
        parts += _listed("teams", [_responder(entry) for entry in card.teams], is_tall=is_tall)
        parts += _listed(
            "supplies", [_responder(entry) for entry in card.supplies], is_tall=is_tall
        )
        parts += _listed("cameras", [_responder(entry) for entry in card.cameras], is_tall=is_tall)
        parts += _listed("chain", [_link(link) for link in card.chain], is_tall=is_tall)
        parts += [
            Text(f"short     {said}", "red") for said in card.shortfall[: 3 if is_tall else 1]
        ]
    title = f"newest alert {alert.id} at {alert.site}"
    return Panel(Group(*(_one_line(part) for part in parts)), title=title)


def _listed(name: str, entries: list[str], *, is_tall: bool) -> list[Text]:
    if not entries:
        return [Text(f"{name:<9} none within reach")]
    lines = entries[:3] if is_tall else ["; ".join(entries[:3])]
    return [Text(f"{name if n == 0 else '':<9} {line}") for n, line in enumerate(lines)]


def _responder(entry: Responder) -> str:
    travel = f" {entry.travel_s / 60:.0f} min" if entry.travel_s is not None else ""
    return f"{_short(entry.name)} {entry.distance_m / 1000:.1f} km{travel}"


def _link(link: ChainLink) -> str:
    return f"{_short(link.place)} {link.person}".strip()


def _short(name: str) -> str:
    """Leave out of a name what the title of the view says for all."""
    return name.replace(" (fictitious)", "")


def _one_line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
