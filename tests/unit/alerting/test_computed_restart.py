"""Computed values over a whole restart: journal, log, memories of any age, late readings."""

from collections.abc import Sequence

import pytest

from alerting.engine import FOLLOWER
from alerting.joint import Computed
from alerting.judge import Judge
from alerting.ports import RuleState
from sensors.model import Report
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import MemoryLog, _history, _recorded, world
from tests.unit.alerting.test_joint import judged, lower, outputs, upper

Values = dict[float, float]


def a_day() -> list[Report]:
    """Water that rises over the lower gauge and falls again; some readings come late."""
    depths = [0.0] * 4 + [0.1, 0.2, 0.3, 0.45, 0.5, 0.3] + [0.0] * 30
    entries: list[Report] = []
    for n, depth in enumerate(depths):
        late_s = 500.0 if n % 5 == 3 else 1.0
        entries += [lower(300.0 * n, 1.0), upper(300.0 * n + 20, 1.0 + depth, delay_s=late_s)]
    return sorted(entries, key=lambda entry: entry.received_at)


def listening() -> tuple[Judge, Values]:
    here, told = judged(), Values()

    def note(values: Sequence[Computed]) -> None:
        told.update((entry.time_s, entry.value) for entry in values)

    here.on_computed = note
    return here, told


@pytest.mark.parametrize("saves", [(), (9, 17), tuple(range(1, 60))])
@pytest.mark.parametrize("cut", [2, 13, 18, 45])
@pytest.mark.parametrize("older", [None, 0, 1, 2])
async def test_it_changes_nothing(cut: int, saves: tuple[int, ...], older: int | None) -> None:
    readings = a_day()
    here, values = listening()
    async with world(here) as straight:
        await straight.feed(*readings)
        await straight.quiet()
        history, recorded = await _history(straight.journal), await _recorded(straight.journal)
    assert {kind for _, kind, _, _ in history} >= {"raised", "cleared"}
    journal, log = MemoryJournal(), MemoryLog()
    before, told = listening()
    saved: list[list[RuleState]] = []
    async with world(before, journal=journal, log=log) as first:
        for n, entry in enumerate(readings[:cut], 1):
            await first.feed(entry)
            if n in saves:
                await first.engine.save_states(log, everything=True)
                saved.append(await journal.load_states())
        sent = await first.quiet()
    if older is not None and saved:
        await let_one_be_older(journal, log, saved, older)
    after, again = listening()
    async with world(after, journal=journal, log=log) as second:
        assert await second.quiet() == []
        await second.feed(*readings[cut:])
        sent += await second.quiet()
    assert await _history(journal) == history
    assert await _recorded(journal) == recorded
    assert len(sent) == len(set(sent))
    assert told | again == values
    assert outputs(after) == outputs(here)


async def let_one_be_older(
    journal: MemoryJournal, log: MemoryLog, saved: list[list[RuleState]], which: int
) -> None:
    """Put one point's memory back to an earlier save, as when only a share was saved."""
    state = sorted(saved[max(0, len(saved) - 6)], key=lambda each: each.key)[which:][:1]
    await journal.save_states(state)
    log.cursors = {FOLLOWER: min([each.seq for each in state], default=log.cursor(FOLLOWER))}
