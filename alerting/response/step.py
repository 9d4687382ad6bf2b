"""The state machine of a response: what becomes of it when somebody does something, or why not.

    raised → verified → notified → acknowledged → dispatched → on scene → contained → closed
       ^___________________ worse, reopened, "false" in doubt ___________________/  false

A rung may be left out (a team that arrives was never dispatched) or told late (verified after
notified): the phase is the furthest rung that counts. Only what cannot be undone by a mistake is
easy: "false", "close" and "shelve" want a reason and never change the condition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.model import Alert, AlertState, Severity
from alerting.response.model import LADDER, Deed, Mark, Phase, Response, Said, Shelf
from alerting.response.rules import ResponseRules
from sensors.local_time import shown_minute

_RUNGS: Mapping[Deed, Phase] = {
    Deed.VERIFY: Phase.VERIFIED,
    Deed.NOTIFIED: Phase.NOTIFIED,
    Deed.ACKNOWLEDGE: Phase.ACKNOWLEDGED,
    Deed.DISPATCH: Phase.DISPATCHED,
    Deed.ARRIVE: Phase.ON_SCENE,
    Deed.CONTAIN: Phase.CONTAINED,
}
_NEED_WHY: Mapping[Deed, str] = {
    Deed.FALSE: "say why it is false",
    Deed.SHELVE: "say why it is shelved",
    Deed.REOPEN: "say why it is opened again",
    Deed.NOTE: "a note needs words",
}
_NEED_DETAIL: Mapping[Deed, str] = {
    Deed.ASSIGN: "say to whom it is assigned",
    Deed.ATTACH: "say what is attached",
}
_WHEN_OVER = frozenset(
    {
        Deed.NOTE,
        Deed.ATTACH,
        Deed.REOPEN,
        Deed.WORSEN,
        Deed.RECUR,
        Deed.EASE,
        Deed.RETURN,
        Deed.NOTIFIED,
    }
)
_LOST_WHEN_WORSE = frozenset({Phase.NOTIFIED, Phase.ACKNOWLEDGED, Phase.CONTAINED})


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a deed was refused, in a sentence for the person who wanted it."""

    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step looks at beside the response: the alert as it stands, the rules, and now."""

    alert: Alert
    rules: ResponseRules
    now: datetime

    @property
    def is_firing(self) -> bool:
        """Say whether the condition stands."""
        return self.alert.state is AlertState.FIRING


def opened(alert: Alert) -> Response:
    """Give the response of an alert about which nobody has done anything."""
    at = alert.detected_at
    raised = Mark(phase=Phase.RAISED, at=at, actor="")
    return Response(alert_id=alert.id, since=at, marks=(raised,))


def step(response: Response, said: Said, scene: Scene) -> Response | WhyNot:
    """Give the response after a deed, or why it is refused."""
    why_not = _why_not(response, said, scene)
    if why_not is not None:
        return WhyNot(why_not)
    if said.deed in _RUNGS:
        return _climb(response, _RUNGS[said.deed], said, scene.now)
    return _STEPS[said.deed](response, said, scene)


def _why_not(response: Response, said: Said, scene: Scene) -> str | None:
    deed = said.deed
    if not said.actor.strip():
        return "say who you are: it is kept with the alert"
    if deed in _NEED_WHY and not said.note.strip():
        return _NEED_WHY[deed]
    if deed in _NEED_DETAIL and not said.detail.strip():
        return _NEED_DETAIL[deed]
    if response.phase is Phase.FALSE and deed is Deed.CLOSE and not scene.is_firing:
        return None
    if response.phase.is_over and deed not in _WHEN_OVER:
        word = "closed" if response.phase is Phase.CLOSED else "said to be false"
        return f"it was {word} by {response.over_by or 'somebody'}; reopen it first"
    check = _CHECKS.get(deed)
    return None if check is None else check(response, said, scene)


def _why_not_contained(response: Response, said: Said, scene: Scene) -> str | None:
    del scene
    if response.reached(Phase.ON_SCENE) is None and not said.note.strip():
        return "nobody was reported on scene; say in the note how it was contained"
    return None


def _why_not_closed(response: Response, said: Said, scene: Scene) -> str | None:
    del response, said
    if scene.is_firing:
        return (
            "its condition still stands, and only readings end it: wait until it is over, or sign"
            " it off with a reason, where its rule allows a person's word (`groundwatch ack"
            " --sign-off`, or `resolve` over HTTP)"
        )
    return None


def _why_not_shelved(response: Response, said: Said, scene: Scene) -> str | None:
    if not scene.is_firing:
        return "its condition is over; there is nothing to shelve"
    if response.shelf is not None:
        return f"it is shelved already, until {shown_minute(response.shelf.until)}"
    longest = scene.rules.shelf_at_most[scene.alert.severity]
    if said.until is None or said.until <= scene.now:
        return "say until when: an instant in the future"
    if said.until > scene.now + longest:
        word = scene.alert.severity.word
        return f"an alert that is {word} can be shelved for {longest} at most"
    return None


def _why_not_unshelved(response: Response, said: Said, scene: Scene) -> str | None:
    del said, scene
    return None if response.shelf is not None else "it is not shelved"


def _why_not_reopened(response: Response, said: Said, scene: Scene) -> str | None:
    del said, scene
    return None if response.phase.is_over else f"it is open: {response.phase.value}"


_Check = Callable[[Response, Said, Scene], str | None]
_CHECKS: Mapping[Deed, _Check] = {
    Deed.CONTAIN: _why_not_contained,
    Deed.CLOSE: _why_not_closed,
    Deed.SHELVE: _why_not_shelved,
    Deed.UNSHELVE: _why_not_unshelved,
    Deed.REOPEN: _why_not_reopened,
}


def _climb(response: Response, rung: Phase, said: Said, now: datetime) -> Response:
    """Mark a rung as reached; the first time counts, and the furthest rung is the phase."""
    if response.reached(rung) is not None:
        return response
    mark = Mark(phase=rung, at=now, actor=said.actor)
    marks = tuple(sorted((*response.marks, mark), key=lambda each: LADDER.index(each.phase)))
    if response.phase.is_over:
        return replace(response, marks=marks)
    return _at_furthest(replace(response, marks=marks), now)


def _at_furthest(response: Response, now: datetime) -> Response:
    phase = response.marks[-1].phase if response.marks else Phase.RAISED
    if phase is response.phase:
        return response
    return replace(response, phase=phase, since=now)


def _end(response: Response, phase: Phase, said: Said, now: datetime) -> Response:
    return replace(response, phase=phase, since=now, over_by=said.actor, shelf=None, review_at=None)


def _close(response: Response, said: Said, scene: Scene) -> Response:
    return _end(response, Phase.CLOSED, said, scene.now)


def _disprove(response: Response, said: Said, scene: Scene) -> Response:
    """Take "false" for an answer; while the condition stands only for a while."""
    ended = _end(response, Phase.FALSE, said, scene.now)
    if not scene.is_firing:
        return ended
    return replace(ended, review_at=scene.now + scene.rules.false_at_most[scene.alert.severity])


def _reopen(response: Response, said: Said, scene: Scene) -> Response:
    """Open it again with what still counts: people must be told and answer anew."""
    del said
    kept = tuple(mark for mark in response.marks if mark.phase not in _LOST_WHEN_WORSE)
    return _at_furthest(replace(response, marks=kept, over_by="", review_at=None), scene.now)


def _worsen(response: Response, said: Said, scene: Scene) -> Response:
    """A rise in severity ends a shelf and a "false" at once, and must be seen anew."""
    return replace(_reopen(response, said, scene), shelf=None)


def _shelve(response: Response, said: Said, scene: Scene) -> Response:
    until = said.until or scene.now
    shelf = Shelf(since=scene.now, until=until, actor=said.actor, note=said.note)
    return replace(response, shelf=shelf)


def _unshelve(response: Response, said: Said, scene: Scene) -> Response:
    del said, scene
    return replace(response, shelf=None)


def _return(response: Response, said: Said, scene: Scene) -> Response:
    """Bring back what was set aside and whose time has come."""
    if response.shelf is not None and response.shelf.until <= scene.now:
        response = replace(response, shelf=None)
    if response.review_at is None or response.review_at > scene.now:
        return response
    if not scene.is_firing:
        return replace(response, review_at=None)
    return _reopen(response, said, scene)


def _assign(response: Response, said: Said, scene: Scene) -> Response:
    del scene
    return replace(response, assigned_to=said.detail)


def _unchanged(response: Response, said: Said, scene: Scene) -> Response:
    del said, scene
    return response


_STEPS: Mapping[Deed, Callable[[Response, Said, Scene], Response]] = {
    Deed.CLOSE: _close,
    Deed.FALSE: _disprove,
    Deed.REOPEN: _reopen,
    Deed.WORSEN: _worsen,
    Deed.RECUR: _reopen,  # a shelf goes on holding what comes back
    Deed.EASE: _unchanged,
    Deed.SHELVE: _shelve,
    Deed.UNSHELVE: _unshelve,
    Deed.RETURN: _return,
    Deed.ASSIGN: _assign,
    Deed.NOTE: _unchanged,
    Deed.ATTACH: _unchanged,
}


def why_returns(response: Response, alert: Alert, now: datetime) -> str | None:
    """Say why something set aside comes back now; None when nothing does."""
    shelf = response.shelf
    if shelf is not None and shelf.until <= now:
        return f"the shelf of {shelf.actor} is over"
    if response.review_at is not None and response.review_at <= now:
        if alert.state is not AlertState.FIRING:
            return "its condition is over"
        return f"{response.over_by} said it is false, and its condition still stands"
    return None


def why_closes_itself(response: Response, alert: Alert, rules: ResponseRules) -> str | None:
    """Say why the program closes a response with the condition; None when a person must."""
    if alert.state is AlertState.FIRING or response.phase.is_over:
        return None
    worst = max(alert.peak, alert.severity, key=Severity)
    if worst >= rules.closes_itself_below or response.reached(Phase.DISPATCHED) is not None:
        return None
    if response.reached(Phase.ON_SCENE) is not None:
        return None
    return f"its condition is over, it never was more than {worst.word}, and nobody had gone"
