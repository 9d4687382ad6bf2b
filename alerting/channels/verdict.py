"""What a provider's own code in its answer means: taken, to be tried again, or final.

Providers answer HTTP 200 to what they refuse, with a code in the body. A body that cannot be read
leaves open whether the message went out; it is tried again, because twice is better than not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerting.channels.http import Answer, HttpRoad, shown
from alerting.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class Wait:
    """A refusal that passes after so many seconds; None where the provider does not say."""

    seconds: float | None = None


Codes = Mapping[str, Wait]


def json_object(road: HttpRoad, answer: Answer) -> dict[str, Any]:
    """Give the object an answer holds.

    Raises:
        DeliveryError: it holds none, which may pass.
    """
    try:
        found = json.loads(answer.text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        why = f"{answer.host} answered {answer.status} without a JSON object"
        raise road.failed(f"{why}: {shown(answer.text)}", retryable=True)
    return found


def code_error(
    road: HttpRoad, host: str, code: object, message: object, passing: Codes
) -> DeliveryError:
    """Give the error for a code by which a provider refused; those not in `passing` are final.

    `a.*` in `passing` stands for every code that begins with `a.`.
    """
    text = shown(str(code))
    reason = f"{host} refused with {text}: {shown(str(message))}"
    wait = passing.get(str(code)) or passing.get(f"{str(code).partition('.')[0]}.*")
    if wait is None:
        return road.failed(reason, retryable=False)
    return road.failed(reason, retryable=True, retry_after_s=wait.seconds)
