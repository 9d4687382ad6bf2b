"""What identifies a person is never kept in clear, in whatever form it comes."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.formats import FormatOptions, opened
from ingest.codecs.heard import Heard, Incoming
from ingest.codecs.private import PERSONAL, Cleaner
from ingest.codecs.yunzhu import Yunzhu, YunzhuOptions, bits_of
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.registry import Registry

KEY = b"a key of sixteen bytes or more"
CLEANER = Cleaner(KEY)
ID = "110101199003070011"  # fictitious
NAME = "测试员甲"
NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
LIVE: dict[str, Any] = {
    "deviceId": "HX-0017",
    "deviceTime": "2026-07-01 11:59:58",
    "momentPercent": 77.5,
    "driverId": ID,
    "driverName": NAME,
}


FORMS: list[bytes] = [
    json.dumps(LIVE).encode(),
    json.dumps(LIVE, ensure_ascii=False).encode(),
    json.dumps({"data": json.dumps(LIVE, ensure_ascii=False)}).encode(),
    json.dumps([{"deep": [{"DRIVERID": ID, "drivername": NAME}]}], ensure_ascii=False).encode(),
    json.dumps(LIVE, ensure_ascii=False).encode()[:-5],
    f'{{"driverId":"{ID}","driverName":"{NAME}'.encode(),
    f'{{"driverId":"{ID}","driverId":"","driverName":"{NAME}","driverName":""}}'.encode(),
    json.dumps({"driverId": int(ID), "name": [NAME, ID]}, ensure_ascii=False).encode(),
    urlencode({"method": "m", "data": json.dumps(LIVE, ensure_ascii=False)}).encode(),
    f"x=1&{ID}".encode(),
    f"driverName={NAME};IdNo={ID}".encode(),
    b"\xff\xfe" + f" IdNo: {ID} name: {NAME} ".encode(),
    json.dumps({"after": {"sub_label": [NAME, 0.9], "sub_labels": [ID]}}).encode(),
    b"[" * 5000 + f'{{"driverId":"{ID}","driverName":"{NAME}"}}'.encode(),
]


@pytest.mark.parametrize("payload", FORMS, ids=range(len(FORMS)))
@pytest.mark.parametrize("copy", [CLEANER.safe_copy, Yunzhu(CLEANER, YunzhuOptions()).safe_copy])
def test_neither_id_nor_name_is_left_and_a_copy_of_a_copy_is_itself(
    payload: bytes, copy: Any
) -> None:
    once = copy(payload)
    escaped = json.dumps(NAME)[1:-1].encode()
    for secret in (ID.encode(), NAME.encode(), escaped, urlencode({"": NAME})[1:].encode()):
        assert secret not in once
    assert copy(once) == once


@given(st.binary(max_size=80), st.sampled_from(sorted(PERSONAL)))
def test_no_bytes_make_the_cleaner_raise(noise: bytes, name: str) -> None:
    for payload in (noise, b"{" + noise, f'{{"{name}":"{ID}"}}'.encode() + noise):
        once = CLEANER.safe_copy(payload)
        assert ID.encode() not in once or ID.encode() in noise


def test_the_same_person_has_the_same_digest_and_another_key_another_one() -> None:
    assert CLEANER.digest(ID) == CLEANER.digest(ID) != CLEANER.digest(NAME)
    assert Cleaner(b"another key of enough bytes").digest(ID) != CLEANER.digest(ID)
    with pytest.raises(ValueError, match="16 bytes"):
        Cleaner(b"short")


def envelope(**more: Any) -> dict[str, Any]:
    body = {
        "appid": "a",
        "method": "upload.towerCraneLiveData",
        "nonce": "n",
        "timestamp": "20260701115958",
        "version": "1.0",
        "data": json.dumps(LIVE, ensure_ascii=False),
        **more,
    }
    text = "&".join(f"{name}={body[name]}" for name in sorted(body))
    return {**body, "sign": hashlib.md5((text + "s").encode()).hexdigest().upper()}  # noqa: S324


def hear(body: bytes, *, is_checked: bool = True, after: timedelta = timedelta()) -> Heard:
    reader = Yunzhu(CLEANER, YunzhuOptions(secret="s" if is_checked else None))
    return reader.read(Incoming(["yunzhu", "x"], body, NOW + after))


def test_a_signed_envelope_is_read_as_json_and_as_a_form() -> None:
    for body in (json.dumps(envelope()).encode(), urlencode(envelope()).encode()):
        (sample,) = hear(body).samples
        assert sample.values == {"momentPercent": 77.5}


def test_a_wrong_or_missing_signature_is_refused_where_a_secret_is_set() -> None:
    changed = {**envelope(), "data": json.dumps({**LIVE, "momentPercent": 1.0})}
    assert "`sign` is not right" in hear(json.dumps(changed).encode()).faults[0].reason
    unsigned = {name: value for name, value in envelope().items() if name != "sign"}
    assert "`sign` is missing" in hear(json.dumps(unsigned).encode()).faults[0].reason
    assert hear(json.dumps(unsigned).encode(), is_checked=False).samples


def test_ten_minutes_are_allowed_and_no_more() -> None:
    body = json.dumps(envelope()).encode()
    assert hear(body, after=timedelta(minutes=9, seconds=58)).samples
    assert "over 10 min" in hear(body, after=timedelta(minutes=10, seconds=1)).faults[0].reason


def test_a_clean_copy_of_what_was_signed_can_be_read_again_and_not_be_changed() -> None:
    reader = Yunzhu(CLEANER, YunzhuOptions(secret="s"))
    copy = reader.safe_copy(json.dumps(envelope()).encode())
    assert ID.encode() not in copy
    assert [dict(each.values) for each in hear(copy).samples] == [{"momentPercent": 77.5}]
    changed = copy.replace(b"77.5", b"10.5")
    assert changed != copy
    assert "`sign` is not right" in hear(changed).faults[0].reason


def test_a_clean_copy_of_what_was_not_signed_does_not_become_so() -> None:
    reader = Yunzhu(CLEANER, YunzhuOptions(secret="s"))
    copy = reader.safe_copy(json.dumps({**envelope(), "sign": "0" * 32}).encode())
    assert "`sign` is not right" in hear(copy).faults[0].reason


def test_the_bit_order_of_the_alarms_is_a_setting() -> None:
    warning = "01" + "0" * 30
    assert bits_of(warning) == 0b10
    assert bits_of(warning, "reversed") == 1 << 30


def test_what_the_quarantine_gets_through_the_intake_holds_no_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chosen = {"yunzhu": ("yunzhu/#",), "crane_alarm": ("alarm/#",), "regulator": ("reg/#",)}
    chosen |= {"frigate": ("frigate/#",)}
    options = FormatOptions(private_key=KEY, yunzhu=YunzhuOptions(secret="s"))
    intake = Intake(Registry(), lanes=opened(chosen, Registry(), options).lanes)
    for topic in ("yunzhu/x", "alarm/x", "reg/x", "frigate/events"):
        for payload in (*FORMS, json.dumps(envelope()).encode()):
            (reject,) = intake.decode([RawMessage(topic, payload, NOW)]).rejects
            kept = reject.payload.decode(errors="replace") + reject.reason
            assert ID not in kept
            assert NAME not in kept
    assert ID not in caplog.text
    assert NAME not in caplog.text
