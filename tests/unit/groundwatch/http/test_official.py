"""Official messages over real HTTP: taken in, shown as official, tightening and set free again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from alerting.cap.sign import Unsigned
from alerting.cap.signature import Signer
from alerting.cap.values import Message, Reference
from alerting.channels.http import HttpConfig
from groundwatch.cli import app
from groundwatch.official_desk import OfficialDesk
from groundwatch.official_feed import OfficialFeeds
from tests import servers
from tests.unit.alerting_cap.officials import GOLDEN, coded, info, message
from tests.unit.alerting_cap.values import key_and_certificate
from tests.unit.groundwatch.http.running import Running, running

pytestmark = pytest.mark.broker

API = "/api/v1"
XML = {"Content-Type": "application/cap+xml"}


def red_rain(live: Running, name: str, **changes: object) -> Message:
    """Give a warning for the whole district that was sent a minute ago."""
    sent = live.clock.now() - timedelta(minutes=1)
    block = info(areas=(coded("440111"),), expires=sent + timedelta(hours=6))
    values: dict[str, object] = {"sent": sent, "infos": (block,), **changes}
    return message(name, **values)  # type: ignore[arg-type]


def cancelled(live: Running, old: Message, name: str) -> Message:
    reference = Reference(old.sender, old.identifier, old.sent.isoformat())
    return message(name, sent=live.clock.now(), kind="Cancel", infos=(), references=(reference,))


def post(
    live: Running, one: Message | bytes, status: int = 200, headers: Mapping[str, str] = XML
) -> Any:
    body = one if isinstance(one, bytes) else Unsigned().bytes_of(one)
    answer = live.client.post(f"{API}/official", content=body, headers=dict(headers))
    assert answer.status_code == status, answer.text[:500]
    return answer.json()


def in_force(live: Running) -> list[dict[str, Any]]:
    items = live.get(f"{API}/couplings", site="jiahe-pit")["items"]
    return [item for item in items if item["official"] == "rain" and item["is_in_force"]]


def test_a_red_rain_warning_tightens_the_pit_until_it_is_cancelled(live: Running) -> None:
    one = red_rain(live, "rain-1")
    said = post(live, one)
    assert (said["is_new"], said["topic"], said["severity"]) == (True, "rain", "extreme")
    assert "jiahe-pit" in [each["site"] for each in said["over"]]
    (force,) = in_force(live)
    assert "because of an official rain warning, red" in force["text"]
    listed = live.get(f"{API}/official", site="jiahe-pit", in_force="true")["items"]
    assert "rain-1" in [each["identifier"] for each in listed]
    post(live, cancelled(live, one, "rain-1-end"))
    assert in_force(live) == []
    listed = live.get(f"{API}/official", site="jiahe-pit", in_force="true")["items"]
    assert "rain-1" not in [each["identifier"] for each in listed]


def test_a_card_and_an_explanation_show_it_as_official_and_no_alert_is_raised(
    live: Running,
) -> None:
    before = len(live.get(f"{API}/alerts", state="firing")["items"])
    one = red_rain(live, "rain-2")
    post(live, one)
    assert len(live.get(f"{API}/alerts", state="firing")["items"]) == before
    alert = live.overload("TC-02", 101.0, 102.0)
    card = live.get(f"{API}/alerts/{alert['id']}/card", fresh="true")
    assert card["official"][0]["zh"].startswith("【官方】红色 暴雨红色预警")
    remarks = live.get(f"{API}/alerts/{alert['id']}/explain")["remarks"]
    assert any(said.startswith("OFFICIAL red") for said in remarks)
    post(live, cancelled(live, one, "rain-2-end"))


def test_the_same_message_twice_changes_nothing_and_another_under_its_name_is_refused(
    live: Running,
) -> None:
    one = red_rain(live, "rain-3", status="Test")
    assert post(live, one)["is_new"] is True
    assert post(live, one)["is_new"] is False
    wrong = post(live, red_rain(live, "rain-3", status="Actual"), 422)
    assert "has the identifier 'rain-3'" in wrong["detail"]
    assert in_force(live) == []


def test_it_is_given_back_as_it_came(live: Running) -> None:
    body = Unsigned().bytes_of(red_rain(live, "rain-4", status="Exercise"))
    said = post(live, body)
    answer = live.client.get(
        f"{API}/official/message",
        params={"sender": said["sender"], "identifier": said["identifier"]},
    )
    assert answer.content == body
    live.get(f"{API}/official/message", status=404, sender="x", identifier="y")


@pytest.mark.parametrize(
    ("body", "headers", "status", "what"),
    [
        (b"<alert/>", XML, 422, "allowed: <alert> of urn:oasis"),
        (b"not xml", XML, 422, "not XML"),
        (b"{}", {"Content-Type": "application/json"}, 415, "allowed: application/cap+xml"),
        (b"<a>" + b"x" * 1_100_000 + b"</a>", XML, 413, "1048576 bytes"),
    ],
)
def test_what_cannot_be_used_is_answered_with_why(
    live: Running, body: bytes, headers: dict[str, str], status: int, what: str
) -> None:
    assert what in post(live, body, status, headers)["detail"]


def test_a_restart_finds_it_in_force_again(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as live:
        post(live, red_rain(live, "rain-5"))
        assert len(in_force(live)) == 1
    with running(tmp_path / "state", port) as live:
        assert len(in_force(live)) == 1
    servers.stop(port)


class TestCommand:
    def test_files_are_taken_and_what_is_in_force_is_shown(
        self, live: Running, tmp_path: Path
    ) -> None:
        one = red_rain(live, "rain-6")
        (tmp_path / "w.xml").write_bytes(Unsigned().bytes_of(one))
        url = ["--url", str(live.client.base_url)]
        done = CliRunner().invoke(app, ["official", str(tmp_path / "w.xml"), *url])
        assert done.exit_code == 0, done.output
        assert "taken: extreme rain: 暴雨红色预警" in done.output
        done = CliRunner().invoke(app, ["official", "--site", "jiahe-pit", *url])
        assert "in force" in done.output
        post(live, cancelled(live, one, "rain-6-end"))
        done = CliRunner().invoke(app, ["official", str(tmp_path / "w.xml"), *url])
        assert "not in force (replaced or cancelled by its sender)" in done.stdout
        assert not post(live, Unsigned().bytes_of(one))["is_in_force"]

    @pytest.mark.parametrize(
        ("name", "from_h", "until_h", "said"),
        [
            ("ended", -6, -1, "not in force (expired)"),
            ("turned", 2, 1, "not in force (expired: it ends before it takes effect at "),
            ("early", 1, 2, "not in force (not before "),
        ],
    )
    def test_one_not_in_force_says_why(
        self, live: Running, tmp_path: Path, name: str, from_h: int, until_h: int, said: str
    ) -> None:
        now, areas = live.clock.now(), (coded("440111"),)
        block = info(
            areas=areas,
            effective=now + timedelta(hours=from_h),
            expires=now + timedelta(hours=until_h),
        )
        one = red_rain(live, f"rain-{name}", sent=now - timedelta(hours=7), infos=(block,))
        (tmp_path / "w.xml").write_bytes(Unsigned().bytes_of(one))
        url = ["--url", str(live.client.base_url)]
        done = CliRunner().invoke(app, ["official", str(tmp_path / "w.xml"), *url])
        assert done.exit_code == 0, done.output
        assert said in done.stdout

    def test_a_wrong_file_ends_with_a_sentence_and_code_2(
        self, live: Running, tmp_path: Path
    ) -> None:
        (tmp_path / "w.xml").write_text("<html/>")
        url = ["--url", str(live.client.base_url)]
        done = CliRunner().invoke(app, ["official", str(tmp_path / "w.xml"), *url])
        assert done.exit_code == 2
        assert "the document is <html>" in done.output


class TestFeed:
    def ask(self, live: Running, server: HTTPServer, path: str, times: int = 1) -> OfficialFeeds:
        feeds = OfficialFeeds(
            urls=[SecretStr(server.url_for(path))],
            desk=live.program.desks.official,
            every=timedelta(seconds=60),
            http=HttpConfig(max_body_bytes=1_100_000),
            now=live.clock.now,
        )

        async def asked() -> None:
            for _ in range(times):
                await feeds.ask_all()
            await feeds.close()

        live.call(asked())
        return feeds

    def test_new_messages_are_fetched_once(self, live: Running, httpserver: HTTPServer) -> None:
        one = Unsigned().bytes_of(red_rain(live, "feed-1", status="Exercise"))
        feed = "<rss><channel><item><link>/w/1.xml</link></item></channel></rss>"
        httpserver.expect_request("/alerts/feed").respond_with_data(feed)
        httpserver.expect_request("/w/1.xml").respond_with_data(one)
        feeds = self.ask(live, httpserver, "/alerts/feed", times=3)
        assert (feeds.states[0].taken, feeds.states[0].problem) == (1, "")
        fetched = [request.path for request, _ in httpserver.log]
        assert fetched == ["/alerts/feed", "/w/1.xml", "/alerts/feed", "/alerts/feed"]
        listed = live.get(f"{API}/official")["items"]
        assert "feed-1" in [each["identifier"] for each in listed]

    def test_the_address_may_be_that_of_a_message(
        self, live: Running, httpserver: HTTPServer
    ) -> None:
        one = Unsigned().bytes_of(red_rain(live, "feed-2", status="Exercise"))
        httpserver.expect_request("/now.xml").respond_with_data(one)
        assert self.ask(live, httpserver, "/now.xml").states[0].taken == 1

    def test_one_that_cannot_be_used_does_not_keep_back_the_others(
        self, live: Running, httpserver: HTTPServer
    ) -> None:
        one = Unsigned().bytes_of(red_rain(live, "feed-3", status="Exercise"))
        links = "".join(f"<item><link>/w/{n}</link></item>" for n in (1, 2, 3))
        httpserver.expect_request("/f").respond_with_data(f"<rss>{links}</rss>")
        httpserver.expect_request("/w/1").respond_with_data(one)
        httpserver.expect_request("/w/2").respond_with_data("<html/>")
        httpserver.expect_request("/w/3").respond_with_data("", status=404)
        state = self.ask(live, httpserver, "/f").states[0]
        assert (state.taken, state.refused) == (1, 1)
        assert "a message was not taken" in state.problem

    def test_a_link_to_another_host_is_not_followed(
        self, live: Running, httpserver: HTTPServer
    ) -> None:
        feed = "<rss><item><link>http://169.254.1.1/x</link></item></rss>"
        httpserver.expect_request("/f").respond_with_data(feed)
        state = self.ask(live, httpserver, "/f").states[0]
        assert (state.taken, "169.254.1.1" in state.problem) == (0, True)


def test_only_what_is_signed_is_taken_where_that_is_asked_for(live: Running) -> None:
    key, certificate = key_and_certificate("ec")
    known = live.program.desks.official
    desk = OfficialDesk(
        recorder=known.recorder,
        shelf=known.shelf,
        board=known.board,
        spots=known.spots,
        rules=known.rules,
        now=known.now,
        certificate=certificate.decode(),
    )
    one = red_rain(live, "signed-1", status="Exercise")
    with pytest.raises(ValueError, match=r"official\.certificate"):
        live.call(desk.take(Unsigned().bytes_of(one), "test"))
    assert live.call(desk.take(Signer(key, certificate).bytes_of(one), "test")).is_new


def test_the_golden_warning_names_a_street_of_the_example(live: Running) -> None:
    whole = (GOLDEN / "rain-red-zh.xml").read_text(encoding="utf-8")
    now = live.clock.now()
    stamp = {"2026-06-01T14": now, "2026-06-01T20": now + timedelta(hours=6)}
    for old, at in stamp.items():
        whole = whole.replace(f"{old}:00:00+08:00", cap_time(at))
    said = post(live, whole.replace(">Actual<", ">Exercise<").encode())
    assert {"jiahe-pit", "huanghe-tower"} <= {each["site"] for each in said["over"]}
    assert said["remarks"] == ["severity 'Red' is a colour, taken as Extreme"]


def cap_time(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()


def test_a_file_that_is_refused_is_named_and_keeps_no_other_out(
    live: Running, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad.xml", tmp_path / "good.xml"
    bad.write_text("<alert/>")
    good.write_bytes(Unsigned().bytes_of(red_rain(live, "rain-beside-a-bad-one")))
    words = ["official", str(bad), str(good), "--url", str(live.client.base_url)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert f"{good}: taken: extreme rain" in done.stdout
    assert f"{bad}: not taken: " in done.stderr
    assert "<alert> of no namespace" in done.stderr
