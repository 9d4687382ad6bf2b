"""How a crane stands at an instant, read from the newest readings of its slew, trolley and hook.

One on a rail has its travel beside them. Where a doubtful slew makes a doubtful distance, a
doubtful travel says nothing: the crane may stand anywhere along its rail.

While a crane works, its position counts for 2 s, or two of its own intervals where those are longer
(domain reference 0.2). While it says itself that it is idle it reports slowly, and its last
position counts as long as the site file allows (`idle_position_valid_s`), also when a storm lets it
turn: an unbraked jib that weathervanes is normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alerting.history import Flag
from alerting.joint import Input, Seen
from sensors.crane.geometry import Pose, Tower
from sensors.crane.rail import TRAVEL
from sensors.model import Position
from sensors.registry import Device
from sensors.virtual.crane import tower_of

WORKING_S = 2.0
IDLE_VALID_S = 120.0
_MOVES = ("slew_deg", "radius_m", "hook_height_m")
_IDLE = 0.0
_STILL = Pose(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """What looks at one crane: its body, its inputs, and how long its readings count.

    The inputs are slew, radius and hook height, and then the lift state (at `state_at`) where the
    crane itself says so, the jib's angle (at `jib_at`) of one that luffs, and the travel (at
    `travel_at`) of one on a rail. A speed is the change between two readings at most `rate_s`
    apart.
    """

    tower: Tower
    inputs: tuple[Input, ...]
    fresh_s: float
    rate_s: float
    state_at: int | None = None
    jib_at: int | None = None
    travel_at: int | None = None

    def pose(self, time_s: float, seen: Sequence[Seen | None]) -> Pose | None:
        """Give how the crane stands, or None where that is not known."""
        slew, radius, hook = seen[:3]
        if slew is None or radius is None or hook is None:
            return None
        oldest_s = min(slew.time_s, radius.time_s, hook.time_s)
        along_m = 0.0
        if self.travel_at is not None:
            travel = seen[self.travel_at]
            if travel is None or _is_doubtful(travel):
                return None
            oldest_s, along_m = min(oldest_s, travel.time_s), travel.value
        if time_s - oldest_s > self.fresh_s and not self._is_idle(seen):
            return None
        raised = 0.0
        if self.jib_at is not None:
            jib = seen[self.jib_at]
            if jib is None:
                return None
            raised = jib.value
        return Pose(slew.value, radius.value, self.tower.base_m + hook.value, raised, along_m)

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
        along = self._change_at(self.travel_at, seen)
        if turn is None or out is None or up is None or along is None:
            return _STILL if self._is_idle(seen) else None
        raising = self._change_at(self.jib_at, seen)
        took_s = slew.time_s - slew.history.times[slew.place - 1]
        return Pose(_turned(turn * took_s) / took_s, out, up, raising or 0.0, along)

    def _change_at(self, place: int | None, seen: Sequence[Seen | None]) -> float | None:
        """Give the change in a second of an input that not every crane has, 0 where it has none."""
        if place is None:
            return 0.0
        each = seen[place]
        return None if each is None else _change(each, self.rate_s)

    def _is_idle(self, seen: Sequence[Seen | None]) -> bool:
        """Say whether the crane itself says so; an empty hook alone may still be moving."""
        state = seen[self.state_at] if self.state_at is not None else None
        return state is not None and state.value == _IDLE


def _is_doubtful(seen: Seen) -> bool:
    return bool(seen.history.flags[seen.place] & Flag.SUSPECT)


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
    state_at = jib_at = travel_at = None
    if (state := known.get("lift_state")) is not None and not state.derived:
        state_at, valid_s = len(names), state.design.get("idle_position_valid_s", IDLE_VALID_S)
        names.append("lift_state")
    if tower.is_luffing:
        jib_at = len(names)
        names.append("jib_angle_deg")
    if tower.rail is not None:
        travel_at = len(names)
        names.append(TRAVEL)
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
        travel_at=travel_at,
    )
