"""Foreign messages: what is clear is understood, what is hostile or unclear is refused and why."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.cap.feed import links_of
from alerting.cap.gbt35965 import (
    LENGTH,
    Agency,
    cap_severity,
    colour_word,
    identifier_of,
    next_identifier,
)
from alerting.cap.heard import MAX_BYTES, CapRefused
from alerting.cap.read import read_message
from tests.unit.alerting_cap.officials import GOLDEN, SENT, body


class TestGolden:
    def test_a_chinese_rain_warning(self) -> None:
        heard = read_message((GOLDEN / "rain-red-zh.xml").read_bytes())
        said = heard.message.infos[0]
        assert (said.event, said.severity) == ("暴雨", "Extreme")
        assert said.areas[0].geocodes[0].value == "440111"
        assert heard.remarks == ("severity 'Red' is a colour, taken as Extreme",)
        name = identifier_of(heard.message.identifier)
        assert name is not None
        assert (name.agency.area, name.at) == ("440111", heard.message.sent)

    def test_a_western_flood_warning(self) -> None:
        heard = read_message((GOLDEN / "flood-outline-en.xml").read_bytes())
        assert heard.remarks == ()
        assert [each.language for each in heard.message.infos] == ["en-GB", "zh-CN"]
        area = heard.message.infos[0].areas[0]
        assert (len(area.polygons[0]), area.circles[0].radius_km) == (5, 2.5)
        assert heard.message.infos[0].parameters[0] == ("stage_m", "4.2")


class TestLeniency:
    @pytest.mark.parametrize("instant", ["2026-06-01T06:00:00Z", "2026-06-01T06:00:00.5+00:00"])
    def test_an_instant_written_otherwise_is_taken_and_remarked_on(self, instant: str) -> None:
        heard = read_message(body().replace(b"2026-06-01T14:00:00+08:00", instant.encode()))
        assert heard.message.sent.replace(microsecond=0) == SENT
        assert "sent" in heard.remarks[0]
        assert "taken as" in heard.remarks[0]

    def test_a_broken_outline_is_passed_over_and_remarked_on(self) -> None:
        whole = body().decode().replace("<circle>", "<polygon>1,2 3,4</polygon><circle>")
        heard = read_message(whole.encode())
        assert heard.message.infos[0].areas[0].polygons == ()
        assert "a polygon has 2 points; allowed: 4 or more" in heard.remarks[0]

    def test_cap_1_1_is_understood(self) -> None:
        assert read_message(body().replace(b"cap:1.2", b"cap:1.1")).message.identifier == "w1"


class TestRefusals:
    @pytest.mark.parametrize(
        ("old", "new", "what"),
        [
            ("<status>Actual</status>", "", "<status> is missing"),
            ("<sent>2026-06-01T14:00:00+08:00</sent>", "<sent/>", "<sent> is missing"),
            ("T14:00:00+08:00</sent>", "T14:00:00</sent>", "sent is '2026-06-01T14:00:00'"),
            (">Actual<", ">Real<", "status is 'Real'; allowed: Actual, Exercise"),
            (">Alert<", ">Warn<", "msgType is 'Warn'; allowed: Alert, Update"),
            ("urn:oasis:names:tc:emergency:cap:1.2", "urn:x", "the document is <alert> of urn:x"),
            ("</alert>", "", "not XML: line"),
            ("</scope>", "</scope><references>a,b</references>", "'a,b' is no reference"),
        ],
    )
    def test_what_is_unclear_is_refused(self, old: str, new: str, what: str) -> None:
        whole = body().decode()
        assert old in whole
        with pytest.raises(CapRefused) as caught:
            read_message(whole.replace(old, new).encode())
        assert what in str(caught.value)

    def test_every_fault_is_named_at_once(self) -> None:
        whole = body().decode().replace(">Actual<", ">Real<").replace(">Alert<", ">Warn<")
        with pytest.raises(CapRefused) as caught:
            read_message(whole.encode())
        assert len(caught.value.faults) == 2


class TestHostility:
    def test_too_large_a_message_is_not_even_parsed(self) -> None:
        with pytest.raises(CapRefused, match=f"allowed: {MAX_BYTES}"):
            read_message(b"<" * (MAX_BYTES + 1))

    def test_entities_are_refused(self) -> None:
        bomb = '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]>'
        whole = body().decode().replace("<alert", f"{bomb}<alert", 1).replace("暴雨<", "&b;<")
        with pytest.raises(CapRefused, match="DOCTYPE"):
            read_message(whole.encode())

    def test_a_file_of_this_machine_is_not_read_in(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("do-not-show")
        bomb = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
        whole = body().decode().replace("<alert", f"{bomb}<alert", 1).replace("暴雨<", "&x;<")
        with pytest.raises(CapRefused) as caught:
            read_message(whole.encode())
        assert "do-not-show" not in str(caught.value)

    def test_too_many_parts_are_refused(self) -> None:
        whole = body().decode()
        block = whole[whole.index("<info>") : whole.index("</info>") + 7]
        with pytest.raises(CapRefused, match="21 <info>; allowed: 20"):
            read_message(whole.replace(block, block * 21).encode())

    def test_deep_trees_are_refused(self) -> None:
        with pytest.raises(CapRefused):
            read_message(b"<a>" * 5000 + b"</a>" * 5000)

    @given(st.binary(max_size=300))
    def test_noise_is_refused_and_nothing_else(self, noise: bytes) -> None:
        with pytest.raises(CapRefused):
            read_message(noise)

    @given(st.integers(0, 2000), st.binary(min_size=1, max_size=4))
    def test_a_damaged_message_is_read_or_refused(self, place: int, noise: bytes) -> None:
        whole = body()
        place %= len(whole)
        with suppress(CapRefused):
            read_message(whole[:place] + noise + whole[place + len(noise) :])


class TestFeeds:
    def test_atom_leads_to_the_message_and_not_to_the_page(self) -> None:
        feed = (
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/page.html"/>'
            b'<link type="application/cap+xml" href="/w1.xml"/></entry></feed>'
        )
        assert links_of(feed) == ["/w1.xml"]

    def test_rss_leads_to_its_items(self) -> None:
        feed = b"<rss><channel><item><link> http://a.invalid/1 </link></item></channel></rss>"
        assert links_of(feed) == ["http://a.invalid/1"]

    def test_a_message_is_no_feed_and_a_page_neither(self) -> None:
        assert links_of(body()) is None
        with pytest.raises(CapRefused, match="an Atom or RSS feed"):
            links_of(b"<html/>")


class TestGbt35965:
    AGENCY = Agency(area="440111", agency="416")

    def test_an_identifier_has_31_characters_and_comes_back(self) -> None:
        text = str(next_identifier(self.AGENCY, SENT, ()))
        assert text == "44011141600000_20260601140000_0"
        assert len(text) == LENGTH
        assert str(identifier_of(text)) == text

    @given(st.integers(0, 40))
    def test_no_identifier_is_given_twice(self, count: int) -> None:
        taken: list[str] = []
        for _ in range(count):
            taken.append(str(next_identifier(self.AGENCY, SENT, taken)))
        assert len(set(taken)) == count
        assert all(identifier_of(each) is not None for each in taken)

    @pytest.mark.parametrize(
        "text",
        ["", "44011141600000_20260601140000_", "44011141600000-20260601140000-0",
         "44011141600000_20261301140000_0", "440111416000000_20260601140000_0"],
    )  # fmt: skip
    def test_what_has_another_shape_is_none(self, text: str) -> None:
        assert identifier_of(text) is None

    def test_a_wrong_agency_is_refused(self) -> None:
        with pytest.raises(ValueError, match="area of 6 digits"):
            Agency(area="4401", agency="416")

    @pytest.mark.parametrize("word", ["Red", "红色", "orange", "橙", "YELLOW", "蓝"])
    def test_colours_become_severities_and_back(self, word: str) -> None:
        severity = cap_severity(word)
        assert severity is not None
        assert cap_severity(colour_word(severity) or "") == severity

    def test_a_severity_of_cap_is_no_colour(self) -> None:
        assert cap_severity("Severe") is None
        assert colour_word("Unknown") is None
