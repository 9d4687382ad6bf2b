"""Channel that sends short messages through Alibaba Cloud (阿里云短信, SendSms of 2017-05-25).

Only approved templates are sent. Their variables are filled from the pieces of a notice
(`alerting.render.sms_fields`), none longer than the provider allows. The notice's id goes along as
OutId and comes back in delivery reports; the provider does not drop a second copy.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint, shown
from alerting.channels.phone import dialled, why_no_number
from alerting.channels.template import check_variables
from alerting.channels.verdict import Wait, code_error, json_object
from alerting.errors import DeliveryError
from alerting.model import Notice, Receipt
from alerting.render import sms_fields

ALGORITHM = "ACS3-HMAC-SHA256"
_EMPTY = hashlib.sha256(b"").hexdigest()
_PASSING = {
    "isp.SYSTEM_ERROR": Wait(),
    "isp.GATEWAY_ERROR": Wait(),
    "Throttling": Wait(5.0),
    "Throttling.*": Wait(5.0),
    "ServiceUnavailable": Wait(),
    "InternalError": Wait(),
}
_RATE = "isv.BUSINESS_LIMIT_CONTROL"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunConfig:
    """The account, its approved signature and template, and what fills the template's variables.

    `template_en` is for people who read English; without it they get `template`.
    """

    name: str
    key_id: str
    key_secret: SecretStr
    sign_name: str
    template: str
    template_en: str = ""
    params: Mapping[str, str] = field(default_factory=lambda: {"text": "text"})
    longest: int = 35
    url: str = "https://dysmsapi.aliyuncs.com/"
    hears_answers: bool = False
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse variables that nothing fills."""
        check_variables(self.params.values())


class Aliyun:
    """Sends one message a notice."""

    def __init__(
        self,
        *,
        config: AliyunConfig,
        now: Callable[[], datetime],
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        """Make the client; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._nonce = nonce
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
        answer = await self._road.ask(self._ask(notice))
        error = self._road.why_not_taken(answer)
        if error is not None and (error.retryable or not answer.text.startswith("{")):
            raise error
        said = json_object(self._road, answer)
        if said.get("Code") != "OK":
            raise self._refusal(answer.host, said)
        reference = shown(str(said.get("BizId", "")))
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference)

    def _ask(self, notice: Notice) -> Ask:
        config, to = self._config, notice.recipient
        pieces = sms_fields(
            notice, to.language, longest=config.longest, hears_answers=config.hears_answers
        )
        is_english = to.language != "zh" and bool(config.template_en)
        query = {
            "PhoneNumbers": dialled(to.address),
            "SignName": config.sign_name,
            "TemplateCode": config.template_en if is_english else config.template,
            "TemplateParam": json.dumps(
                {name: pieces[piece] for name, piece in config.params.items()}, ensure_ascii=False
            ),
            "OutId": notice.id,
        }
        headers = {
            "host": urlsplit(config.url).netloc,
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": self._nonce(),
            "x-acs-content-sha256": _EMPTY,
        }
        headers["Authorization"] = authorization(config.key_id, config.key_secret, query, headers)
        return Ask(
            url=f"{config.url}?{canonical_query(query)}",
            headers=headers,
            hidden=(config.key_secret.get_secret_value(),),
        )

    def _refusal(self, host: str, said: Mapping[str, object]) -> DeliveryError:
        code, message = said.get("Code", "nothing"), str(said.get("Message", ""))
        passing = {**_PASSING, _RATE: Wait(60.0)} if "分钟" in message else _PASSING
        return code_error(self._road, host, code, message, passing)


def canonical_query(query: Mapping[str, str]) -> str:
    """Give a query as it is signed and sent: sorted, everything but A-Z a-z 0-9 - _ . ~ escaped."""
    return "&".join(f"{_escaped(name)}={_escaped(query[name])}" for name in sorted(query))


def authorization(
    key_id: str, key_secret: SecretStr, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    """Give the Authorization header of a POST to `/` with an empty body."""
    names = sorted(name for name in headers if name.startswith("x-acs-") or name == "host")
    canonical = "\n".join(
        [
            "POST",
            "/",
            canonical_query(query),
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            ";".join(names),
            headers["x-acs-content-sha256"],
        ]
    )
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = key_secret.get_secret_value().encode()
    digest = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={';'.join(names)},Signature={digest}"


def _escaped(text: str) -> str:
    return quote(text, safe="~")
