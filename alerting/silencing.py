"""What people do to keep quiet: silences are checked, recorded, and only then count."""

import hashlib
from base64 import b32encode
from datetime import datetime

from alerting.errors import DeedRefused
from alerting.model import Severity
from alerting.mute import Silence
from alerting.parts import Parts, Turn
from alerting.ports import Effects
from alerting.publish import Publisher
from alerting.tell.silence import SilenceRules, why_refused
from sensors.local_time import shown_minute

_SAID = "silence_"


class Silencing:
    """Takes silences in turn with the engine's own steps."""

    def __init__(
        self, *, parts: Parts, publisher: Publisher, turn: Turn, rules: SilenceRules
    ) -> None:
        """Hold the parts."""
        self._rules = rules
        self._parts = parts
        self._publisher = publisher
        self._turn = turn

    @property
    def known(self) -> list[Silence]:
        """Give the silences that are not over, oldest first."""
        now = self._parts.clock.now()
        return [each for each in self._publisher.teller.silences.values() if each.is_on(now)]

    async def add(self, wanted: Silence) -> Silence:
        """Take a silence; alerts that stand are held at once, and told when it is over.

        Raises:
            DeedRefused: it is not allowed; the text says why and what is.
            JournalError: it could not be recorded, so it does not hold.
        """
        async with self._turn.lock:
            silences = self._publisher.teller.silences
            why_not = why_refused(wanted, self._parts.clock.now(), self._rules)
            if why_not is None and len(silences) >= self._rules.at_most:
                why_not = f"{self._rules.at_most} silences are kept already; end some first"
            if why_not is not None:
                raise DeedRefused(f"silence: {why_not}")
            await self._parts.journal.record(Effects(silences=(wanted,)))
            silences[wanted.id] = wanted
            await self._publisher.look()
            return wanted

    async def end(self, silence_id: str, actor: str) -> Silence:
        """End a silence before its time; what it held is told.

        Raises:
            DeedRefused: there is no such silence, or it is over.
            JournalError: it could not be recorded, so it still holds.
        """
        async with self._turn.lock:
            silences = self._publisher.teller.silences
            now = self._parts.clock.now()
            silence = silences.get(silence_id)
            if silence is None or not silence.is_on(now):
                raise DeedRefused(f"silence {silence_id}: there is none of that id, or it is over")
            ended = silence.ended(now, actor)
            await self._parts.journal.record(Effects(silences=(ended,)))
            silences[silence_id] = ended
            await self._publisher.look()
            return ended

    def tick(self, now: datetime) -> dict[str, str | None]:
        """Forget what is over; give which silences of extreme alerts are on, None for those over.

        An extreme alert is never muted unseen: while one may be, the program says so as a problem.
        """
        said = (name for name in self._publisher.present.system if name.startswith(_SAID))
        found: dict[str, str | None] = dict.fromkeys(said)
        silences = self._publisher.teller.silences
        for silence in list(silences.values()):
            name = f"{_SAID}{silence.id}"
            is_on = silence.is_on(now)
            if silence.allows_extreme:
                found[name] = _loud(silence) if is_on else None
            if not is_on and silence.since <= now:
                del silences[silence.id]
        return found


def silence_id(author: str, words: str, since: datetime) -> str:
    """Give the id of a silence: the same for the same request at the same instant."""
    text = f"{author}|{words}|{since.isoformat()}"
    return b32encode(hashlib.blake2b(text.encode(), digest_size=10).digest()).decode().lower()[:8]


def _loud(silence: Silence) -> str:
    until = shown_minute(silence.until)
    word = Severity.EXTREME.word
    return (
        f"{silence.author} has silenced alerts up to {word} until {until}"
        f" ({silence.matcher.words}): {silence.comment}"
    )
