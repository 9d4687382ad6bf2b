"""Short ways to make official messages as bytes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerting.cap.form import instant_text
from alerting.cap.official import OfficialRules, Taken, built_in_topics, warning_of
from alerting.cap.place import Spot
from alerting.cap.read import read_message
from alerting.cap.sign import Unsigned
from alerting.cap.values import Area, Circle, Info, Message, Pair, Reference
from sensors.model import Position

GOLDEN = Path(__file__).parents[2] / "golden" / "cap"
SENT = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SENDER = "met@example.invalid"
PIT = Spot(
    site="jiahe-pit",
    position=Position(23.2363, 113.2901),
    codes=("440111", "440111019"),
    names=("白云区", "嘉禾街道"),
)
FAR = Spot(site="far", position=Position(23.9, 113.9), codes=("440113",), names=("番禺区",))
SPOTS = (PIT, FAR)
RULES = OfficialRules(topics=built_in_topics(), own_sender="gw.example")
OVER_PIT = Area(description="here", circles=(Circle(PIT.position, 2.0),))


def info(**changes: object) -> Info:
    values: dict[str, object] = {
        "language": "zh-CN",
        "categories": ("Met",),
        "event": "暴雨",
        "urgency": "Immediate",
        "severity": "Extreme",
        "certainty": "Likely",
        "headline": "暴雨红色预警",
        "expires": SENT + 6 * HOUR,
        "areas": (OVER_PIT,),
        **changes,
    }
    return Info(**values)  # type: ignore[arg-type]


def message(name: str = "w1", *, after_h: float = 0.0, **changes: object) -> Message:
    """Give a message sent so many hours after `SENT`; `replaces` names earlier ones."""
    replaces = changes.pop("replaces", ())
    infos = changes.pop("infos", None)
    sent = SENT + timedelta(hours=after_h)
    values: dict[str, object] = {
        "identifier": name,
        "sender": SENDER,
        "sent": sent,
        "status": "Actual",
        "kind": "Alert",
        "scope": "Public",
        "infos": (info(expires=sent + 6 * HOUR),) if infos is None else infos,
        "references": tuple(
            Reference(SENDER, old, instant_text(SENT))
            for old in replaces  # type: ignore[attr-defined]
        ),
        **changes,
    }
    return Message(**values)  # type: ignore[arg-type]


def body(*args: str, **changes: object) -> bytes:
    return Unsigned().bytes_of(message(*args, **changes))  # type: ignore[arg-type]


def taken(one: Message, *, now: datetime | None = None, rules: OfficialRules = RULES) -> Taken:
    heard = read_message(Unsigned().bytes_of(one))
    return warning_of(heard, SPOTS, rules, now or one.sent)


def coded(*codes: str, description: str = "somewhere") -> Area:
    pairs = tuple(Pair("GB/T 2260", code) for code in codes)
    return Area(description=description, geocodes=pairs)
