"""Messages of CAP are given as they were first given out, also where many are asked for at once."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from alerting.cap.values import Message
from groundwatch.cap_kept import MAX_KNOWN, KeptMessages


class Slow:
    """A record in memory that answers when the loop comes round."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def cap_messages(self, made: Mapping[str, str]) -> dict[str, str]:
        await asyncio.sleep(0)
        return {name: self.kept.setdefault(name, text) for name, text in made.items()}


def message(name: str, note: str = "as first") -> Message:
    return Message(
        identifier=name,
        sender="office@example.org",
        sent=datetime(2026, 7, 1, tzinfo=UTC),
        status="Actual",
        kind="Alert",
        scope="Public",
        note=note,
    )


async def test_what_is_known_is_given_though_another_call_forgets_the_oldest_meanwhile() -> None:
    messages = KeptMessages(record=Slow())
    await messages.as_first([message(f"m{n}") for n in range(MAX_KNOWN)])
    wanted = [message("m0", "renamed since"), message("new-a")]
    _, found = await asyncio.gather(
        messages.as_first([message("new-b")]), messages.as_first(wanted)
    )
    assert [(each.identifier, each.note) for each in found] == [
        ("m0", "as first"),
        ("new-a", "as first"),
    ]
