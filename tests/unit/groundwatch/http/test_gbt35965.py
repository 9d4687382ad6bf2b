"""Identifiers of GB/T 35965 in what leaves: messages of CAP, the feed and webhooks say the same."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from alerting.cap.gbt35965 import identifier_of
from alerting.cap.read import read_message
from alerting.channels.http import HttpConfig
from alerting.channels.webhook import Webhook, WebhookConfig
from groundwatch.settings import SettingsError, load_settings
from tests import servers
from tests.contract.receiver import receiving
from tests.unit.groundwatch.http.running import Running, running

API = "/api/v1"
UNIT = {"gbt35965": {"area": "440111", "agency": "416"}}


def said(live: Running, alert: dict[str, Any]) -> list[dict[str, str]]:
    """Give what each block of an alert's message says for systems of the standard."""
    answer = live.client.get(f"{API}/alerts/{alert['id']}/cap")
    head = "gbt35965:"
    return [
        {name.removeprefix(head): value for name, value in info.parameters if head in name}
        for info in read_message(answer.content).message.infos
    ]


async def posted(live: Running, alert: dict[str, Any]) -> Any:
    """Give what a webhook says of an alert's first notice."""
    entries = await live.program.journal.outbox(alert["id"])
    foreign = live.program.desks.cap.gbt35965_of
    async with receiving() as receiver:
        http = HttpConfig(allowed_hosts=("127.0.0.1",))
        config = WebhookConfig(url=SecretStr(receiver.url), http=http)
        channel = Webhook(config=config, now=live.clock.now, foreign=foreign)
        async with channel:
            notice = entries[0].notice
            await channel.send(replace(notice, recipient=replace(notice.recipient, address="")))
        return json.loads(receiver.received[0].body)["gbt35965"]


@pytest.mark.broker
def test_each_message_has_one_identifier_everywhere_and_after_a_restart(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port, cap=UNIT) as live:
        alerts = [live.overload(device, 101.0, 102.0) for device in ("TC-01", "TC-02")]
        found = [said(live, alert) for alert in alerts]
        for zh, en in found:
            assert zh == en
            assert (en["sender"], en["severity"]) == ("44011141600000", "Orange")
            name = identifier_of(en["identifier"])
            assert name is not None
            assert name.agency.code == en["sender"]
        assert found[0][0]["identifier"] != found[1][0]["identifier"]
        assert live.call(posted(live, alerts[0])) == found[0][0]
        feed = live.client.get(f"{API}/cap/feed.atom")
        assert feed.status_code == 200
    with running(tmp_path / "state", port, cap=UNIT) as live:
        assert [said(live, alert) for alert in alerts] == found
    servers.stop(port)


@pytest.mark.broker
def test_without_an_issuing_unit_nothing_is_said(live: Running) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    assert said(live, alert) == [{}, {}]
    assert live.call(posted(live, alert)) is None


def test_a_unit_that_has_not_the_form_is_refused_with_what_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "groundwatch.toml"
    path.write_text('[cap.gbt35965]\narea = "4401"\nagency = "416"\n')
    with pytest.raises(SettingsError, match="area of 6 digits, agency and unit of 3"):
        load_settings(path)
