"""Who is let in: a key of the settings, as a bearer token or as a password of basic login.

    may look   GET of everything
    may act    also what changes something: acknowledge, order, silence, edit

Links in messages, answers of providers, calls and the health pages have ways of their own to know
who asks, or tell nothing of the site, and pass without a key.
"""

import base64
import binascii
import hmac
import logging
from collections.abc import Mapping

from groundwatch.ack_link import PATH as ACK_PATH
from groundwatch.http.problems import ProblemError
from groundwatch.http_settings import KeySettings
from groundwatch.task_link import PATH as ORDER_PATH

_LOG = logging.getLogger(__name__)
_FREE = frozenset({"/healthz", "/readyz", "/api/v1/replies", "/api/v1/receipts"})
_FREE_BELOW = (ACK_PATH, ORDER_PATH, "/api/v1/calls/")
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Groundwatch", charset="UTF-8"'}


class Access:
    """Says of each request whether it is let in."""

    def __init__(self, keys: Mapping[str, KeySettings]) -> None:
        """Know the keys; without any everything is let in."""
        self._keys = {
            name: (key.secret.get_secret_value().encode(), key.may == "act")
            for name, key in keys.items()
        }

    def check(self, method: str, path: str, authorization: str) -> None:
        """Let a request in, and log by which key something is changed.

        Raises:
            ProblemError: 401 where no key is given or none fits, 403 where it may only look.
        """
        if not self._keys or path in _FREE or path.startswith(_FREE_BELOW):
            return
        name, may_act = self._holder(authorization)
        if method in _LOOKS:
            return
        if not may_act:
            detail = f'the key {name} may only look; one with `may = "act"` can do this'
            raise ProblemError(403, "may-only-look", detail)
        _LOG.info("%s %s", method, path, extra={"key": name})

    def _holder(self, authorization: str) -> tuple[str, bool]:
        given = _secret(authorization)
        if given is None:
            detail = "a key is needed: as `Authorization: Bearer KEY`, or as the password of a"
            raise ProblemError(401, "key-needed", f"{detail} login with any name")
        # Every key is compared, so that the time taken tells nothing.
        found = [
            (name, may_act)
            for name, (secret, may_act) in self._keys.items()
            if hmac.compare_digest(secret, given)
        ]
        if not found:
            detail = "this is none of the keys under [http.keys] of the running program"
            raise ProblemError(401, "wrong-key", detail)
        return found[0]


def _secret(authorization: str) -> bytes | None:
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip().encode("latin-1", "replace")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(rest, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else None
