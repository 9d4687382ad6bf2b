"""Signatures of requests: what a sender adds, and how a receiver checks it.

X-Groundwatch-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." + body>
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

SIGNATURE_HEADER = "X-Groundwatch-Signature"
KEY_HEADER = "Idempotency-Key"
TOLERANCE_S = 300.0
MIN_SECRET = 16


def why_weak(secret: SecretStr | None, whose: str) -> str | None:
    """Say why a secret protects nothing; None when it does or there is none."""
    if secret is None or len(secret.get_secret_value()) >= MIN_SECRET:
        return None
    return f"the {whose} secret is shorter than {MIN_SECRET} characters"


def signature(secret: SecretStr, body: bytes, now: datetime) -> str:
    """Give the value of the signature header for a body sent at `now`."""
    at = int(now.timestamp())
    return f"t={at},v1={_digest(secret.get_secret_value(), at, body)}"


def verify_signature(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    tolerance_s: float = TOLERANCE_S,
) -> None:
    """Check, as a receiver, that a request came from somebody who knows the secret, lately.

    `body` is the bytes exactly as received, before any parsing; `headers` any mapping of names to
    values, upper or lower case. A request older or newer than `tolerance_s` is refused so that a
    recorded one cannot be played again later.

    Raises:
        ValueError: it is not genuine, and why; the text never holds the secret or the right answer.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    given = lowered.get(SIGNATURE_HEADER.lower())
    if given is None:
        raise ValueError(f"there is no {SIGNATURE_HEADER} header")
    at, digests = _parse_signature(given)
    if abs(now.timestamp() - at) > tolerance_s:
        raise ValueError(f"the signature's time is more than {tolerance_s:.0f} s from now")
    right = _digest(secret, at, body)
    if not any(hmac.compare_digest(right.encode(), digest.encode()) for digest in digests):
        raise ValueError("the signature does not fit the body and the secret")


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _parse_signature(header: str) -> tuple[int, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    digests = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not digests or not (times[0].isascii() and times[0].isdigit()):
        raise ValueError(f"{SIGNATURE_HEADER} is not of the form t=<unix seconds>,v1=<hex>")
    return int(times[0][:12]), digests
