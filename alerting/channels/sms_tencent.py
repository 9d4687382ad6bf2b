"""Channel that sends short messages through Tencent Cloud (腾讯云短信, 2021-01-11 SendSms).

Only approved templates are sent. Their numbered variables are filled from the pieces of a notice
(`alerting.render.sms_fields`), none longer than the provider allows. The notice's id goes along as
SessionContext and comes back in the answer; the provider does not drop a second copy.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint, shown
from alerting.channels.phone import dialled, why_no_number
from alerting.channels.template import check_variables
from alerting.channels.verdict import Wait, code_error, json_object
from alerting.model import Notice, Receipt
from alerting.render import sms_fields

ALGORITHM = "TC3-HMAC-SHA256"
_SERVICE = "sms"
_SIGNED = "content-type;host"
_CONTENT_TYPE = "application/json"
_PASSING = {
    "InternalError": Wait(),
    "InternalError.*": Wait(),
    "RequestLimitExceeded": Wait(1.0),
    "RequestLimitExceeded.*": Wait(1.0),
    "ResourceUnavailable": Wait(),
    "LimitExceeded.PhoneNumberThirtySecondLimit": Wait(30.0),
    "LimitExceeded.DeliveryFrequencyLimit": Wait(30.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TencentConfig:
    """The account, its application, approved signature and template, and what fills the variables.

    `template_en` is for people who read English; without it they get `template`.
    """

    name: str
    key_id: str
    key_secret: SecretStr
    app_id: str
    sign_name: str
    template: str
    template_en: str = ""
    params: tuple[str, ...] = ("text",)
    longest: int = 12
    region: str = "ap-guangzhou"
    url: str = "https://sms.tencentcloudapi.com/"
    hears_answers: bool = False
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse variables that nothing fills."""
        check_variables(self.params)


class Tencent:
    """Sends one message a notice."""

    def __init__(self, *, config: TencentConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._road = HttpRoad(
            name=config.name, config=at_endpoint(config.http, config.url), now=now
        )

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
        answer = await self._road.taken(self._ask(notice))
        said = json_object(self._road, answer).get("Response")
        status = _status(said if isinstance(said, dict) else {})
        if status.get("Code") != "Ok":
            code, message = status.get("Code", "nothing"), status.get("Message", "")
            raise code_error(self._road, answer.host, code, message, _PASSING)
        reference = shown(str(status.get("SerialNo", "")))
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference)

    def _ask(self, notice: Notice) -> Ask:
        config, to = self._config, notice.recipient
        pieces = sms_fields(
            notice, to.language, longest=config.longest, hears_answers=config.hears_answers
        )
        is_english = to.language != "zh" and bool(config.template_en)
        body = json.dumps(
            {
                "PhoneNumberSet": [dialled(to.address)],
                "SmsSdkAppId": config.app_id,
                "SignName": config.sign_name,
                "TemplateId": config.template_en if is_english else config.template,
                "TemplateParamSet": [pieces[piece] for piece in config.params],
                "SessionContext": notice.id,
            },
            ensure_ascii=False,
        ).encode()
        host = urlsplit(config.url).netloc
        headers = {
            "Host": host,
            "Content-Type": _CONTENT_TYPE,
            "X-TC-Action": "SendSms",
            "X-TC-Version": "2021-01-11",
            "X-TC-Region": config.region,
            "X-TC-Timestamp": str(int(self._now().timestamp())),
            "Authorization": authorization(config, host, body, self._now()),
        }
        hidden = (config.key_secret.get_secret_value(),)
        return Ask(url=config.url, content=body, headers=headers, hidden=hidden)


def authorization(config: TencentConfig, host: str, body: bytes, now: datetime) -> str:
    """Give the Authorization header of a POST to `/`."""
    at = now.astimezone(UTC)
    scope = f"{at:%Y-%m-%d}/{_SERVICE}/tc3_request"
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"POST\n/\n\ncontent-type:{_CONTENT_TYPE}\nhost:{host}\n\n{_SIGNED}\n{digest}"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{hashed}"
    key = f"TC3{config.key_secret.get_secret_value()}".encode()
    for part in (f"{at:%Y-%m-%d}", _SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signed = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={config.key_id}/{scope}"
    return f"{ALGORITHM} {credential}, SignedHeaders={_SIGNED}, Signature={signed}"


def _status(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what became of the one number, or the error of the whole request."""
    error = response.get("Error")
    if isinstance(error, dict):
        return error
    statuses = response.get("SendStatusSet")
    if isinstance(statuses, list) and statuses and isinstance(statuses[0], dict):
        found: Mapping[str, Any] = statuses[0]
        return found
    return {}
