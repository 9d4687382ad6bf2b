"""Channel that sends short messages through any HTTP service, described by its settings.

`url`, `body` and the headers are templates: `{to}` the number, `{text}` the whole message, `{key}`
the notice's id, `{secret}` the password, and the pieces of a notice (`{colour}`, `{what}`, …).
Values are escaped for where they stand. `success` says which answers mean "taken", `passing` which
refusals pass; where it is silent the status decides.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from pydantic import SecretStr

from alerting.channels.guard import why_unusable
from alerting.channels.http import Answer, Ask, HttpConfig, HttpRoad, at_endpoint, reference, shown
from alerting.channels.phone import dialled, why_no_number
from alerting.channels.success import Expression, found_text
from alerting.channels.template import PIECES, filled, slots_of
from alerting.model import Notice, Receipt
from alerting.render import SmsForm, render_sms, sms_fields

OWN_SLOTS = ("to", "text", "key", "secret")
_HEADER_SLOTS = ("to", "key", "secret")
SLOTS = (*OWN_SLOTS, *(piece for piece in PIECES if piece not in OWN_SLOTS))
_TYPES = {
    "json": "application/json; charset=utf-8",
    "form": "application/x-www-form-urlencoded; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
_LONGEST_PIECE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsHttpConfig:
    """How the service is asked, and what its answers mean."""

    name: str
    url: SecretStr
    method: Literal["GET", "POST", "PUT"] = "POST"
    body: str = ""
    body_type: Literal["json", "form", "text"] = "json"
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: SecretStr | None = None
    success: str = "status in [200, 201, 202, 204]"
    passing: str = ""
    reference: str = ""
    form: SmsForm = field(default_factory=SmsForm)
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse templates and expressions that cannot be used."""
        url = self.url.get_secret_value()
        wrong = why_unusable(url.replace("{", "").replace("}", ""))
        if wrong is None and "{" in url.split("?")[0].split("//", 1)[-1].split("/")[0]:
            wrong = "the host of the address is no slot"
        slots = [slot for part in self._templates() for slot in slots_of(part)]
        unknown = [slot for slot in slots if slot not in SLOTS]
        if unknown:
            wrong = wrong or f"there is no slot {{{unknown[0]}}}; allowed: {', '.join(SLOTS)}"
        in_headers = {slot for text in self.headers.values() for slot in slots_of(text)}
        if in_headers - {*_HEADER_SLOTS}:
            wrong = wrong or f"headers may have {', '.join(_HEADER_SLOTS)}, and no other slot"
        if "to" not in slots or not {"text", "colour"} & {*slots}:
            wrong = wrong or "url or body must have {to}, and {text} or {colour}"
        if "secret" in slots and self.secret is None:
            wrong = wrong or "{secret} is used, and no secret is set"
        if self.body_type == "json" and self.body:
            wrong = wrong or _why_no_json(self.body)
        if wrong is not None:
            raise ValueError(wrong)
        for expression in filter(None, (self.success, self.passing)):
            Expression.of(expression)

    def _templates(self) -> tuple[str, ...]:
        return (self.url.get_secret_value(), self.body, *self.headers.values())


class SmsHttp:
    """Sends one message a notice."""

    def __init__(self, *, config: SmsHttpConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._success = Expression.of(config.success)
        self._passing = Expression.of(config.passing) if config.passing else None
        http = at_endpoint(config.http, config.url.get_secret_value())
        self._road = HttpRoad(name=config.name, config=http, now=now)

    async def close(self) -> None:
        """Close the connections."""
        await self._road.close()

    async def send(self, notice: Notice) -> Receipt:
        """Send once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        refused = why_no_number(notice.recipient.address)
        if refused is not None:
            raise self._road.failed(refused, retryable=False)
        answer = await self._road.ask(self._ask(notice))
        if not self._success.holds(answer.status, answer.text):
            self._refuse(answer)
        found = shown(found_text(answer.text, self._config.reference))
        return Receipt(notice_id=notice.id, at=self._now(), reference=found or reference(answer))

    def _refuse(self, answer: Answer) -> None:
        """Raise what an answer means that does not say "taken"."""
        is_passing = self._passing is not None and self._passing.holds(answer.status, answer.text)
        by_status = self._road.why_not_taken(answer)
        if by_status is not None and (by_status.retryable or not is_passing):
            raise by_status
        why = f"{answer.host} answered {answer.status} without success: {shown(answer.text)}"
        raise self._road.failed(why, retryable=is_passing or not answer.is_whole)

    def _ask(self, notice: Notice) -> Ask:
        config, to = self._config, notice.recipient
        secret = config.secret.get_secret_value() if config.secret is not None else ""
        values = {
            **sms_fields(
                notice,
                to.language,
                longest=_LONGEST_PIECE,
                hears_answers=config.form.hears_answers,
            ),
            "to": dialled(to.address),
            "text": "".join(render_sms(notice, to.language, config.form)),
            "key": notice.id,
            "secret": secret,
        }
        escape = _ESCAPES[config.body_type]
        headers = {name: filled(text, values, str) for name, text in config.headers.items()}
        return Ask(
            method=config.method,
            url=filled(config.url.get_secret_value(), values, _in_url),
            content=filled(config.body, values, escape).encode(),
            headers={"Content-Type": _TYPES[config.body_type], **headers},
            hidden=(secret,) if secret else (),
        )


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _in_url(text: str) -> str:
    return quote(text, safe="")


_ESCAPES: Mapping[str, Callable[[str], str]] = {"json": _in_json, "form": _in_url, "text": str}


def _why_no_json(body: str) -> str | None:
    try:
        json.loads(filled(body, dict.fromkeys(SLOTS, "a"), str))
    except ValueError as error:
        return f"the body is no JSON: {error}; slots stand within double quotes"
    return None
