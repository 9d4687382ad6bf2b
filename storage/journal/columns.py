"""Column types that keep instants, enums, text and numbers exact on SQLite and PostgreSQL alike."""

import math
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Dialect, Double, SmallInteger, Text
from sqlalchemy.types import TypeDecorator

from alerting.model import Severity

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def microseconds(at: datetime) -> int:
    """Give an aware instant as microseconds since 1970 UTC; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"naive datetime {at.isoformat()}: instants must be aware")
    return (at - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as integer microseconds since 1970 UTC; comes back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a naive datetime (ValueError): nobody could say which instant it is."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give the aware instant back."""
        del dialect
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Word(TypeDecorator[StrEnum]):
    """A member of one StrEnum, kept as its word so that a person can read the table."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        """Keep which enum the words belong to."""
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Give the plain word."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give the member; ValueError for a word this version does not know."""
        del dialect
        return None if value is None else self.words(value)


class Rank(TypeDecorator[Severity]):
    """A severity, kept as its number so that the database can order by it."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Severity | None, dialect: Dialect) -> int | None:
        """Give the number."""
        del dialect
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Severity | None:
        """Give the member; ValueError for a number this version does not know."""
        del dialect
        return None if value is None else Severity(value)


class Words(TypeDecorator[str]):
    """Text; NUL and lone surrogates, which no database text can hold, become U+FFFD.

    A warning must not be lost because somebody's note holds a character that cannot be stored.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored."""
        del dialect
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


class Number(TypeDecorator[float]):
    """A float; not-a-number is kept as NULL on both databases (SQLite knows no other way)."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Give NULL for not-a-number."""
        del dialect
        return None if value is None or math.isnan(value) else float(value)
