"""Messages a second, end to end: the program against a subscriber that does nothing, in turns."""

import time
from dataclasses import dataclass
from statistics import median

from bench.machine import cpu_s
from bench.stage import NOOP_ROOT, PROGRAM_ROOT, BenchError, End, Stage

_LEAST_TURNS, _MOST_TURNS = 4, 120
_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run: how fast, and what each process spent on a message in µs."""

    msgs_per_s: float
    owned_per_s: float
    cpu_us: float
    broker_cpu_us: float
    influx_cpu_us: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """All parts of both sides."""

    raw: list[Part]
    program: list[Part]

    def figures(self) -> dict[str, float]:
        """Give medians and the ratio of the two sides, pair by pair."""
        ratios = [
            ours.msgs_per_s / raw.msgs_per_s
            for raw, ours in zip(self.raw, self.program, strict=True)
        ]
        return {
            "pipeline_msgs_per_s": median(part.msgs_per_s for part in self.program),
            "pipeline_owned_per_s": median(part.owned_per_s for part in self.program),
            "raw_msgs_per_s": median(part.msgs_per_s for part in self.raw),
            "pipeline_ratio": median(ratios),
            "cpu_us_per_msg": median(part.cpu_us for part in self.program),
            "raw_cpu_us_per_msg": median(part.cpu_us for part in self.raw),
            "broker_cpu_us_per_msg": median(part.broker_cpu_us for part in self.program),
            "influx_cpu_us_per_msg": median(part.influx_cpu_us for part in self.program),
        }


def measure(stage: Stage, *, n_pairs: int, part_s: float) -> Throughput:
    """Run the parts in turns, raw first, each sized to last about `part_s`.

    Raises:
        BenchError: something was lost.
    """
    raw_turns = _turns(stage, raw_part(stage, _LEAST_TURNS).msgs_per_s, part_s)
    program_turns = _turns(stage, program_part(stage, 2 * _LEAST_TURNS).owned_per_s, part_s)
    found = Throughput([], [])
    for _ in range(n_pairs):
        found.raw.append(raw_part(stage, raw_turns))
        found.program.append(program_part(stage, program_turns))
    return found


def _turns(stage: Stage, msgs_per_s: float, part_s: float) -> int:
    turns = round(part_s * msgs_per_s / len(stage.cranes.load))
    return max(_LEAST_TURNS, min(_MOST_TURNS, turns))


def raw_part(stage: Stage, turns: int) -> Part:
    """Publish to the subscriber that does nothing."""
    count = stage.prepare(NOOP_ROOT, turns)
    wanted = stage.noop.ask()["messages"] + count
    meter = _Meter(stage, stage.noop)
    began_s = stage.publisher.ask()["began_s"]
    until_s = time.monotonic() + _WITHIN_S
    while (seen := stage.noop.ask())["messages"] < wanted:
        if time.monotonic() > until_s:
            raise BenchError(f"the raw subscriber got {seen['messages']} of {wanted}")
        time.sleep(0.02)
    rate = count / (seen["last_s"] - began_s)
    return Part(rate, rate, *meter.read(count))


def program_part(stage: Stage, turns: int) -> Part:
    """Publish to the program, and wait until it has stored everything."""
    count = stage.prepare(PROGRAM_ROOT, turns)
    before = stage.program.ask()
    meter = _Meter(stage, stage.program)
    began_s = stage.publisher.ask()["began_s"]
    wanted = before["acknowledged"] + count
    owned = stage.wait_for_program("acknowledged", wanted, _WITHIN_S)
    stored = stage.wait_for_program("stored", before["stored"] + count, _WITHIN_S)
    spent = meter.read(count)
    if owned["rejects"] or stored["refused"]:
        raise BenchError(f"messages were refused: {stored}")
    owned_s, stored_s = owned["at_s"] - began_s, stored["at_s"] - began_s
    return Part(count / stored_s, count / owned_s, *spent)


class _Meter:
    """Processor time of one end and of both servers since it was made."""

    def __init__(self, stage: Stage, end: End) -> None:
        self._pids = (end.pid, stage.broker_pid, stage.influx_pid)
        self._before = [cpu_s(pid) for pid in self._pids]

    def read(self, count: int) -> list[float]:
        """Give µs per message of each."""
        pairs = zip(self._pids, self._before, strict=True)
        return [(cpu_s(pid) - before) / count * 1e6 for pid, before in pairs]
