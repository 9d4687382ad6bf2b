"""The far ends of messengers as their documents describe them: signatures checked, codes answered.

Each answers HTTP 200 to everything it understood, with its own code in the body, as the real ones
do. `script` makes the next answer `busy` (its code for too many) or `refuse` (for good).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from alerting.channels.signing import verify_signature
from tests.contract.receiver import Received
from tests.unit.alerting_delivery.values import NOW

MAX_SKEW_S = 3600.0


def mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


@dataclass
class Vendor:
    """What the far ends share."""

    token: str
    secret: str
    script: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    called: list[list[str]] = field(default_factory=list)

    def _answer(self, judge: Callable[[], dict[str, Any]]) -> bytes:
        return json.dumps(judge(), ensure_ascii=False).encode()

    def reply(self, request: Received) -> bytes:
        raise NotImplementedError

    def arrived(self) -> str:
        return "\n".join(self.texts)

    def next(self) -> str:
        return self.script.pop(0) if self.script else "take"


class WeComRobot(Vendor):
    """https://developer.work.weixin.qq.com/document/path/91770."""

    person = "00000000101"

    @property
    def path(self) -> str:
        return f"/cgi-bin/webhook/send?key={self.token}"

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: self._judge(request))

    def _judge(self, request: Received) -> dict[str, Any]:
        query = parse_qs(urlsplit(request.path).query)
        turn = self.next()
        if query.get("key") != [self.token] or turn == "refuse":
            return {"errcode": 93000, "errmsg": f"invalid webhook url, key {self.token}"}
        if turn == "busy":
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        body = json.loads(request.body)
        text = body["text"]["content"]
        if body["msgtype"] != "text" or len(text.encode()) > 2048:
            return {"errcode": 40058, "errmsg": "text exceed max length 2048"}
        self.texts.append(text)
        self.called.append(body["text"].get("mentioned_mobile_list", []))
        return {"errcode": 0, "errmsg": "ok"}


class DingTalkRobot(Vendor):
    """https://open.dingtalk.com/document/robots/customize-robot-security-settings."""

    person = "00000000101 00000000102"

    @property
    def path(self) -> str:
        return f"/robot/send?access_token={self.token}"

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: self._judge(request))

    def _judge(self, request: Received) -> dict[str, Any]:
        query = parse_qs(urlsplit(request.path).query)
        turn = self.next()
        if query.get("access_token") != [self.token] or turn == "refuse":
            return {"errcode": 300001, "errmsg": f"token is not exist: {self.token}"}
        if turn == "busy":
            return {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        if self.secret and not self._is_signed(query):
            return {"errcode": 310000, "errmsg": "sign not match"}
        body = json.loads(request.body)
        called = body["at"]["atMobiles"]
        text = body["text"]["content"]
        if not all(f"@{mobile}" in text for mobile in called):
            return {"errcode": 400, "errmsg": "somebody is called whom the text does not name"}
        self.texts.append(text)
        self.called.append(called)
        return {"errcode": 0, "errmsg": "ok"}

    def _is_signed(self, query: dict[str, list[str]]) -> bool:
        at = query["timestamp"][0]
        near = abs(int(at) / 1000 - NOW.timestamp()) < MAX_SKEW_S
        return near and query["sign"] == [mac(self.secret, f"{at}\n{self.secret}")]


class FeishuRobot(Vendor):
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot."""

    person = "all"

    @property
    def path(self) -> str:
        return f"/open-apis/bot/v2/hook/{self.token}"

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: self._judge(request))

    def _judge(self, request: Received) -> dict[str, Any]:
        turn = self.next()
        if request.path != self.path or turn == "refuse":
            return {
                "code": 19001,
                "data": {},
                "msg": f"param invalid: incoming webhook {self.token}",
            }
        if turn == "busy":
            return _feishu(11232, "frequency limited psm[lark.oapi]")
        body = json.loads(request.body)
        if self.secret and not self._is_signed(body):
            return {
                "code": 19021,
                "data": {},
                "msg": "sign match fail or timestamp is not within one hour",
            }
        self.texts.append(body["content"]["text"])
        return {
            "StatusCode": 0,
            "StatusMessage": "success",
            "code": 0,
            "data": {},
            "msg": "success",
        }

    def _is_signed(self, body: dict[str, Any]) -> bool:
        at = body["timestamp"]
        near = abs(int(at) - NOW.timestamp()) < MAX_SKEW_S
        return near and body["sign"] == mac(f"{at}\n{self.secret}", "")


def _feishu(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "data": {}, "msg": message}


@dataclass
class AliyunGateway(Vendor):
    """https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature."""

    params: tuple[str, ...] = ("text",)
    longest: int = 35

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: self._judge(request))

    def _judge(self, request: Received) -> dict[str, Any]:
        turn = self.next()
        refusals = {
            "refuse": ("isv.MOBILE_NUMBER_ILLEGAL", f"not a number, key {self.secret}"),
            "busy": ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"),
            "day": ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"),
        }
        if turn in refusals:
            return _aliyun(*refusals[turn])
        if not self._is_signed(request):
            return _aliyun("SignatureDoesNotMatch", "Specified signature is not matched.")
        query = dict(parse_qsl(urlsplit(request.path).query))
        params = json.loads(query["TemplateParam"])
        if set(params) != {*self.params}:
            return _aliyun("isv.TEMPLATE_PARAMS_ILLEGAL", "the template has other variables")
        if any(not text or len(text) > self.longest for text in params.values()):
            return _aliyun("isv.PARAM_LENGTH_LIMIT", "a variable is empty or too long")
        self.texts.append("|".join(params.values()))
        return {**_aliyun("OK", "OK"), "BizId": f"biz-{len(self.texts)}"}

    def _is_signed(self, request: Received) -> bool:
        given = request.headers["authorization"]
        names = given.split("SignedHeaders=")[1].split(",")[0].split(";")
        rows = "".join(f"{name}:{request.headers[name]}\n" for name in names)
        query = "&".join(sorted(urlsplit(request.path).query.split("&")))
        digest = request.headers["x-acs-content-sha256"]
        canonical = f"POST\n/\n{query}\n{rows}\n{';'.join(names)}\n{digest}"
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        right = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return given.endswith(f"Signature={right}")


def _aliyun(code: str, message: str) -> dict[str, Any]:
    return {"Code": code, "Message": message, "RequestId": "request-of-the-test"}


@dataclass
class TencentGateway(Vendor):
    """https://cloud.tencent.com/document/api/382/55981 and /52071 (signature version 3)."""

    n_params: int = 1
    longest: int = 12

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: {"Response": self._judge(request)})

    def _judge(self, request: Received) -> dict[str, Any]:
        turn = self.next()
        if turn == "busy":
            return _tencent("LimitExceeded.PhoneNumberThirtySecondLimit", "once in 30 s")
        if turn == "day":
            return _tencent("LimitExceeded.PhoneNumberDailyLimit", "too many today")
        if turn == "refuse" or not self._is_signed(request):
            why = f"the signature is wrong: {self.secret}"
            return {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": why}}
        body = json.loads(request.body)
        params = body["TemplateParamSet"]
        if len(params) != self.n_params or any(len(text) > self.longest for text in params):
            return _tencent("InvalidParameterValue.TemplateParameterLengthLimit", "too long")
        self.texts.append("|".join(params))
        return _tencent("Ok", "send success")

    def _is_signed(self, request: Received) -> bool:
        scope = request.headers["authorization"].split("Credential=")[1].split(",")[0]
        _, date, service, end = scope.split("/")
        kind, host = request.headers["content-type"], request.headers["host"]
        body = hashlib.sha256(request.body).hexdigest()
        canonical = f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\n\ncontent-type;host\n{body}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        at = request.headers["x-tc-timestamp"]
        text = f"TC3-HMAC-SHA256\n{at}\n{date}/{service}/{end}\n{hashed}"
        key = f"TC3{self.secret}".encode()
        for part in (date, service, end):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        right = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return request.headers["authorization"].endswith(f"Signature={right}")


def _tencent(code: str, message: str) -> dict[str, Any]:
    status = {"SerialNo": "serial-of-the-test", "PhoneNumber": "+8600000000101", "Fee": 1}
    return {"SendStatusSet": [{**status, "Code": code, "Message": message}], "RequestId": "r"}


@dataclass
class PlainGateway(Vendor):
    """A service of nobody in particular: a password, a number, a text, and a code in the body."""

    body_type: str = "json"

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: self._judge(request))

    def _judge(self, request: Received) -> dict[str, Any]:
        turn = self.next()
        if turn == "busy":
            return {"code": 8, "message": "too many"}
        given = self._given(request)
        if turn == "refuse" or given.get("password") != self.secret:
            return {"code": 3, "message": f"wrong password {self.secret}"}
        if given.get("to") != "+8600000000101":
            return {"code": 4, "message": "unknown number"}
        self.texts.append(given["text"])
        return {"code": 0, "data": [{"id": "plain-7"}]}

    def _given(self, request: Received) -> dict[str, str]:
        if self.body_type == "json":
            body = json.loads(request.body)
            return {**body, "password": request.headers["x-password"]}
        text = urlsplit(request.path).query if self.body_type == "query" else request.body.decode()
        return dict(parse_qsl(text))


class VoiceGateway(Vendor):
    """A voice service: takes signed requests, one call for one key, and answers with its id."""

    def reply(self, request: Received) -> bytes:
        return self._answer(lambda: self._judge(request))

    def _judge(self, request: Received) -> dict[str, Any]:
        verify_signature(self.secret, request.headers, request.body, NOW)
        if self.next() == "busy":
            return {"error": "no line is free"}
        body = json.loads(request.body)
        assert body["format"] == "groundwatch.call/1"
        assert request.headers["idempotency-key"] == body["key"]
        self.texts.append(body["text"])
        self.called.append([body["to"], body["callback"]])
        return {"call_id": f"call-{len(self.texts)}"}
