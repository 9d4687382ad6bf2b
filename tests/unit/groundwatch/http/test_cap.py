"""Messages of CAP over real HTTP: one of an alert, older ones, and the feed that leads to them."""

from pathlib import Path

import pytest

from alerting.cap.check import faults_of
from alerting.cap.read import read_message, tree_of
from alerting.cap.values import MEDIA_TYPE
from groundwatch.settings import SettingsError, load_settings
from tests.unit.alerting_cap.values import key_and_certificate
from tests.unit.groundwatch.http.running import Running

API = "/api/v1"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.broker
class TestMessages:
    def test_an_alert_is_a_message_that_names_its_street(self, live: Running) -> None:
        alert = live.overload("TC-01", 101.0, 102.0)
        answer = live.client.get(f"{API}/alerts/{alert['id']}/cap")
        assert answer.headers["content-type"] == MEDIA_TYPE
        heard = read_message(answer.content)
        assert heard.remarks == ()
        assert (heard.message.kind, heard.message.status) == ("Alert", "Actual")
        assert "Helong Street" in heard.message.infos[0].areas[0].description

    def test_older_messages_are_found_by_their_key(self, live: Running) -> None:
        alert = live.overload("TC-02", 85.0, 86.0, 112.0, 113.0)
        path = f"{API}/alerts/{alert['id']}/cap"
        newest = read_message(live.client.get(path).content).message
        first = read_message(live.client.get(path, params={"message": "1"}).content).message
        assert (first.kind, newest.kind) == ("Alert", "Update")
        assert first.infos[0].severity == "Minor"
        assert newest.infos[0].severity == "Extreme"
        assert newest.references[0].identifier == first.identifier

    def test_a_wrong_key_is_told_which_there_are(self, live: Running) -> None:
        alert = live.overload("TC-03", 92.0, 93.0)
        wrong = live.get(f"{API}/alerts/{alert['id']}/cap", status=404, message="7")
        assert wrong["type"].endswith("unknown-message")
        assert "it has 1" in wrong["detail"]
        live.get(f"{API}/alerts/nothing/cap", status=404)

    def test_the_feed_leads_to_every_message_and_says_it_is_unsigned(self, live: Running) -> None:
        alert = live.overload("TC-01", 101.0, 102.0)
        answer = live.client.get(f"{API}/cap/feed.atom")
        assert answer.headers["content-type"] == "application/atom+xml"
        feed = tree_of(answer.content)
        assert "not signed" in (feed.findtext(f"{ATOM}subtitle") or "")
        links = [link.get("href") for link in feed.findall(f"{ATOM}entry/{ATOM}link")]
        assert any(alert["id"] in str(link) for link in links)
        for link in links:
            assert faults_of(read_message(live.client.get(str(link)).content).message) == []
        sent = [entry.findtext(f"{ATOM}updated") or "" for entry in feed.findall(f"{ATOM}entry")]
        assert sent == sorted(sent, reverse=True)


class TestSettings:
    def written(self, tmp_path: Path, text: str) -> Path:
        key, certificate = key_and_certificate()
        (tmp_path / "key.pem").write_bytes(key)
        (tmp_path / "cert.pem").write_bytes(certificate)
        (tmp_path / "other.pem").write_bytes(key_and_certificate("ec")[1])
        path = tmp_path / "groundwatch.toml"
        path.write_text(text.replace("@", str(tmp_path)))
        return path

    def test_with_a_key_messages_are_signed(self, tmp_path: Path) -> None:
        text = '[cap]\nsender = "gw.example"\nkey = "@/key.pem"\ncertificate = "@/cert.pem"\n'
        settings = load_settings(self.written(tmp_path, text))
        assert settings.cap.writer().is_signing
        assert settings.cap.config().sender == "gw.example"

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ('[cap]\nkey = "@/key.pem"\n', "belong together"),
            ('[cap]\nkey = "@/key.pem"\ncertificate = "@/other.pem"\n', "another key"),
            ('[cap]\nkey = "@/none.pem"\ncertificate = "@/cert.pem"\n', "none.pem cannot be read"),
            ('[cap]\nsender = "a b"\n', "no space"),
            ('[cap]\nbase_url = "ftp://x"\n', "http"),
            ('[cap]\nhazards = "@/cert.pem"\n', "cert.pem"),
            ('[cap]\nstatus = "Exercise"\n', "Actual"),
            ('[cap]\nsendr = "x"\n', "did you mean `sender`"),
        ],
    )
    def test_what_cannot_be_used_is_said_before_anything_starts(
        self, tmp_path: Path, text: str, what: str
    ) -> None:
        with pytest.raises(SettingsError, match="cap") as caught:
            load_settings(self.written(tmp_path, text))
        assert what in str(caught.value)
        assert "PRIVATE" not in str(caught.value)
