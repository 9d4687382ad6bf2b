"""What happens to messages on their way: lost, sent twice, late by different times.

For a whole run (`Rough`), and for single devices while an event lasts. Only telemetry is touched;
a device does not learn of it, as with a gateway that acknowledges and then loses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from firmware_sim.events import MESSAGE_DEEDS, Event
from firmware_sim.site import DeviceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Rough:
    """How rough the way is: share lost, share sent twice, and the longest delay."""

    loss: float = 0.0
    twice: float = 0.0
    within_s: float = 0.0

    def joined(self, event: Event) -> "Rough":
        """Give it with an event on top; the worse of each counts."""
        share = event.params.get("share", 0.0)
        return Rough(
            loss=max(self.loss, share if event.deed == "lose" else 0.0),
            twice=max(self.twice, share if event.deed == "duplicate" else 0.0),
            within_s=max(self.within_s, event.params.get("within", 0.0)),
        )


# What a run under faults must stand (domain of the evaluation): 1 % lost, 5 % twice, 10 min apart.
FAULTY = Rough(loss=0.01, twice=0.05, within_s=600.0)
SMOOTH = Rough()


class Way:
    """The way of one device's messages."""

    def __init__(self, spec: DeviceSpec, events: Sequence[Event], seed: int, rough: Rough) -> None:
        self._rough = rough
        self._random = Random(f"{seed}|{spec.name}|way")
        self._events = [
            event
            for event in events
            if event.deed in MESSAGE_DEEDS and event.touches(spec.site, spec.id)
        ]

    def delays_s(self, t_s: float) -> tuple[float, ...]:
        """Give the delay of every copy of a message sent at `t_s`; none when it is lost."""
        rough = self._rough
        for event in self._events:
            if event.at_s <= t_s < event.at_s + event.params["lasting"]:
                rough = rough.joined(event)
        if rough == SMOOTH:
            return (0.0,)
        if self._random.random() < rough.loss:
            return ()
        copies = 2 if self._random.random() < rough.twice else 1
        return tuple(self._random.uniform(0.0, rough.within_s) for _ in range(copies))
