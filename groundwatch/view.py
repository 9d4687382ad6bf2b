"""The live terminal view of the demonstration: what comes in, what stands, the newest alert."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerting.model import Alert, AlertKind, AlertState, Card, Responder, Severity

_STYLE = {
    Severity.MINOR: "blue",
    Severity.MODERATE: "yellow",
    Severity.SEVERE: "dark_orange",
    Severity.EXTREME: "bold red",
}


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
    """Show clock, rate and where to look."""
    text = Text.assemble(
        (f"{now:%Y-%m-%d %H:%M:%S} UTC", "bold"),
        f"   {per_s:,.0f} readings/s   {readings:,} in all\n",
        (f"{broker}   API {url}/api/v1   Ctrl-C ends", "dim"),
    )
    return Panel(text, title="Groundwatch demonstration: a storm over an example district")


def standing(alerts: list[Alert]) -> Table:
    """Count standing alerts by severity, and list the worst."""
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    table = Table(expand=True, title=_counts(firing), title_justify="left")
    for name in ("since", "severity", "hazard", "where", "why"):
        table.add_column(name, no_wrap=name != "why", overflow="ellipsis")
    order = sorted(firing, key=lambda alert: (-alert.severity, alert.started_at))
    for alert in order[:12]:
        blind = "blind: " if alert.kind is AlertKind.BLIND else ""
        table.add_row(
            f"{alert.started_at:%H:%M}",
            Text(f"{alert.severity.zh} {alert.severity.word}", _STYLE[alert.severity]),
            alert.hazard,
            f"{alert.site}/{alert.sensor.device}",
            blind + alert.reason,
        )
    if len(order) > 12:
        table.add_row("", "", "", "", f"and {len(order) - 12} more")
    return table


def _counts(firing: list[Alert]) -> Text:
    text = Text("standing: ")
    for severity in reversed(Severity):
        count = sum(1 for alert in firing if alert.severity is severity)
        text.append(f"{severity.colour} {count}  ", _STYLE[severity])
    return text


def newest(alert: Alert | None, card: Card | None) -> Panel:
    """Show the newest alert with its card."""
    if alert is None:
        return Panel("no alert yet", title="newest alert")
    parts: list[RenderableType] = [
        Text(f"{alert.severity.zh} {alert.severity.word}: {alert.reason}", _STYLE[alert.severity])
    ]
    if card is None:
        parts.append(Text("who is near is being looked up", "dim"))
    else:
        parts += [
            _line("teams", card.teams),
            _line("supplies", card.supplies),
            _line("cameras", card.cameras),
        ]
        chain = " > ".join(f"{link.place} {link.person}".strip() for link in card.chain[:4])
        parts.append(Text(f"chain     {chain}"))
        parts += [Text(f"short     {said}", "red") for said in card.shortfall[:3]]
    return Panel(Group(*parts), title=f"newest alert {alert.id} at {alert.site}")


def _line(name: str, responders: tuple[Responder, ...]) -> Text:
    shown = "; ".join(
        f"{entry.name} {entry.distance_m / 1000:.1f} km"
        + (f" {entry.travel_s / 60:.0f} min" if entry.travel_s is not None else "")
        for entry in responders[:3]
    )
    return Text(f"{name:<9} {shown or 'none within reach'}")
