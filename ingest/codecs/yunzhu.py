"""云筑: live data of tower cranes, bare or in its envelope, as JSON or as a posted form.

The 32 alarm characters become `limit_bits`, bit n for code n of the list. The list and the vendor's
own example contradict each other on which end is code 0, so the order is a setting. The envelope's
signature is checked where a secret is set: MD5 over `name=value` of all fields but `sign`, sorted
by name and joined with `&`, and then the secret (known from clients only; confidence low).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from ingest.codecs.flat import NotAnObject, load_object
from ingest.codecs.heard import ForeignSample, Heard, Incoming
from ingest.codecs.instant import from_local
from ingest.codecs.private import Cleaner
from ingest.codecs.sample import Fault, named, shown
from ingest.codecs.vendor import MAX_BYTES, Refused, address_of, instant_of, numbers_of

FEED = "yunzhu"
LIVE = "upload.towerCraneLiveData"
NUMBERS = (
    "overRide",
    "liftingCapacity",
    "safeLiftingCapacity",
    "ratedMoment",
    "momentPercent",
    "amplitude",
    "round",
    "height",
    "dipAngleX",
    "dipAngleY",
    "windSpeed",
)
N_BITS = 32
MAX_AGE = timedelta(minutes=10)
# Before a signature that this program has checked and replaced when it cleaned a copy.
SEALED = "groundwatch:"
BitOrder = Literal["list", "reversed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class YunzhuOptions:
    """The secret of signatures (none: they are not checked), and which end of `warning` is 0."""

    secret: str | None = None
    bit_order: BitOrder = "list"


class Yunzhu:
    """Reads the feed; keeps nothing."""

    def __init__(self, cleaner: Cleaner, options: YunzhuOptions) -> None:
        """Take what cleans copies, and the options."""
        self._cleaner = cleaner
        self._options = options

    def read(self, incoming: Incoming) -> Heard:
        """Read one message."""
        try:
            body = _fields(incoming.payload)
            if "data" in body:
                self._check(body, incoming.received_at)
                method = body.get("method")
                if method != LIVE:
                    return Heard(ignored=f"the method {shown(method)} carries no readings")
                body = _data(body["data"])
            return Heard([self._sample(body)])
        except (Refused, NotAnObject) as fault:
            return Heard(faults=[Fault(str(fault), incoming.payload)])

    def safe_copy(self, payload: bytes) -> bytes:
        """Clean a copy; a good signature is replaced by our own proof that it was good.

        The cleaned text has another signature than the sender's, so without the proof it could
        never be read again.
        """
        try:
            body = _fields(payload)
            is_signed = self._options.secret is not None and self._why_forged(body) is None
        except (Refused, NotAnObject):
            return self._cleaner.safe_copy(payload)
        cleaned = self._cleaner.clean(body)
        if cleaned == body:
            return self._cleaner.safe_copy(payload)
        if is_signed:
            cleaned["sign"] = SEALED + self._cleaner.seal(_signed_text(cleaned))
        return msgspec.json.encode(cleaned)

    def _check(self, body: Mapping[str, Any], received_at: datetime) -> None:
        """Check age and signature of an envelope.

        Raises:
            Refused: it is too old or new, or the signature is not right.
        """
        sent = body.get("timestamp")
        at = from_local(sent, "%Y%m%d%H%M%S") if isinstance(sent, str) else None
        if at is None:
            raise Refused(f"`timestamp` is {shown(sent)}; yyyyMMddHHmmss is needed")
        if abs(received_at - at) > MAX_AGE:
            minutes = MAX_AGE.total_seconds() / 60
            raise Refused(f"`timestamp` {named(str(sent))} is over {minutes:.0f} min from arrival")
        if self._options.secret is not None:
            why = self._why_forged(body)
            if why is not None:
                raise Refused(why)

    def _why_forged(self, body: Mapping[str, Any]) -> str | None:
        sign = body.get("sign")
        if not isinstance(sign, str):
            return "`sign` is missing, and a secret is set for this feed"
        if sign.startswith(SEALED):
            expected = SEALED + self._cleaner.seal(_signed_text(body))
        else:
            text = _signed_text(body) + (self._options.secret or "")
            # What the platform prescribes; it protects nothing but this feed.
            expected = hashlib.md5(text.encode(errors="replace")).hexdigest()  # noqa: S324
        if hmac.compare_digest(expected.encode(), sign.lower().encode(errors="replace")):
            return None
        return "`sign` is not right: the secret is another, or the message was changed"

    def _sample(self, body: Mapping[str, Any]) -> ForeignSample:
        values = numbers_of(body, NUMBERS)
        if body.get("warning") not in (None, ""):
            values["limit_bits"] = float(bits_of(body["warning"], self._options.bit_order))
        return ForeignSample(
            address_of(FEED, body, "deviceId"), instant_of(body, "deviceTime"), values
        )


def bits_of(warning: object, order: BitOrder = "list") -> int:
    """Read the 32 alarm characters as a number with bit n for code n.

    >>> bits_of("0101" + "0" * 28)
    10

    Raises:
        Refused: it is something else.
    """
    if not isinstance(warning, str) or len(warning) != N_BITS or set(warning) - {"0", "1"}:
        raise Refused(f"`warning` is {shown(warning)}; {N_BITS} characters 0 or 1 are needed")
    first_is_0 = warning if order == "list" else warning[::-1]
    return sum(1 << code for code, char in enumerate(first_is_0) if char == "1")


def _fields(payload: bytes) -> dict[str, Any]:
    """Read the fields of a JSON object or of a posted form."""
    if payload.lstrip()[:1] in (b"{", b"[") or b"=" not in payload:
        return load_object(payload, MAX_BYTES)
    if len(payload) > MAX_BYTES:
        raise Refused(f"{len(payload)} bytes; at most {MAX_BYTES} are allowed in one message")
    try:
        return dict(parse_qsl(payload.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError as fault:
        raise Refused(f"neither JSON nor a form: {fault}") from fault


def _data(data: object) -> dict[str, Any]:
    """Read the data of an envelope, which may be an object or its text."""
    if isinstance(data, str):
        return load_object(data.encode(errors="replace"), MAX_BYTES)
    if isinstance(data, dict):
        return data
    raise Refused("`data` is no object")


def _signed_text(body: Mapping[str, Any]) -> str:
    """Give what is signed: every field but the signature, sorted by name."""
    return "&".join(
        f"{name}={_as_text(body[name])}" for name in sorted(body) if name.lower() != "sign"
    )


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
