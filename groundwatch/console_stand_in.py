"""The console in place of channels that people files name and nobody has set up yet.

For examples and for trying a ladder out: nobody's telephone rings. Each notice says over what it
would have gone, the program warns at its start, and so does `groundwatch check --config`.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from alerting.model import Notice, Receipt
from alerting.ports import Channel

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConsoleStandIn:
    """Shows on the console what `name` would have sent."""

    name: str
    console: Channel

    async def send(self, notice: Notice) -> Receipt:
        """Show once.

        Raises:
            DeliveryError: the console cannot be written.
        """
        to = notice.recipient
        shown = f"{to.address} [{self.name}: not set up, shown here only]".strip()
        return await self.console.send(replace(notice, recipient=replace(to, address=shown)))


def stand_ins(names: Collection[str], roads: Mapping[str, Channel]) -> dict[str, Channel]:
    """Give what stands in for the channels that are not there, and warn of each."""
    found: dict[str, Channel] = {}
    for name in names:
        if name not in roads:
            _LOG.warning(stand_in_warning(name))
            found[name] = ConsoleStandIn(name, roads["console"])
    return found


def stand_in_warning(name: str) -> str:
    """Say that nobody is reached over a channel, and how to mend it."""
    return (
        f"channel {name} is not set up: the console stands in, nobody is reached over {name};"
        f" add [channels.{name}] to the settings"
    )
