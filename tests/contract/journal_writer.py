"""Records alerts in a loop and prints each one's id after it was recorded; a test kills it.

Run as `python -m tests.contract.journal_writer URL FIRST_NUMBER`.
"""

import asyncio
import sys
from itertools import count

from alerting.ports import Effects
from storage.journal import SqlJournal
from tests.contract.journal_values import a_transition, an_alert, an_entry


async def write(url: str, first: int) -> None:
    journal = SqlJournal(url)
    await journal.open()
    for number in count(first):
        alert = an_alert(f"a{number}")
        effects = Effects(
            seq=number,
            alerts=(alert,),
            transitions=(a_transition(alert.id),),
            notices=tuple(an_entry(f"n{number}-{k}", alert) for k in range(5)),
        )
        await journal.record(effects)
        print(number, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], int(sys.argv[2])))
