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
from urllib.parse import parse_qs, urlsplit

from tests.contract.receiver import Received
from tests.unit.alerting_delivery.values import NOW

MAX_SKEW_S = 3600.0


def mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


@dataclass
class _Robot:
    token: str
    secret: str
    script: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    called: list[list[str]] = field(default_factory=list)

    def _answer(self, judge: Callable[[], dict[str, Any]]) -> bytes:
        return json.dumps(judge(), ensure_ascii=False).encode()

    def next(self) -> str:
        return self.script.pop(0) if self.script else "take"


class WeComRobot(_Robot):
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


class DingTalkRobot(_Robot):
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


class FeishuRobot(_Robot):
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
