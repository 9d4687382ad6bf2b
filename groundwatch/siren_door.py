"""Tells sirens through the program's own connection to the broker (`ingest.command`)."""

from dataclasses import dataclass
from datetime import timedelta

from alerting.channels.siren import Order, Told
from ingest.command import Command, Commander, Fate

COMMAND = "siren"
REPLY_WITHIN = timedelta(seconds=10)  # less than one attempt of the delivery may take


@dataclass(slots=True)
class SirenDoor:
    """Sends the command `siren`; `commander` is there once the program is connected."""

    commander: Commander | None = None

    async def tell(self, order: Order) -> Told:
        """Send the command and give what became of it."""
        if self.commander is None:
            return Told(is_done=False, said="only the running program tells devices")
        command = Command(
            site=order.site,
            device=order.device,
            name=COMMAND,
            args={
                "on": order.on,
                "seconds": order.seconds,
                "severity": order.severity,
                "mark": order.mark,
                "key": order.key,
            },
            within=REPLY_WITHIN,
        )
        outcome = await self.commander.send(command)
        said = f"{outcome.fate.value}: {outcome.reason}".removesuffix(": ")
        is_refused = outcome.fate is Fate.REFUSED
        return Told(is_done=outcome.fate is Fate.DONE, said=said, may_pass=not is_refused)
