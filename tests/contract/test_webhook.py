"""What the webhook adds to the contract of channels, against a receiver that behaves badly."""

import asyncio
import json
import ssl
from dataclasses import replace
from datetime import timedelta

import pytest
import trustme
from pydantic import SecretStr

from alerting.channels.http import HttpConfig
from alerting.channels.signing import verify_signature
from alerting.channels.webhook import Webhook, WebhookConfig
from tests.contract.receiver import receiving
from tests.contract.roads import SECRET, TO, TOKEN, error_of, webhook
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice


class TestWebhook:
    async def test_the_request_is_signed_json_with_the_notice_id_as_key(self) -> None:
        async with receiving() as receiver, webhook() as channel:
            notice = make_notice(to=replace(TO, address=receiver.url), card=make_card())
            await channel.send(notice)
        request = receiver.received[0]
        verify_signature(SECRET, request.headers, request.body, NOW + timedelta(seconds=20))
        assert request.headers["idempotency-key"] == notice.id
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"].startswith("groundwatch")
        body = json.loads(request.body)
        assert (body["format"], body["id"], body["exercise"]) == (
            "groundwatch.notice/1", notice.id, False,
        )  # fmt: skip
        assert body["card"]["supplies"][0]["items"][0]["count"] == 300.0

    async def test_without_a_secret_the_request_is_not_signed(self) -> None:
        config = WebhookConfig(http=HttpConfig(allowed_hosts=("127.0.0.1",)))
        async with receiving() as receiver, Webhook(config=config, now=lambda: NOW) as channel:
            await channel.send(make_notice(to=replace(TO, address=receiver.url)))
        assert "x-groundwatch-signature" not in receiver.received[0].headers

    @pytest.mark.parametrize("status", ["200", "201", "202", "204"])
    async def test_every_2xx_takes_the_notice(self, status: str) -> None:
        async with receiving(status, reply=b"") as receiver, webhook() as channel:
            receipt = await channel.send(make_notice(to=replace(TO, address=receiver.url)))
        assert receipt.reference == f"HTTP {status}"

    async def test_the_receivers_own_id_becomes_the_reference(self) -> None:
        extra = "X-Message-Id: sms-0042\r\n"
        async with receiving("200", extra_headers=extra) as receiver, webhook() as channel:
            receipt = await channel.send(make_notice(to=replace(TO, address=receiver.url)))
        assert receipt.reference == "sms-0042"

    @pytest.mark.parametrize("status", ["408", "425", "429", "500", "502", "503", "504", "599"])
    async def test_these_answers_may_be_tried_again(self, status: str) -> None:
        async with receiving(status) as receiver, webhook() as channel:
            error = await error_of(channel, make_notice(to=replace(TO, address=receiver.url)))
        assert error.retryable
        assert f"127.0.0.1:{receiver.port} answered {status}" in error.reason

    @pytest.mark.parametrize("status", ["400", "401", "403", "404", "410", "422"])
    async def test_these_answers_are_final_and_say_why(self, status: str) -> None:
        async with receiving(status, reply=b"no such person") as receiver, webhook() as channel:
            error = await error_of(channel, make_notice(to=replace(TO, address=receiver.url)))
        assert not error.retryable
        assert error.reason.endswith(f"answered {status}: no such person")

    @pytest.mark.parametrize("status", ["301", "302", "307", "308"])
    async def test_a_redirect_is_final_and_not_followed(self, status: str) -> None:
        async with receiving() as elsewhere:
            extra = f"Location: {elsewhere.url}\r\n"
            async with receiving(status, extra_headers=extra) as receiver, webhook() as channel:
                error = await error_of(channel, make_notice(to=replace(TO, address=receiver.url)))
        assert not error.retryable
        assert "redirect" in error.reason
        assert elsewhere.received == []

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("7", 7.0),
            ("99999", 300.0),
            ("Mon, 01 Jun 2026 06:04:22 GMT", 60.0),
            ("Mon, 01 Jun 2026 06:00:00 GMT", 0.0),
            ("soon", None),
            ("-5", None),
        ],
    )
    async def test_retry_after_is_read_and_capped(self, header: str, seconds: float | None) -> None:
        extra = f"Retry-After: {header}\r\n"
        async with receiving("429", extra_headers=extra) as receiver, webhook() as channel:
            error = await error_of(channel, make_notice(to=replace(TO, address=receiver.url)))
        assert error.retry_after_s == seconds

    @pytest.mark.parametrize("trick", ["reset", "garbage", "hang"])
    async def test_a_broken_answer_may_be_tried_again(self, trick: str) -> None:
        async with receiving(trick) as receiver, webhook(read_timeout_s=0.1) as channel:
            error = await error_of(channel, make_notice(to=replace(TO, address=receiver.url)))
        assert error.retryable

    async def test_nobody_listening_may_be_tried_again(self) -> None:
        async with receiving() as receiver:
            address = receiver.url
        async with webhook() as channel:
            error = await error_of(channel, make_notice(to=replace(TO, address=address)))
        assert error.retryable
        assert "cannot connect" in error.reason

    @pytest.mark.parametrize(("trick", "patience_s"), [("drip", 0.1), ("flood", 60.0)])
    async def test_an_endless_answer_is_read_to_a_bound(
        self, trick: str, patience_s: float
    ) -> None:
        async with receiving(trick) as receiver, webhook(body_timeout_s=patience_s) as channel:
            async with asyncio.timeout(10):
                error = await error_of(channel, make_notice(to=replace(TO, address=receiver.url)))
            assert error.retryable
            assert len(error.reason) < 400
            assert (await channel.send(make_notice(to=replace(TO, address=receiver.url)))).notice_id

    async def test_taken_is_taken_even_when_the_body_breaks_off(self) -> None:
        async with receiving("cut") as receiver, webhook() as channel:
            assert (await channel.send(make_notice(to=replace(TO, address=receiver.url)))).notice_id

    async def test_a_second_answer_is_not_taken_for_the_next_request(self) -> None:
        async with receiving("twice 200", "500", "500") as receiver, webhook() as channel:
            notice = make_notice(to=replace(TO, address=receiver.url))
            await channel.send(notice)
            for _ in range(2):
                assert "answered 500" in (await error_of(channel, notice)).reason
            assert (await channel.send(notice)).notice_id
        assert len(receiver.received) == 4
        assert receiver.n_connections == 4

    async def test_an_answer_that_repeats_the_address_does_not_leak_it(self) -> None:
        reply = f"no route /hook/{TOKEN} for key {TOKEN}".encode()
        async with receiving("404", reply=reply) as receiver, webhook() as channel:
            address = f"{receiver.url}/{TOKEN}?key={TOKEN}"
            error = await error_of(channel, make_notice(to=replace(TO, address=address)))
        assert TOKEN not in error.reason
        assert "no route" in error.reason

    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("", "empty"),
            ("ftp://127.0.0.1/x", "allowed: http, https"),
            ("file:///etc/passwd", "allowed: http, https"),
            ("127.0.0.1:80/x", "allowed: http, https"),
            ("http://ann:pw@127.0.0.1/x", "user name"),
            ("http://@127.0.0.1/x", "user name"),
            ("http:///x", "no host"),
            ("http://127.0.0.1:99999/x", "cannot be read"),
            ("http://[::1/x", "cannot be read"),
            ("http://127.0.0.1/x y", "blank"),
            ("http://127.0.0.1\\@evil.example/", "backslash"),
            ("http://127.0.0.1/" + "x" * 3000, "2048"),
            ("http://elsewhere.example/x", "host elsewhere.example is not allowed"),
            ("http://127.0.0.1.evil.example/x", "is not allowed"),
        ],
    )
    async def test_an_address_that_must_not_be_used_is_final(self, address: str, why: str) -> None:
        async with webhook(allowed_hosts=("127.0.0.1", ".duty.example")) as channel:
            error = await error_of(channel, make_notice(to=replace(TO, address=address)))
        assert not error.retryable
        assert why in error.reason

    async def test_allowed_hosts_let_through_what_they_name(self) -> None:
        async with receiving() as receiver:
            for allowed in ("127.0.0.1", f"127.0.0.1:{receiver.port}"):
                async with webhook(allowed_hosts=(allowed,)) as channel:
                    assert (
                        await channel.send(make_notice(to=replace(TO, address=receiver.url)))
                    ).notice_id

    async def test_tls_is_verified(self) -> None:
        authority = trustme.CA()
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(server_side)
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        async with receiving(tls=server_side) as receiver:
            notice = make_notice(to=replace(TO, address=f"https://127.0.0.1:{receiver.port}/hook"))
            async with webhook(tls=trusting) as channel:
                assert (await channel.send(notice)).notice_id
                assert (await channel.send(notice)).notice_id
            async with webhook() as channel:
                error = await error_of(channel, notice)
        assert "cannot connect" in error.reason

    @pytest.mark.parametrize("wrong", [{"total_timeout_s": 0}, {"max_connections": 0}])
    def test_settings_that_cannot_work_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="above zero"):
            HttpConfig(**wrong)  # type: ignore[arg-type]

    def test_a_short_secret_is_refused_without_showing_it(self) -> None:
        with pytest.raises(ValueError, match="16 characters") as caught:
            WebhookConfig(secret=SecretStr("hunter2"))
        assert "hunter2" not in str(caught.value)
