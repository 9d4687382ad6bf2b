"""Finds out which reports of a batch the server will never take, and places all the others.

InfluxDB 1.x and 2.x say that some points of a request were dropped, but not which. Writing is
idempotent, so parts of the batch are written again, in halves, until each part is all taken or all
refused. The number of requests is bounded.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from sensors.model import Report
from storage.errors import StoreRefused
from storage.influx.answers import Rejection
from storage.ports import Refused


class Item(NamedTuple):
    """One report and its line."""

    line: str
    report: Report


Send = Callable[[Sequence[str]], Awaitable[Rejection | None]]


async def place(send: Send, items: Sequence[Item], max_requests: int) -> list[Refused]:
    """Store all `items` that the server takes; give the others with the server's reason.

    When `max_requests` do not suffice to tell single reports apart, what is left is given back as
    refused as a whole, with a reason that says so: it may be stored as well, and is lost nowhere.

    Raises:
        StoreUnavailable: the server went away meanwhile.
        StoreRefused: a person must mend something.
    """
    parts = [list(items)]
    refused: list[Refused] = []
    n_requests = 0
    while parts:
        part = parts.pop()
        answer = await send([item.line for item in part])
        n_requests += 1
        if answer is None:
            continue
        n_left = max_requests - n_requests - len(parts)
        verdict = _verdict(answer, part, is_last=n_left < 2)
        if verdict is not None:
            refused += verdict
            continue
        if len(part) == len(items) and not answer.is_too_large:
            # Refused points mostly share kind and device: side by side they take fewer requests.
            # The sort is stable, so that the later of two values of one instant stays the later.
            part.sort(key=_neighbourhood)
        middle = len(part) // 2
        parts += [part[middle:], part[:middle]]
    return refused


def _neighbourhood(item: Item) -> tuple[str, str, str, str]:
    report = item.report
    return report.kind, report.site, report.device, report.point


def _verdict(answer: Rejection, part: Sequence[Item], *, is_last: bool) -> list[Refused] | None:
    """Say which of `part` are refused, or None when it must be halved to tell."""
    if answer.by_line:
        return [
            Refused(part[index].report, reason)
            for index, reason in answer.by_line.items()
            if 0 <= index < len(part)
        ]
    if len(part) == 1 or answer.n_dropped == len(part):
        return [Refused(item.report, answer.reason) for item in part]
    if not is_last:
        return None
    if answer.is_too_large:
        raise StoreRefused(f"the server takes no request of {len(part)} lines: {answer.reason}")
    reason = f"at least one of {len(part)} reports was refused: {answer.reason}"
    return [Refused(item.report, reason) for item in part]
