"""How an alert ended, as a report says it: by its readings, by a person, or it never was."""

import re
from collections.abc import Sequence
from datetime import datetime

from alerting.model import Alert, Remark, Transition, TransitionKind
from alerting.ports import Action
from sensors.local_time import shown_time

_READING = re.compile(r"(.+) at (\S+)")
_TURNS = frozenset(
    {
        TransitionKind.RAISED,
        TransitionKind.UPGRADED,
        TransitionKind.DOWNGRADED,
        TransitionKind.AWAITS_SIGN_OFF,
        TransitionKind.DISTURBED,
        TransitionKind.RECURRED,
    }
)


def end_lines(alert: Alert, steps: Sequence[Transition], actions: Sequence[Action]) -> list[Remark]:
    """Say how an alert ended; nothing while it stands."""
    if alert.ended_at is None:
        return []
    ended = shown_time(alert.ended_at)
    kinds = [step.kind for step in steps]
    if TransitionKind.WITHDRAWN in kinds:
        return [
            Remark(
                f"withdrawn {ended}: readings that came later show that it was not so",
                f"撤回：{ended}，随后到达的测值表明并非如此",
            )
        ]
    if TransitionKind.SIGNED_OFF not in kinds:
        return [Remark(f"readings calm since {ended}", f"测值恢复：{ended}")]
    return _signed_off(ended, steps, actions)


def _signed_off(ended: str, steps: Sequence[Transition], actions: Sequence[Action]) -> list[Remark]:
    place = [step.kind for step in steps].index(TransitionKind.SIGNED_OFF)
    deed = next((each for each in reversed(actions) if each.action == "sign_off"), None)
    said = steps[place].said
    who = deed.actor if deed is not None else said.text if said is not None else "?"
    note_en, note_zh = (f": {deed.note}", f"：{deed.note}") if deed and deed.note else ("", "")
    turns = [step for step in steps[:place] if step.kind in _TURNS]
    if turns and turns[-1].kind is TransitionKind.AWAITS_SIGN_OFF:
        calm = shown_time(turns[-1].detected_at)
        return [
            Remark(f"readings calm for long enough at {calm}", f"测值平稳满时限：{calm}"),
            Remark(f"signed off {ended} by {who}{note_en}", f"签字解除：{ended}，{who}{note_zh}"),
        ]
    last = _reading(deed.detail if deed is not None else "")
    return [
        Remark(
            f"signed off {ended} by {who}, while the readings were not calm ({last.en}){note_en}",
            f"签字解除：{ended}，{who}；当时测值尚未平稳（{last.zh}）{note_zh}",
        )
    ]


def _reading(detail: str) -> Remark:
    found = _READING.fullmatch(detail)
    if found is None:
        return Remark("the last reading is not on record", "未记录最后测值")
    at = shown_time(datetime.fromisoformat(found[2]))
    return Remark(f"last {found[1]} at {at}", f"最后测值{found[1]}，{at}")
