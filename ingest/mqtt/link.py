"""One connection to the broker, from the first packet to its end; each attempt makes a new one.

paho parses and builds the packets, except the many (`express`: plain messages and their
acknowledgements); the asyncio loop says when to read and write, through paho's calls for external
loops. Only name look-up, TCP connect and TLS handshake run in a thread.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.errors import BrokerAway, NotPublished, SourceError
from ingest.mqtt.buffered import BufferedSocket, Opener
from ingest.mqtt.config import MqttConfig
from ingest.mqtt.express import puback, read_publish
from ingest.mqtt.reasons import (
    why_ended_early,
    why_not_connected,
    why_not_subscribed,
    why_refused,
)
from ingest.source import RawMessage

log = logging.getLogger(__name__)

# After so many packets other callbacks of the loop get their turn (some 10 ms of work).
_PACKETS_PER_TURN = 256
_MAX_PUBLISHING = 64
_BAD_TOPIC = "(topic is not UTF-8)"


class Link:
    """A connection with its own generation number, which the tokens of its messages carry.

    Messages are appended to `inbox`, which belongs to the source; `wake` is called when there are
    some or when the connection ended. `ended` then says why, and `refused` is the error if it was
    a refused subscription.
    """

    def __init__(
        self,
        config: MqttConfig,
        *,
        generation: int,
        inbox: list[RawMessage],
        now: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self.generation = generation
        self.ended: str | None = None
        self.refused: SourceError | None = None
        self.session_present = False
        self._config = config
        self._inbox = inbox
        self._now = now
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._settled: asyncio.Future[None] = self._loop.create_future()
        self._opener = Opener(config.tls.context() if config.tls else None)
        self._socket: BufferedSocket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unacked: dict[int, int] = {}
        self._unacked_bytes = 0
        self._received_at = now()
        self._is_paused = False
        self._is_stopped = False
        self._is_v5 = config.version == 5
        self._is_paho_next = False
        self._publishing: dict[int, asyncio.Future[None]] = {}
        self._client = self._make_client()

    def _make_client(self) -> paho.Client:
        config = self._config
        is_v5 = config.version == 5
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=config.client_id,
            clean_session=None if is_v5 else config.session_expiry_s == 0,
            protocol=paho.MQTTv5 if is_v5 else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = config.connect_timeout_s
        if config.user is not None:
            client.username_pw_set(config.user, config.password)
        client.tls_set_context(cast(ssl.SSLContext, self._opener))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_socket_register_write = self._on_register_write
        client.on_socket_close = self._on_socket_close
        properties = None
        if is_v5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.ReceiveMaximum = config.max_in_flight
            properties.SessionExpiryInterval = config.session_expiry_s
        client.connect_async(
            config.host,
            config.port,
            config.keepalive_s,
            clean_start=False,
            properties=properties,
        )
        return client

    # Opening

    async def open(self) -> None:
        """Connect, log in and subscribe.

        It also returns when messages of an earlier session arrive before the answer to the
        subscription: a broker may wait for their acknowledgement (amqtt does).

        Raises:
            SourceError: refused for a reason a person must mend.
            BrokerAway: no answer in time, or the connection ended.
        """
        connecting = self._loop.run_in_executor(None, self._client.reconnect)
        connecting.add_done_callback(self._on_connected)
        try:
            async with asyncio.timeout(2 * self._config.connect_timeout_s):
                await self._settled
        except TimeoutError:
            raise BrokerAway(f"{self._config.place} did not answer in time") from None
        finally:
            if not (self._settled.done() and self._is_good()):
                self.end("given up")

    def _is_good(self) -> bool:
        return not self._settled.cancelled() and self._settled.exception() is None

    def _on_connected(self, connecting: "asyncio.Future[Any]") -> None:
        """Take over from the thread: the socket is connected, or it is not."""
        fault = None if connecting.cancelled() else connecting.exception()
        if fault is not None or self.ended is not None or connecting.cancelled():
            if self._opener.socket is not None:
                self._opener.socket.close()
            if isinstance(fault, Exception):
                self._settle(why_not_connected(fault, self._config))
            return
        self._socket = self._opener.socket
        self._loop.add_reader(self._fd(), self._read)
        self._timer = self._loop.call_later(1.0, self._tick)
        self._flush()

    def _fd(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    def _settle(self, fault: Exception | None) -> None:
        if not self._settled.done():
            if fault is None:
                self._settled.set_result(None)
            else:
                self._settled.set_exception(fault)

    # What paho tells us

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        flags: paho.ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._settle(why_refused(code, self._config))
            return
        self.session_present = flags.session_present
        filters = self._config.filters
        if self._config.version == 5:
            client.subscribe([(each, SubscribeOptions(qos=1)) for each in filters])
        else:
            client.subscribe([(each, 1) for each in filters])

    def _on_subscribe(
        self,
        _client: paho.Client,
        _userdata: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        named = list(zip(self._config.filters, codes, strict=False))
        refused = [f"`{each}` ({code})" for each, code in named if code.is_failure]
        if refused:
            self.refused = why_not_subscribed(refused, self._config)
            self._settle(self.refused)
            self._loop.call_soon(self.end, str(self.refused))
            return
        for each, code in named:
            if code.value == 0:
                log.warning("the broker grants only QoS 0 for %s: a cut loses messages", each)
        self._settle(None)

    def _on_message(
        self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage
    ) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = _BAD_TOPIC
        self._take(topic, cast(bytes, message.payload), message.mid if message.qos else 0)

    def _on_publish(
        self,
        _client: paho.Client,
        _userdata: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        taken = self._publishing.pop(mid, None)
        if taken is None or taken.done():
            return
        if code.is_failure:
            taken.set_exception(NotPublished(f"{self._config.place} refused it: {code}"))
        else:
            taken.set_result(None)

    def _take(self, topic: str, payload: bytes, mid: int) -> None:
        """Put one message into the inbox; `mid` 0 wants no acknowledgement."""
        token = None
        if mid:
            token = (self.generation, mid)
            self._unacked[mid] = len(payload)
            self._unacked_bytes += len(payload)
        self._inbox.append(RawMessage(topic, payload, self._received_at, token))

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: object,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._end_because(self._why_disconnected(flags, code))

    def _why_disconnected(self, flags: paho.DisconnectFlags, code: ReasonCode) -> str:
        fault = self._socket.fault if self._socket is not None else None
        if flags.is_disconnect_packet_from_server:
            return f"the broker ended the connection: {code}"
        if fault is not None:
            return f"the connection broke: {fault}"
        if code.getName() == "Keep alive timeout":
            return f"the broker was silent for {self._config.keepalive_s} s"
        return "the broker closed the connection"

    def _on_register_write(self, _client: paho.Client, _userdata: object, _sock: object) -> None:
        """Flush soon; while connecting (in a thread) the take-over does it."""
        if self._socket is not None:
            self._loop.call_soon(self._flush)

    def _on_socket_close(self, _client: paho.Client, _userdata: object, _sock: object) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._fd())
            self._loop.remove_writer(self._fd())

    # Reading and writing

    def _read(self) -> None:
        """Read packets until nothing is left, the window is full, or others want their turn."""
        sock = self._socket
        if self.ended is not None or self._is_stopped or sock is None:
            return
        self._received_at = self._now()
        n_before = len(self._inbox)
        for _ in range(_PACKETS_PER_TURN):
            if self._is_full():
                self._pause()
                break
            if not self._read_one(sock):
                break
        else:
            self._loop.call_soon(self._read)
        if len(self._inbox) != n_before:
            self._settle(None)
            self._wake()

    def _read_one(self, sock: BufferedSocket) -> bool:
        """Read one packet: a message here, all else through paho; False when there is no more.

        Messages are nearly everything that comes, and paho spends five times as long on each. One
        a second still goes through it: its keep-alive wants to see that the broker lives.
        """
        packet = sock.next_packet()
        if packet is None and sock.drained:
            return False
        if packet is not None and not self._is_paho_next:
            message = read_publish(packet, is_v5=self._is_v5)
            if message is not None:
                sock.skip(packet)
                self._take(*message)
                return True
        self._is_paho_next = False
        sock.lend(packet)
        return self._client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _is_full(self) -> bool:
        config = self._config
        return (
            len(self._unacked) >= config.max_in_flight
            or len(self._inbox) >= config.max_in_flight
            or self._unacked_bytes >= config.max_in_flight_bytes
        )

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._loop.remove_reader(self._fd())

    def resume(self) -> None:
        """Read on if reading stopped because the window was full and it no longer is."""
        if self._is_paused and self.ended is None and not self._is_stopped and not self._is_full():
            self._is_paused = False
            self._loop.add_reader(self._fd(), self._read)
            self._loop.call_soon(self._read)

    def _flush(self) -> None:
        """Let paho write its packets, send them together, and wait for room if some are left."""
        sock = self._socket
        if self.ended is not None or sock is None:
            return
        self._client.loop_write()
        if self._fd() < 0:
            return
        try:
            is_all_sent = sock.flush()
        except OSError as fault:
            self.end(f"the connection broke: {fault}")
            return
        if is_all_sent and not self._client.want_write():
            self._loop.remove_writer(self._fd())
        else:
            self._loop.add_writer(self._fd(), self._flush)

    def _tick(self) -> None:
        """Keep the connection alive, once a second."""
        if self.ended is None:
            self._timer = self._loop.call_later(1.0, self._tick)
            self._is_paho_next = True
            self._client.loop_misc()
            self._flush()

    # What the source asks

    @property
    def n_unacknowledged(self) -> int:
        """Count the messages received and not yet acknowledged."""
        return len(self._unacked)

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1, and return when the broker has taken it.

        Raises:
            NotPublished: it was refused, the connection ended, or too many are under way.
        """
        if self.ended is not None or self._socket is None:
            raise NotPublished(f"there is no connection to {self._config.place}")
        if len(self._publishing) >= _MAX_PUBLISHING:
            raise NotPublished(f"{_MAX_PUBLISHING} messages wait for the broker already")
        try:
            mid = self._client.publish(topic, payload, qos=1).mid
        except ValueError as fault:
            raise NotPublished(f"it cannot be published on {topic!r}: {fault}") from fault
        taken: asyncio.Future[None] = self._loop.create_future()
        self._publishing[mid] = taken
        self._flush()
        try:
            async with asyncio.timeout(self._config.connect_timeout_s):
                await taken
        except TimeoutError:
            raise NotPublished(f"{self._config.place} did not take it in time") from None
        finally:
            self._publishing.pop(mid, None)

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Acknowledge messages of this connection in one write; unknown ones are ignored."""
        if self.ended is not None:
            return
        unacked, answers = self._unacked, bytearray()
        for mid in mids:
            size = unacked.pop(mid, None)
            if size is not None:
                self._unacked_bytes -= size
                answers += puback(mid)
        if self._socket is not None:
            self._socket.put(answers)
        self._flush()
        self.resume()

    def forget(self, mids: Iterable[int]) -> None:
        """Drop messages that will not be given to anybody; the broker sends them again later."""
        for mid in mids:
            self._unacked_bytes -= self._unacked.pop(mid, 0)

    def stop_reading(self) -> None:
        """Take no more messages from the socket."""
        self._is_stopped = True
        if self._socket is not None and self.ended is None:
            self._loop.remove_reader(self._fd())

    def end(self, reason: str) -> None:
        """Say goodbye to the broker and close; safe to call more than once."""
        if self.ended is None:
            self._end_because(reason)
            self._leave()

    def _leave(self) -> None:
        if self._socket is None:
            return
        self._client.disconnect()
        self._client.loop_write()
        if self._fd() >= 0:  # paho could not write the goodbye
            self._loop.remove_reader(self._fd())
            self._loop.remove_writer(self._fd())
            self._socket.close()

    def _end_because(self, reason: str) -> None:
        if self.ended is not None:
            return
        self.ended = reason
        if self._timer is not None:
            self._timer.cancel()
        fault = self._opener.socket.fault if self._opener.socket is not None else None
        self._settle(why_ended_early(reason, fault, self._config))
        self._unacked.clear()
        self._unacked_bytes = 0
        for taken in self._publishing.values():
            if not taken.done():
                taken.set_exception(NotPublished(f"the connection ended: {reason}"))
        self._wake()
