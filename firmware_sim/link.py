"""The device's way to the broker: the only module that knows an MQTT library (aiomqtt).

A `Line` is one TCP connection. A device with a line of its own has a real last will; where many
devices share a line (a fleet larger than `run.MAX_OWN_LINES`), the line publishes the will itself.
"""

import asyncio
import logging
import math
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import aiomqtt

from firmware_sim.errors import LinkDown, Misuse

QOS = 1
ANSWER_S = 15.0
# A break while a message is under way shows only as a missing acknowledgement.
ACKNOWLEDGED_S = 5.0
NOTICE_S = 2.0
# CONNACK codes only a person can mend: wrong version, identifier, credentials, not authorised,
# and the same in MQTT 5.
_REFUSALS = {1, 2, 4, 5, 132, 133, 134, 135, 138, 140}
_WRONG_VERSION = {1, 132}
_LOG = logging.getLogger("firmware_sim.link")
_LOG.setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is and how to be let in; the password is never shown."""

    host: str = "127.0.0.1"
    port: int = 1883
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_ca: Path | None = None
    mqtt: str = "5"

    def __post_init__(self) -> None:
        if self.mqtt not in ("5", "311"):
            raise Misuse([f"--mqtt {self.mqtt}: allowed are 5 and 311"])
        if self.password is not None and self.user is None:
            raise Misuse(["--password needs --user"])

    def tls(self) -> ssl.SSLContext | None:
        """Give the TLS context that trusts `tls_ca`, or None for plain TCP.

        Raises:
            Misuse: the file cannot be read or holds no certificate.
        """
        if self.tls_ca is None:
            return None
        try:
            return ssl.create_default_context(cafile=str(self.tls_ca))
        except OSError as error:
            raise Misuse([f"--tls-ca {self.tls_ca}: {error.strerror or error}"]) from error


def parse_broker(address: str) -> tuple[str, int]:
    """Parse `host`, `host:port`, `[v6]:port`, with or without `mqtt://`.

    Raises:
        Misuse: the port is not a number from 1 to 65535.
    """
    text = address.split("://", 1)[-1].rstrip("/")
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text, "1883"
    if not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise Misuse([f"--broker {address}: write it like localhost:1883"])
    return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker publishes, retained, when the line breaks without a farewell."""

    topic: str
    payload: bytes


class Line:
    """One open connection; `publish` returns when the broker has acknowledged."""

    def __init__(
        self,
        broker: Broker,
        identifier: str,
        *,
        will: Will | None = None,
        in_flight: int = 20,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user,
            password=broker.password,
            identifier=identifier,
            protocol=_PROTOCOLS[broker.mqtt],
            clean_session=None if broker.mqtt == "5" else True,
            will=aiomqtt.Will(will.topic, will.payload, QOS, retain=True) if will else None,
            tls_context=broker.tls(),
            timeout=answer_s,
            keepalive=30,
            max_inflight_messages=in_flight,
            max_queued_incoming_messages=16,
            logger=_LOG,
        )
        self._client.pending_calls_threshold = 2 * in_flight
        self._broker = broker

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            Misuse: the broker refused us (credentials, certificate, protocol version).
            LinkDown: it cannot be reached or does not answer.
        """
        where = f"{self._broker.host}:{self._broker.port}"
        try:
            await self._client.__aenter__()
        except aiomqtt.MqttCodeError as error:
            code = _code(error)
            if code in _REFUSALS:
                hint = "; try --mqtt 311" if code in _WRONG_VERSION else ""
                raise Misuse([f"broker {where} refused the connection: {error}{hint}"]) from error
            raise LinkDown(f"broker {where}: {error}") from error
        except aiomqtt.MqttError as error:
            if "CERTIFICATE" in str(error):
                raise Misuse([f"broker {where}: {error}; see --tls-ca"]) from error
            raise LinkDown(f"broker {where}: {error}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say farewell; the last will is then not sent."""
        try:
            await self._client.__aexit__(kind, error, trace)
        except aiomqtt.MqttError as failure:
            _LOG.info("farewell not answered: %s", failure)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and wait for the broker's acknowledgement.

        Raises:
            LinkDown: not acknowledged in time, or the connection broke; it may have arrived.
        """
        try:
            await self._client.publish(topic, payload, QOS, retain, timeout=ACKNOWLEDGED_S)
        except (aiomqtt.MqttError, ValueError) as error:
            raise LinkDown(str(error)) from error

    async def listen(self, topic: str, heard: Callable[[bytes], Awaitable[None]]) -> None:
        """Subscribe, and give each payload that comes to `heard` until the line ends.

        Raises:
            LinkDown: the line broke.
        """
        try:
            await self._client.subscribe(topic, QOS)
            async for message in self._client.messages:
                if isinstance(message.payload, bytes):
                    await heard(message.payload)
        except aiomqtt.MqttError as error:
            raise LinkDown(str(error)) from error

    async def drop(self) -> None:
        """Break the connection without a farewell, as a cut cable would, so the will is sent.

        aiomqtt has no public call for this; shutting its socket down is what a dead link looks
        like to both ends.
        """
        sock = self._client._client.socket()  # noqa: SLF001 - see above
        if isinstance(sock, socket.socket):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                _LOG.info("already down: %s", error)
        await self._noticed()
        await self.__aexit__(None, None, None)

    async def _noticed(self) -> None:
        """Wait until the library has seen the end of the stream: only then does reading raise."""
        try:
            async with asyncio.timeout(NOTICE_S):
                await anext(aiter(self._client.messages))
        except (aiomqtt.MqttError, TimeoutError) as error:
            _LOG.info("line dropped: %s", error)


_PROTOCOLS = {"5": aiomqtt.ProtocolVersion.V5, "311": aiomqtt.ProtocolVersion.V311}


def _code(error: aiomqtt.MqttCodeError) -> float:
    value = getattr(error.rc, "value", error.rc)
    return value if isinstance(value, int) else math.nan
