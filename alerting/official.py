"""Official warnings as context: which are in force where and when, and what they tighten; pure.

Everything follows from the set of messages and not from the order in which they came: one is in
force from `begins_at` until it expires, or until the instant at which its own sender sent an update
or a cancellation that names it. They are never alerts of ours, and never end one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from alerting.couple import first_difference, merged
from alerting.gauge_fold import MAX_STRETCHES, Stretch
from alerting.model import Remark
from alerting.warning import Name, OfficialWarning
from sensors.coupling import OfficialCoupling
from sensors.local_time import local_minute, shown_minute

MAX_KNOWN = 2_000


class OfficialBoard:
    """Every official warning that may still matter, by name."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[Name, OfficialWarning] = {}

    def __contains__(self, name: Name) -> bool:
        """Say whether a message is known."""
        return name in self._known

    def put(self, warning: OfficialWarning) -> None:
        """Take a message in; of too many those whose time is over first are forgotten."""
        self._known[warning.name] = warning
        if len(self._known) > MAX_KNOWN:
            del self._known[min(self._known, key=lambda name: self._known[name].ends_at)]

    def known(self) -> Sequence[OfficialWarning]:
        """Give all of them, newest first."""
        return sorted(self._known.values(), key=lambda each: each.sent_at, reverse=True)

    def ends_of(self, warning: OfficialWarning) -> datetime:
        """Say when a warning ends: it expires, or its sender replaced or cancelled it before."""
        ends = (
            each.sent_at
            for each in self._known.values()
            if each.status == warning.status
            and each.name.sender == warning.name.sender
            and each.kind in ("Update", "Cancel")
            and warning.name in each.references
        )
        return min([warning.ends_at, *ends])

    def in_force(self, site: str, now: datetime) -> list[OfficialWarning]:
        """List what is in force at a site, worst first."""
        found = [
            each
            for each in self._known.values()
            if each.is_counted
            and each.severity_at(site) is not None
            and each.begins_at <= now < self.ends_of(each)
        ]
        return sorted(found, key=lambda each: (-(each.severity or 0), each.name))

    def stretches(self, coupling: OfficialCoupling) -> list[Stretch]:
        """Give when a coupling is in force, oldest first."""
        hold_s = coupling.hold.total_seconds()
        spans = [
            Stretch(each.begins_at.timestamp(), self.ends_of(each).timestamp() + hold_s)
            for each in self._known.values()
            if each.is_counted
            and each.topic == coupling.topic
            and (each.severity_at(coupling.site) or 0) >= coupling.at_least
        ]
        return merged([[each for each in spans if each.start_s < each.end_s]])[-MAX_STRETCHES:]


class OfficialForce:
    """One official coupling at work on the devices of its site; an `alerting.terms.Force`."""

    def __init__(self, coupling: OfficialCoupling, board: OfficialBoard) -> None:
        """Start with what the board holds."""
        self.coupling = coupling
        self._board = board
        self.in_force: list[Stretch] = board.stretches(coupling)

    def take(self) -> float | None:
        """Follow the board; give from when on it is in force otherwise, None for no change."""
        before, self.in_force = self.in_force, self._board.stretches(self.coupling)
        if before == self.in_force:
            return None
        return first_difference(before, self.in_force)

    def stretch_at(self, time_s: float) -> Stretch | None:
        """Give the stretch an instant lies in, None when the coupling is not in force then."""
        for each in reversed(self.in_force):
            if each.start_s <= time_s < each.end_s:
                return each
        return None

    def factor_at(self, time_s: float) -> tuple[float, Remark]:
        """Give the factor at an instant, and since when and why."""
        stretch = self.stretch_at(time_s)
        if stretch is None:
            return 1.0, Remark("")
        return self.coupling.factor, self.why(stretch)

    def why(self, stretch: Stretch) -> Remark:
        """Say since when limits are tighter and because of what."""
        coupling, begins_at = self.coupling, datetime.fromtimestamp(stretch.start_s, UTC)
        return Remark(
            f"limits tightened x {coupling.factor:g} since {shown_minute(begins_at)}"
            f" because of {coupling.condition}",
            f"因{coupling.condition_zh}，自{local_minute(begins_at)}起限值收紧为{coupling.factor:g}倍",
        )

    def terms(self) -> str:
        """Give everything it depends on that is written in files."""
        return repr(self.coupling)
