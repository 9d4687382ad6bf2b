"""The contract of `alerting.ports.Channel`, on every channel, and what each adds to it.

The webhook talks to a real HTTP receiver on loopback that behaves as badly as it is told to.
"""

import asyncio
import io
import json
import logging
import os
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TextIO

import pytest
import trustme
from pydantic import SecretStr

from alerting.channels.console import Console
from alerting.channels.webhook import Webhook, WebhookConfig, verify_signature
from alerting.errors import DeliveryError
from alerting.model import Notice, Recipient
from alerting.ports import Channel
from tests.contract.receiver import Receiver, receiving
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice

SECRET = "correct-horse-battery-staple"
TOKEN = "tok3n-in-the-address"
TO = Recipient(id="room", name="Duty Room", channel="webhook", address="")


class Road(Protocol):
    """One channel under test with the far end it writes to."""

    @property
    def channel(self) -> Channel:
        """Give the channel."""
        ...

    async def break_it(self) -> None:
        """Make the next attempt fail for a reason that may pass."""
        ...

    def arrived(self) -> str:
        """Give everything that reached the far end, as text."""
        ...

    def to(self) -> Recipient:
        """Give somebody at the far end."""
        ...

    def ruin(self) -> Recipient:
        """Give somebody who can never be reached, or make the far end so."""
        ...


@dataclass
class WebhookRoad:
    channel: Webhook
    receiver: Receiver

    async def break_it(self) -> None:
        self.receiver.script.append("reset")

    def arrived(self) -> str:
        return "\n".join(request.body.decode() for request in self.receiver.received)

    def to(self) -> Recipient:
        return replace(TO, address=self.receiver.url + f"/{TOKEN}?key={TOKEN}")

    def ruin(self) -> Recipient:
        return replace(TO, address=f"http://user:{SECRET}@127.0.0.1:1/{TOKEN}?key={TOKEN}")


class TornStream(io.StringIO):
    """A pipe whose reader goes away for one write."""

    is_torn = False

    def write(self, text: str, /) -> int:
        if self.is_torn:
            self.is_torn = False
            raise BrokenPipeError(32, "Broken pipe")
        return super().write(text)


@dataclass
class ConsoleRoad:
    channel: Console
    stream: TornStream

    async def break_it(self) -> None:
        self.stream.is_torn = True

    def arrived(self) -> str:
        return self.stream.getvalue()

    def to(self) -> Recipient:
        return replace(TO, channel="console", address="+86 000 0000 0101")

    def ruin(self) -> Recipient:
        self.stream.close()
        return self.to()


@pytest.fixture(params=["webhook", "console"])
async def road(request: pytest.FixtureRequest) -> AsyncIterator[Road]:
    if request.param == "webhook":
        async with receiving() as receiver, webhook() as channel:
            yield WebhookRoad(channel, receiver)
        return
    stream = TornStream()
    console = Console(stream=stream, now=lambda: NOW)
    yield ConsoleRoad(console, stream)
    await console.close()


@asynccontextmanager
async def webhook(**options: object) -> AsyncIterator[Webhook]:
    config = WebhookConfig(secret=SecretStr(SECRET), **options)  # type: ignore[arg-type]
    async with Webhook(config=config, now=lambda: NOW) as channel:
        yield channel


async def error_of(channel: Channel, notice: Notice) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(notice)
    return caught.value


class TestEveryChannel:
    def test_its_name_is_the_word_routes_use(self, road: Road) -> None:
        assert road.channel.name == road.to().channel

    async def test_a_taken_notice_gives_a_receipt_and_arrives(self, road: Road) -> None:
        notice = make_notice(to=road.to(), card=make_card(), remarks=("said beside it",))
        receipt = await road.channel.send(notice)
        assert (receipt.notice_id, receipt.at) == (notice.id, NOW)
        for said in ("21.4", "JGJ 196", "huanghe-tower", "T7 (example)", "said beside it"):
            assert said in road.arrived()

    async def test_the_recipients_language_is_used(self, road: Road) -> None:
        await road.channel.send(make_notice(to=replace(road.to(), language="zh")))
        assert "风速" in road.arrived()

    async def test_a_passing_failure_may_be_tried_again_and_then_works(self, road: Road) -> None:
        await road.break_it()
        notice = make_notice(to=road.to())
        error = await error_of(road.channel, notice)
        assert error.retryable
        assert error.reason.startswith(f"{road.channel.name}: ")
        assert (await road.channel.send(notice)).notice_id == notice.id

    async def test_many_at_once_all_arrive_whole(self, road: Road) -> None:
        notices = [make_notice(to=replace(road.to(), id=f"person-{n}")) for n in range(40)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(road.channel.send(notice)) for notice in notices]
        assert {task.result().notice_id for task in tasks} == {notice.id for notice in notices}
        assert road.arrived().count("gust of 21.4 m/s, twice in a row") >= 40

    async def test_neither_secret_nor_token_shows_anywhere(
        self, road: Road, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        notice = make_notice(to=road.to())
        await road.channel.send(notice)
        await road.break_it()
        broken = await error_of(road.channel, notice)
        shown = [repr(road.channel), str(vars(road.channel)), road.arrived()]
        ruined = await error_of(road.channel, make_notice(to=road.ruin()))
        assert not ruined.retryable
        shown += [caplog.text, *told_by(broken), *told_by(ruined)]
        for text in shown:
            assert SECRET not in text
            assert TOKEN not in text


def told_by(error: BaseException) -> list[str]:
    """Give everything an error and its causes say."""
    texts: list[str] = []
    at: BaseException | None = error
    while at is not None:
        texts += [str(at), repr(at)]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return texts


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
        config = WebhookConfig()
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
                assert (await error_of(channel, notice)).retryable
            assert (await channel.send(notice)).notice_id

    async def test_the_connection_is_kept_open_between_notices(self) -> None:
        async with receiving() as receiver, webhook() as channel:
            for _ in range(5):
                await channel.send(make_notice(to=replace(TO, address=receiver.url)))
        assert receiver.n_connections == 1

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
            WebhookConfig(**wrong)  # type: ignore[arg-type]

    def test_a_short_secret_is_refused_without_showing_it(self) -> None:
        with pytest.raises(ValueError, match="16 characters") as caught:
            WebhookConfig(secret=SecretStr("hunter2"))
        assert "hunter2" not in str(caught.value)


class TestConsole:
    async def test_it_says_whom_the_notice_is_for(self) -> None:
        stream = io.StringIO()
        console = Console(stream=stream, now=lambda: NOW)
        await console.send(make_notice(to=replace(TO, address="+86 000 0000 0101")))
        await console.close()
        assert stream.getvalue().startswith("→ Duty Room +86 000 0000 0101\n[ORANGE] New alert")

    async def test_a_closed_stream_is_final(self) -> None:
        stream = io.StringIO()
        stream.close()
        console = Console(stream=stream, now=lambda: NOW)
        error = await error_of(console, make_notice())
        await console.close()
        assert not error.retryable

    async def test_a_pipe_whose_reader_left_may_be_tried_again(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        stream = os.fdopen(writing, "w", buffering=1)
        console = Console(stream=stream, now=lambda: NOW)
        error = await error_of(console, make_notice())
        await console.close()
        abandon(stream)
        assert error.retryable
        assert "Broken pipe" in error.reason

    async def test_a_stream_without_chinese_gets_escapes(self) -> None:
        buffer = io.BytesIO()
        stream = io.TextIOWrapper(buffer, encoding="ascii")
        console = Console(stream=stream, now=lambda: NOW)
        await console.send(make_notice(to=replace(TO, language="zh")))
        await console.close()
        assert rb"\u98ce\u901f" in buffer.getvalue()

    async def test_a_stream_nobody_reads_holds_up_only_the_console(self) -> None:
        reading, writing = os.pipe()
        stream = os.fdopen(writing, "w", buffering=1)
        console = Console(stream=stream, now=lambda: NOW)
        long = make_notice(remarks=("x" * 200_000,))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await console.send(long)
        reader = threading.Thread(target=drain, args=(reading,))
        reader.start()
        await console.send(make_notice())
        await console.close()
        stream.close()
        reader.join()

    async def test_names_cannot_steer_the_terminal(self) -> None:
        stream = io.StringIO()
        console = Console(stream=stream, now=lambda: NOW)
        await console.send(make_notice(remarks=("\x1b[2J\nforged line",)))
        await console.close()
        assert "\x1b" not in stream.getvalue()
        assert "Note:  [2J forged line" in stream.getvalue()


def drain(reading: int) -> None:
    while os.read(reading, 65536):
        pass
    os.close(reading)


def abandon(stream: TextIO) -> None:
    """Close a stream whose buffer can no longer be written."""
    with pytest.raises(BrokenPipeError):
        stream.close()
