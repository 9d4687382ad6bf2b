"""Channel that has a person called: a voice service speaks the text and asks for a key.

The service gets signed JSON and answers with the id of the call:

    {"format": "groundwatch.call/1", "key": <notice id>, "alert": <alert id>, "person": <id>,
     "to": "+86…", "language": "zh", "text": …, "repeat": 2, "digit": "1", "callback": <address>}
    -> 2xx {"call_id": …}

`Idempotency-Key` is the notice's id, so that a request that comes twice is one call. A receipt says
that the service will call. That a person heard it, the service says later at `callback`, signed
with the same secret: `{"key", "alert", "person", "call_id", "result": "confirmed"}`, which
acknowledges.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from pydantic import SecretStr

from alerting.channels.guard import why_unusable
from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint, shown
from alerting.channels.phone import dialled, why_no_number
from alerting.channels.signing import KEY_HEADER, SIGNATURE_HEADER, signature, why_weak
from alerting.channels.verdict import json_object
from alerting.model import Notice, Receipt
from alerting.render.speech import render_speech

FORMAT = "groundwatch.call/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfig:
    """Which service calls, how often the text is said, and where it tells what became of the call.

    Without a `callback` nobody is asked to press a key.
    """

    name: str
    url: SecretStr
    secret: SecretStr
    repeat: int = 2
    digit: str = "1"
    callback: str = ""
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse what could never work or protect."""
        wrong = why_unusable(self.url.get_secret_value()) or why_weak(self.secret, "voice")
        if wrong is not None:
            raise ValueError(wrong)


class Voice:
    """Asks for one call a notice."""

    def __init__(self, *, config: VoiceConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        http = at_endpoint(config.http, config.url.get_secret_value())
        self._road = HttpRoad(name=config.name, config=http, now=now)

    async def close(self) -> None:
        """Close the connections."""
        await self._road.close()

    async def send(self, notice: Notice) -> Receipt:
        """Ask once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        refused = why_no_number(notice.recipient.address)
        if refused is not None:
            raise self._road.failed(refused, retryable=False)
        answer = await self._road.taken(self._ask(notice))
        call_id = json_object(self._road, answer).get("call_id")
        if not isinstance(call_id, str | int) or call_id in ("", True, False):
            why = f"{answer.host} answered {answer.status} without a call_id"
            raise self._road.failed(why, retryable=True)
        reference = f"call {shown(str(call_id))}"
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference)

    def _ask(self, notice: Notice) -> Ask:
        config, to = self._config, notice.recipient
        digit = config.digit if config.callback else ""
        body = msgspec.json.encode(
            {
                "format": FORMAT,
                "key": notice.id,
                "alert": notice.alert.id,
                "person": to.id,
                "to": dialled(to.address),
                "language": to.language,
                "text": render_speech(notice, to.language, digit=digit),
                "repeat": config.repeat,
                "digit": digit,
                "callback": config.callback,
                "mark": notice.mark.value,
            }
        )
        headers = {
            KEY_HEADER: notice.id,
            SIGNATURE_HEADER: signature(config.secret, body, self._now()),
            "Content-Type": "application/json",
        }
        hidden = (config.secret.get_secret_value(),)
        return Ask(url=config.url.get_secret_value(), content=body, headers=headers, hidden=hidden)
