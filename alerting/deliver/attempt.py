"""One attempt on one channel: whatever happens comes back as a reason, in time."""

import asyncio
import logging
import traceback
from collections.abc import Mapping

from alerting.errors import DeliveryError
from alerting.model import Notice
from alerting.ports import Channel

_LOG = logging.getLogger(__name__)


async def send_once(
    channels: Mapping[str, Channel], notice: Notice, limit_s: float
) -> DeliveryError | None:
    """Make one attempt within `limit_s` seconds; give why it was not taken, or None."""
    name = notice.recipient.channel
    channel = channels.get(name)
    if channel is None:
        known = ", ".join(sorted(channels)) or "none"
        return DeliveryError(f"no channel {name!r}; allowed: {known}", retryable=False)
    try:
        async with asyncio.timeout(limit_s):
            await channel.send(notice)
    except DeliveryError as error:
        return error
    except TimeoutError:
        return DeliveryError(f"{name}: no answer within {limit_s:g} s", retryable=True)
    except Exception as error:  # noqa: BLE001 - one channel's mistake must not stop all others
        # The message is not logged: it may hold the address, and that a token.
        kind = type(error).__name__
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _LOG.error("channel %s: unforeseen %s at %s:%s", name, kind, frame.filename, frame.lineno)
        return DeliveryError(f"{name}: unforeseen {kind} in the channel", retryable=False)
    return None


def about(notice: Notice, attempt: int | None = None) -> dict[str, object]:
    """Give what a log line says about a notice; never the address, which may carry a token."""
    about: dict[str, object] = {
        "notice": notice.id,
        "alert": notice.alert.id,
        "severity": notice.alert.severity.word,
        "recipient": notice.recipient.id,
        "channel": notice.recipient.channel,
    }
    return about if attempt is None else {**about, "attempt": attempt}
