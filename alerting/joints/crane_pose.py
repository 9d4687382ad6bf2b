"""How a crane stands at an instant, read from the newest readings of its slew, trolley and hook.

While a crane works, its position counts for 2 s, or two of its own intervals where those are longer
(domain reference 0.2). While it says itself that it is idle it reports slowly, and its last
position counts as long as the site file allows (`idle_position_valid_s`), also when a storm lets it
turn: an unbraked jib that weathervanes is normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alerting.joint import Input, Seen
from sensors.crane.geometry import Pose, Tower
from sensors.model import Position
from sensors.registry import Device
from sensors.virtual.crane import tower_of

WORKING_S = 2.0
IDLE_VALID_S = 120.0
_MOVES = ("slew_deg", "radius_m", "hook_height_m")
_IDLE = 0.0
_STILL = Pose(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """What looks at one crane: its body, its inputs, and how long its readings count.

    The inputs are slew, radius and hook height, and then the lift state (at `state_at`) where the
    crane itself says so, and the jib's angle (at `jib_at`) of one that luffs. A speed is the change
    between two readings at most `rate_s` apart.
    """

    tower: Tower
    inputs: tuple[Input, ...]
    fresh_s: float
    rate_s: float
    state_at: int | None = None
    jib_at: int | None = None

    def pose(self, time_s: float, seen: Sequence[Seen | None]) -> Pose | None:
        """Give how the crane stands, or None where that is not known."""
        slew, radius, hook = seen[:3]
        if slew is None or radius is None or hook is None:
            return None
        oldest_s = min(slew.time_s, radius.time_s, hook.time_s)
        if time_s - oldest_s > self.fresh_s and not self._is_idle(seen):
            return None
        raised = 0.0
        if self.jib_at is not None:
            jib = seen[self.jib_at]
            if jib is None:
                return None
            raised = jib.value
        return Pose(slew.value, radius.value, self.tower.base_m + hook.value, raised)

    def motion(self, time_s: float, seen: Sequence[Seen | None]) -> Pose | None:
        """Give by how much the pose changes in a second, or None where that is not known.

        A crane that has not spoken for so long, and whose position counts all the same, is idle.
        """
        slew, radius, hook = seen[:3]
        if slew is None or radius is None or hook is None:
            return None
        if time_s - slew.time_s > self.rate_s:
            return _STILL
        turn, out, up = (_change(each, self.rate_s) for each in (slew, radius, hook))
        if turn is None or out is None or up is None:
            return _STILL if self._is_idle(seen) else None
        jib = seen[self.jib_at] if self.jib_at is not None else None
        raising = _change(jib, self.rate_s) if jib is not None else None
        took_s = slew.time_s - slew.history.times[slew.place - 1]
        return Pose(_turned(turn * took_s) / took_s, out, up, raising or 0.0)

    def _is_idle(self, seen: Sequence[Seen | None]) -> bool:
        """Say whether the crane itself says so; an empty hook alone may still be moving."""
        state = seen[self.state_at] if self.state_at is not None else None
        return state is not None and state.value == _IDLE


def _change(seen: Seen, within_s: float) -> float | None:
    """Give the change in a second since the reading before, if that is near enough."""
    if seen.place == 0:
        return None
    times, values = seen.history.times, seen.history.values
    took_s = times[seen.place] - times[seen.place - 1]
    if took_s > within_s:
        return None
    return (values[seen.place] - values[seen.place - 1]) / took_s


def _turned(turn_deg: float) -> float:
    """Bring a turn between -180 and 180 degrees: from 359 to 1 is 2 on, not 358 back."""
    return (turn_deg + 180.0) % 360.0 - 180.0


def eye_for(device: Device, home: Position) -> Eye | None:
    """Make what looks at one crane; None where its geometry is not known."""
    tower = tower_of(device, home)
    if isinstance(tower, str):
        return None
    known = device.points[""]
    every_s = device.every.total_seconds()
    fresh_s, rate_s = max(WORKING_S, 2 * every_s), max(5.0, 3 * every_s)
    names, valid_s = list(_MOVES), 0.0
    state_at = jib_at = None
    if (state := known.get("lift_state")) is not None and not state.derived:
        state_at, valid_s = len(names), state.design.get("idle_position_valid_s", IDLE_VALID_S)
        names.append("lift_state")
    if tower.is_luffing:
        jib_at = len(names)
        names.append("jib_angle_deg")
    inputs = tuple(
        Input(
            key=known[name].key,
            max_age_s=max(fresh_s, valid_s),
            window_s=2 * rate_s,
            is_trigger=name == "slew_deg",
        )
        for name in names
    )
    return Eye(
        tower=tower,
        inputs=inputs,
        fresh_s=fresh_s,
        rate_s=rate_s,
        state_at=state_at,
        jib_at=jib_at,
    )
