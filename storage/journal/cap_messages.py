"""Messages of CAP as they were first given out: what is kept is never written again."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from storage.journal.schema import cap_messages

_A_TIME = 400


def kept_as_first(connection: Connection, made: Mapping[str, str]) -> dict[str, str]:
    """Give each message by its identifier as it was first given out; a new one is kept."""
    known: dict[str, str] = {}
    names = list(made)
    for at in range(0, len(names), _A_TIME):
        some = names[at : at + _A_TIME]
        question = select(cap_messages).where(cap_messages.c.identifier.in_(some))
        known.update((row.identifier, row.message) for row in connection.execute(question))
    new = [
        {"identifier": name, "message": text} for name, text in made.items() if name not in known
    ]
    if new:
        connection.execute(insert(cap_messages), new)
    return {**made, **known}
