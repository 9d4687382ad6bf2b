"""Taking what identifies a person out of what vendors send, before anything is kept or logged.

National ids, names and staff numbers are replaced by a keyed digest: the same person has the same
digest, nobody can turn it back without the key, and a copy that was cleaned once stays as it is, so
that it can be read again. What is no JSON any more is cleaned by the same names in its bytes.
"""

import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

PERSONAL = frozenset(
    name.lower()
    for name in (
        "driverId",
        "driverName",
        "idNo",
        "idCard",
        "idNumber",
        "identityCard",
        "name",
        "workNo",
        "phone",
        "mobile",
        "operatorName",
        "operatorId",
        # Frigate puts recognised faces and licence plates there.
        "sub_label",
        "sub_labels",
        "recognized_license_plate",
    )
)
MARK = "person:"
_DIGEST = re.compile(MARK + r"[0-9a-f]{24}")
# 17 digits and a check digit or X: a national id, wherever it stands.
_NATIONAL_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])")
_NAMED_IN_BYTES = re.compile(
    rf"""(?P<name>(?<![A-Za-z0-9_])["']?(?:{"|".join(sorted(PERSONAL))})["']?\s*[:=]\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"?|[^,;&}\s]+)""",
    re.IGNORECASE,
)
_MAX_DEPTH = 20


class Cleaner:
    """Cleans payloads with one key."""

    def __init__(self, key: bytes) -> None:
        """Take the key of the digests; at least 16 bytes."""
        if len(key) < 16:
            raise ValueError("the key of the digests must have 16 bytes at least")
        self._key = hashlib.blake2b(key, digest_size=32, person=b"gw-private").digest()

    def digest(self, text: str) -> str:
        """Give what stands for a person's id or name; digests stand for themselves."""
        if not text or _DIGEST.fullmatch(text):
            return text
        made = hashlib.blake2b(text.encode(errors="replace"), digest_size=12, key=self._key)
        return MARK + made.hexdigest()

    def seal(self, text: str) -> str:
        """Give a proof that this program has seen `text`."""
        made = hashlib.blake2b(text.encode(errors="replace"), digest_size=20, key=self._key)
        return made.hexdigest()

    def clean(self, value: Any, depth: int = 0) -> Any:
        """Clean a JSON value; texts that are JSON themselves are cleaned inside."""
        if depth > _MAX_DEPTH:
            return self.digest(repr(value))
        if isinstance(value, dict):
            return {key: self._field(key, each, depth) for key, each in value.items()}
        if isinstance(value, list):
            return [self.clean(each, depth + 1) for each in value]
        if isinstance(value, str):
            return self._text(value, depth)
        if isinstance(value, int) and _NATIONAL_ID.fullmatch(str(abs(value))):
            return self.digest(str(value))
        return value

    def safe_copy(self, payload: bytes) -> bytes:
        """Clean bytes, whatever they are."""
        text = payload.decode("utf-8", errors="surrogateescape")
        try:
            cleaned = self._text(text, 0)
        except RecursionError:
            cleaned = self.safe_text(text)
        return cleaned.encode("utf-8", errors="surrogateescape")

    def safe_text(self, text: str) -> str:
        """Clean a sentence."""
        return self._bare(text)

    def _field(self, key: str, value: Any, depth: int) -> Any:
        if key.lower() not in PERSONAL or value is None or isinstance(value, bool):
            return self.clean(value, depth + 1)
        if isinstance(value, dict | list):
            return self.digest(json.dumps(value, sort_keys=True))
        return self.digest(str(value))

    def _text(self, text: str, depth: int) -> str:
        if text.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                return self._bare(text)
            cleaned = self.clean(value, depth + 1)
            # A field that stands twice is seen once: the bytes are looked through as well.
            return self._bare(text if cleaned == value else _written(cleaned))
        if "=" in text and "&" in text and (pairs := _form(text)):
            cleaned_pairs = [(key, self._field(key, each, depth)) for key, each in pairs]
            is_same = cleaned_pairs == pairs
            again = text if is_same else urlencode(cleaned_pairs, errors="surrogateescape")
            return self._bare(again)
        return self._bare(text)

    def _bare(self, text: str) -> str:
        named = _NAMED_IN_BYTES.sub(self._named, text)
        return _NATIONAL_ID.sub(lambda found: self.digest(found[0]), named)

    def _named(self, found: "re.Match[str]") -> str:
        quoted = found["value"]
        bare = quoted.strip('"')
        return found["name"] + quoted.replace(bare, self.digest(bare)) if bare else found[0]


def _form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="surrogateescape"
        )
    except ValueError:
        return []


def _written(value: Any) -> str:
    """Write JSON readably; with escapes where it holds what UTF-8 cannot carry."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
