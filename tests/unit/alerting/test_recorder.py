"""What becomes of steps while the journal is away for very long: nothing is lost."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from alerting.deliver import Deliverer
from alerting.ports import Effects
from alerting.recorder import Recorder
from tests.fakes import ListAside, MemoryJournal
from tests.unit.alerting.test_engine import HandClock, ListChannel
from tests.unit.alerting_delivery.values import make_alert

MOST = 5


def step(n: int) -> Effects:
    return Effects(seq=n, alerts=(replace(make_alert(), id=f"a{n}"),))


def ids(effects: list[Effects]) -> list[str]:
    return [each.alerts[0].id for each in effects]


def opened(journal: MemoryJournal, aside: ListAside) -> Recorder:
    deliverer = Deliverer(journal=journal, channels={"list": ListChannel()}, clock=HandClock())
    return Recorder(journal=journal, deliverer=deliverer, aside=aside, max_waiting=MOST)


async def test_what_there_is_no_room_for_is_put_aside() -> None:
    journal, aside = MemoryJournal(), ListAside()
    recorder = opened(journal, aside)
    journal.is_away = True
    for n in range(8):
        await recorder.take(step(n))
    assert recorder.n_waiting == MOST
    assert ids([effects for effects, _ in aside.kept]) == ["a0", "a1", "a2"]
    assert recorder.n_refused == 3
    journal.is_away = False
    await recorder.catch_up()
    assert ids(journal.recorded) == ["a3", "a4", "a5", "a6", "a7"]


class SlowJournal(MemoryJournal):
    """One that, while it writes, lets somebody else do something."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def record(self, effects: Effects) -> None:
        await super().record(effects)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()


async def test_the_step_that_is_being_written_is_not_put_aside() -> None:
    journal, aside = SlowJournal(), ListAside()
    recorder = opened(journal, aside)
    journal.is_away = True
    for n in range(MOST):
        await recorder.take(step(n))
    journal.is_away = False

    async def one_more() -> None:
        await recorder.take(step(MOST))

    journal.meanwhile = one_more
    await recorder.catch_up()
    recorded, left = ids(journal.recorded), ids([effects for effects, _ in aside.kept])
    assert sorted([*recorded, *left]) == [f"a{n}" for n in range(MOST + 1)], "each once"
    assert recorder.n_waiting == 0
