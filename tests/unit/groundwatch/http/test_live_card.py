"""What changes around a standing alert shows on its card at once; no telephone rings for it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.unit.groundwatch.http.running import EXAMPLE, Running, running
from tests.unit.groundwatch.http.test_stream import events, until

pytestmark = pytest.mark.broker

API = "/api/v1"
ME = {"actor": "Duty officer"}
BOARD = """
  - id: wall
    name: Board on the wall
    role: board
    system: true
    contacts: [{channel: console, address: "board"}]
"""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Running]:
    """Run the example district with a system among those who are told everything."""
    district = tmp_path / "baiyun"
    shutil.copytree(EXAMPLE, district)
    people, routes = district / "people.yaml", district / "routes.yaml"
    people.write_text(people.read_text().replace("people:\n", f"people:\n{BOARD}", 1))
    tail = "recipients: {rotas: [monitoring-room]}\n\nlast_resort"
    text = routes.read_text()
    assert tail in text
    routes.write_text(text.replace(tail, tail.replace("m]}", "m], people: [wall]}")))
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port, sites=district) as program:
        yield program
    servers.stop(port)


def told(town: Running, alert: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Count the notices about an alert by reason and person."""
    outbox = town.call(town.program.journal.outbox(alert["id"]))
    return Counter((each.notice.reason.value, each.notice.recipient.id) for each in outbox)


def test_a_team_off_duty_leaves_the_card_and_systems_hear_of_it(town: Running) -> None:
    alert = town.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    before = town.get(path)["card"]
    gone = before["teams"][0]["id"]
    people = {who for reason, who in told(town, alert)}
    stream = events(town)
    town.client.patch(
        f"{API}/resources/teams/{gone}", json={**ME, "fields": {"on_duty": False}}
    ).raise_for_status()
    after = town.get(path)["card"]
    assert after["teams"][0]["id"] != gone
    assert after["looked_up_at"] > before["looked_up_at"]
    heard = until(stream, "card")["data"]
    stream.close()  # type: ignore[attr-defined]
    assert heard["alert"] == alert["id"]
    assert [team["id"] for team in heard["card"]["teams"]] == [t["id"] for t in after["teams"]]
    town.until(lambda: told(town, alert)["card", "wall"] == 1)
    assert {who for reason, who in told(town, alert) if reason == "card"} == {"wall"}
    assert {who for reason, who in told(town, alert)} == people
    sent = town.get(f"{path}/card", sent="true")
    assert (sent["origin"], sent["teams"][0]["id"]) == ("notice", after["teams"][0]["id"])


def test_two_changes_within_one_second_are_both_told(town: Running) -> None:
    alert = town.overload("TC-01", 101.0, 102.0)
    team = town.get(f"{API}/alerts/{alert['id']}")["card"]["teams"][0]["id"]
    for is_on_duty in (False, True):
        body = {**ME, "fields": {"on_duty": is_on_duty}}
        town.client.patch(f"{API}/resources/teams/{team}", json=body).raise_for_status()
        town.call(town.program.watching.look())
    assert told(town, alert)["card", "wall"] == 2


def test_an_edit_far_away_changes_no_card(town: Running) -> None:
    alert = town.overload("TC-01", 101.0, 102.0)
    far = {"id": "far", "name": "Far team", "capabilities": ["drainage"], "lat": 30.0, "lon": 100.0}
    town.post(f"{API}/resources/teams", {**ME, "datum": "WGS-84", "fields": far}, status=201)
    town.call(town.program.watching.look())
    assert told(town, alert)["card", "wall"] == 0


def test_an_accepted_order_is_on_the_next_notice_to_people(town: Running) -> None:
    alert = town.overload("TC-01", 101.0, 102.0)
    team = town.get(f"{API}/alerts/{alert['id']}/card")["teams"][0]["id"]
    body = {**ME, "responder": team, "what": "Come"}
    task = town.post(f"{API}/alerts/{alert['id']}/tasks", body)
    town.post(f"{API}/tasks/{task['id']}/accept", ME)
    town.until(lambda: told(town, alert)["card", "wall"] >= 1)
    town.clock.ahead += timedelta(minutes=11)
    later = ("repeat", "escalated")

    def orders_told() -> list[str]:
        outbox = town.call(town.program.journal.outbox(alert["id"]))
        cards = [each.notice.card for each in outbox if each.notice.reason.value in later]
        return [said.en for card in cards if card is not None for said in card.orders]

    town.until(lambda: any(" accepted" in said for said in orders_told()))
    assert not any(who != "wall" for reason, who in told(town, alert) if reason == "card")
