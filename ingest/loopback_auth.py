"""Lets everybody on loopback log in to the embedded broker, and keeps their sessions.

amqtt queues messages for an absent client only if that client did not come in as anonymous, so the
plug-in that allows anonymous clients would lose everything sent during a cut.
"""

from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session


class LoopbackAuth(BaseAuthPlugin):  # type: ignore[misc]  # amqtt has no types
    """Accepts every client without marking it anonymous."""

    async def authenticate(self, *, session: Session) -> bool:
        """Accept."""
        return session is not None
