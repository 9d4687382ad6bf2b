"""What was encoded in a foreign format is decoded: each format's own way of writing a value."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs import crane_alarm, regulator
from ingest.codecs.chirpstack import Chirpstack
from ingest.codecs.flat import numbers
from ingest.codecs.frigate import Frigate
from ingest.codecs.heard import Heard, Incoming
from ingest.codecs.private import Cleaner
from ingest.codecs.yunzhu import LIVE, NUMBERS, BitOrder, Yunzhu, YunzhuOptions
from tests.cases import FEW

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))
EUI = "70b3d57ed0000017"
CLEANER = Cleaner(b"a key of sixteen bytes or more")

many = settings(max_examples=FEW, deadline=None)
values = st.floats(allow_nan=False, allow_infinity=False)
instants = st.integers(0, 4 * 10**15).map(
    lambda each: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=each)
)
seconds = instants.map(lambda at: at.replace(microsecond=0))
devices = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
levels = st.text(st.characters(codec="utf-8", exclude_characters="."), min_size=1, max_size=6)


def local(at: datetime, form: str) -> str:
    return at.astimezone(BEIJING).strftime(form)


def written(draw: Callable[..., Any], at: datetime) -> str | int:
    """An instant in one of the ways that vendors write it."""
    forms = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S")
    ways = [local(at, form) for form in forms]
    chosen: str | int = draw(st.sampled_from([*ways, at.isoformat(), round(at.timestamp() * 1000)]))
    return chosen


def sent(draw: Callable[..., Any], value: float) -> float | str:
    """A number as such, or as text."""
    return repr(value) if draw(st.booleans()) else value


def heard_of(heard: Heard) -> tuple[str, datetime, dict[str, float]]:
    assert not heard.faults
    (sample,) = heard.samples
    return sample.address, sample.taken_at, dict(sample.values)


def json_of(body: object) -> Incoming:
    return Incoming(["feed", "x"], json.dumps(body).encode(), NOW)


trees = st.recursive(
    values,
    lambda inner: st.dictionaries(levels, inner, min_size=1, max_size=3),
    max_leaves=8,
)


def leaves(tree: Any, path: str = "") -> dict[str, float]:
    """Every value of a tree by its dotted path, written apart from the codec."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {
        name: value
        for key, inner in tree.items()
        for name, value in leaves(inner, f"{path}.{key}" if path else key).items()
    }


@many
@given(st.dictionaries(levels, trees, max_size=4), instants, st.none() | st.integers(0, 2**32 - 1))
def test_an_uplink_of_chirpstack(tree: dict[str, Any], at: datetime, counter: int | None) -> None:
    body = {"time": at.isoformat(), "deviceInfo": {"devEui": EUI}, "fCnt": counter, "object": tree}
    topic = f"application/a/device/{EUI}/event/up".split("/")
    heard = Chirpstack([EUI]).read(Incoming(topic, json.dumps(body).encode(), NOW))
    assert heard_of(heard) == (EUI, at, leaves(tree))
    assert heard.samples[0].seq == counter
    assert numbers(tree) == leaves(tree)


objects = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.tuples(
        st.sampled_from(["person", "car", "truck"]), st.sets(st.sampled_from(["shaft", "lane"]))
    ),
    min_size=1,
    max_size=6,
)


@many
@given(objects, st.integers(0, 2**31))
def test_objects_of_frigate_are_counted_in_their_zones(
    seen: dict[str, tuple[str, set[str]]], time_s: int
) -> None:
    reader = Frigate(["gate"], {"shaft": "gate", "lane": "gate"})
    said: dict[str, float] = {}
    for name, (label, zones) in seen.items():
        after = {
            "id": name,
            "camera": "gate",
            "label": label,
            "frame_time": time_s,
            "false_positive": False,
            "end_time": None,
            "current_zones": sorted(zones),
        }
        body = json.dumps({"type": "new", "before": {}, "after": after}).encode()
        heard = reader.read(Incoming(["frigate", "events"], body, NOW))
        assert not heard.faults
        for sample in heard.samples:
            assert sample.taken_at.timestamp() - time_s < 0.001  # each of an instant a bit later
            said |= sample.values
    for quantity, labels in (("persons", {"person"}), ("vehicles", {"car", "truck"})):
        these = [zones for label, zones in seen.values() if label in labels]
        assert said.get(quantity, 0.0) == len(these)
        for zone in ("shaft", "lane"):
            assert said.get(f"{zone}/{quantity}", 0.0) == sum(zone in zones for zones in these)


@st.composite
def cranes(draw: st.DrawFn) -> dict[str, Any]:
    """Live data of one crane, with what it means under `means`."""
    at, device = draw(seconds), draw(devices)
    given = draw(st.dictionaries(st.sampled_from(NUMBERS), values, max_size=5))
    means = dict(given)
    body: dict[str, Any] = {"deviceId": device, "deviceTime": local(at, "%Y-%m-%d %H:%M:%S")}
    body |= {name: sent(draw, value) for name, value in given.items()}
    bits = draw(st.none() | st.integers(0, 2**32 - 1))
    if bits is not None:
        means["limit_bits"] = float(bits)
    return {"body": body, "bits": bits, "means": (f"yunzhu/{device}", at, means)}


@many
@given(cranes(), st.sampled_from(["bare", "form", "inside", "as text"]), st.booleans())
def test_live_data_of_yunzhu(crane: dict[str, Any], wrapped: str, is_reversed: bool) -> None:
    order: BitOrder = "reversed" if is_reversed else "list"
    body = crane["body"]
    if crane["bits"] is not None:
        text = f"{crane['bits']:032b}"
        body["warning"] = text if is_reversed else text[::-1]
    envelope = {"method": LIVE, "timestamp": local(NOW, "%Y%m%d%H%M%S")}
    payload = {
        "bare": lambda: json.dumps(body),
        "form": lambda: urlencode(body),
        "inside": lambda: json.dumps({**envelope, "data": body}),
        "as text": lambda: json.dumps({**envelope, "data": json.dumps(body)}),
    }[wrapped]().encode()
    reader = Yunzhu(CLEANER, YunzhuOptions(bit_order=order))
    assert heard_of(reader.read(Incoming(["yunzhu", "live"], payload, NOW))) == crane["means"]


@many
@given(st.data())
def test_formwork_of_the_regulator(data: st.DataObject) -> None:
    draw, at, device = data.draw, data.draw(seconds), data.draw(devices)
    names = st.sampled_from(regulator.FORMWORK)
    given = draw(st.dictionaries(names, values, min_size=1, max_size=5))
    body: dict[str, Any] = {name: sent(draw, value) for name, value in given.items()}
    body |= {"deviceId": device, "collectionTime": written(draw, at)}
    assert heard_of(regulator.read(json_of(body))) == (f"regulator/{device}", at, given)


@many
@given(st.data())
def test_a_pit_of_the_regulator(data: st.DataObject) -> None:
    draw, at, device = data.draw, data.draw(seconds), data.draw(devices)
    kind = draw(st.integers(1, 13))
    points = draw(
        st.dictionaries(devices, st.tuples(values, st.none() | values), min_size=1, max_size=5)
    )
    means: dict[str, float] = {}
    for point, (value, second) in points.items():
        means[f"{kind}/{point}"] = value
        if second is not None:
            means[f"{kind}/{point}/ex"] = second
    entries = [
        {"watchPoint": point, "watchPointValue": value, "watchPointExValue": second}
        for point, (value, second) in points.items()
    ]
    body = {"dpCode": device, "monitorType": kind, "data": entries}
    body["collectionTime"] = written(draw, at)
    assert heard_of(regulator.read(json_of(body))) == (f"regulator/{device}", at, means)


@many
@given(st.data())
def test_an_alarm_of_a_crane_s_vendor(data: st.DataObject) -> None:
    draw, at, device = data.draw, data.draw(seconds), data.draw(devices)
    given = draw(st.dictionaries(st.sampled_from(crane_alarm.NUMBERS), values, max_size=5))
    means = dict(given)
    body: dict[str, Any] = {name: sent(draw, value) for name, value in given.items()}
    alarm = draw(st.none() | st.tuples(st.sampled_from(sorted(crane_alarm.CODES)), st.booleans()))
    if alarm is not None:
        code, is_raised = alarm
        body |= {"AlarmType": code, "AlarmAction": int(is_raised)}
        means[f"alarm.{code}"] = float(is_raised)
    body |= {"HxzId": device, "RTime": written(draw, at)}
    assert heard_of(crane_alarm.read(json_of(body))) == (f"crane_alarm/{device}", at, means)
