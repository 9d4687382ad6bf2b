"""Names under which our messages are known outside: given once, and kept for ever."""

from collections.abc import Callable, Collection

from sqlalchemy import Connection, insert, select

from storage.journal.schema import foreign_names

Choose = Callable[[Collection[str]], str]


def name_given(connection: Connection, message: str, span: tuple[str, str], choose: Choose) -> str:
    """Give the name a message has; `choose` one that is not taken of a span, where it has none."""
    names = foreign_names.c
    has = select(names.identifier).where(names.message == message)
    known = connection.execute(has).scalar()
    if known is not None:
        return str(known)
    inside = select(names.identifier).where(names.identifier.between(*span))
    taken = frozenset(connection.execute(inside).scalars())
    name = choose(taken)
    connection.execute(insert(foreign_names), [{"identifier": name, "message": message}])
    return name
