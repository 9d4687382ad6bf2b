"""A siren is told over the broker by the running program, and the device's reply decides."""

import asyncio
import json
from typing import Any

import aiomqtt
import pytest

from alerting.channels.siren import Order, Siren, SirenConfig
from alerting.errors import DeliveryError
from alerting.model import Recipient
from firmware_sim import decode
from groundwatch.siren_door import SirenDoor
from tests.unit.alerting_delivery.values import NOW, make_notice
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

TOPIC = "gw/1/huanghe-tower/TC-01/command"


async def obey(port: int, *, ok: bool, heard: asyncio.Event) -> dict[str, Any]:
    """Be a device: read one command with the simulator's own reader, and reply."""
    async with aiomqtt.Client("127.0.0.1", port, identifier="device") as client:
        await client.subscribe(TOPIC, qos=1)
        heard.set()
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            command = decode.command(message.payload)
            assert not isinstance(command, str)
            reply = {"id": command.id, "ok": ok, "reason": "" if ok else "the horn is broken"}
            await client.publish(f"{TOPIC}/reply", json.dumps(reply), qos=1)
            return {"name": command.name, **command.args}
    raise AssertionError("no command came")


async def what_it_said(siren: Siren, to: Recipient) -> str:
    try:
        return (await siren.send(make_notice(to=to))).reference
    except DeliveryError as error:
        return f"{error.reason}, {'passing' if error.retryable else 'final'}"


def sound(live: Running, *, ok: bool) -> tuple[dict[str, Any], str]:
    async def run() -> tuple[dict[str, Any], str]:
        door = SirenDoor(live.program.telling.commander)
        siren = Siren(config=SirenConfig(name="siren"), teller=door, now=lambda: NOW)
        to = Recipient(id="site", name="Site", channel="siren", address="TC-01")
        heard = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            device = group.create_task(obey(live.mqtt_port, ok=ok, heard=heard))
            await heard.wait()
            said = await what_it_said(siren, to)
        return device.result(), said

    return live.call(run())


def test_a_device_that_obeys_gives_a_receipt(live: Running) -> None:
    command, said = sound(live, ok=True)
    assert command == {
        "name": "siren", "on": True, "seconds": 30.0, "severity": "severe", "mark": "actual",
        "key": make_notice(to=Recipient(id="site", name="", channel="", address="")).id,
    }  # fmt: skip
    assert said == "huanghe-tower/TC-01 sounds for 30 s"


def test_a_device_that_refuses_fails_the_notice_with_its_reason(live: Running) -> None:
    _, said = sound(live, ok=False)
    assert said == "siren: huanghe-tower/TC-01: refused: the horn is broken, final"


async def test_without_the_running_program_nothing_is_told() -> None:
    order = Order(site="s", device="d", on=True, seconds=1, severity="minor", mark="test", key="k")
    told = await SirenDoor().tell(order)
    assert (told.is_done, told.may_pass) == (False, False)
