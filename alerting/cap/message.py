"""What one message of ours says: an issue of an alert, put into the values of CAP; pure.

One block of information for each language, Chinese first. The numbers are those of the step the
message is about, so that an old message made again says what it said then; and nothing is said that
a later reading could change under the same identifier, such as whether the step is final. Nothing
here pretends to be an official warning: the sender's name and the note say whose words they are.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from alerting.cap.form import clean_identifier, closed, instant_text, is_place
from alerting.cap.hazards import Hazards, Said, built_in
from alerting.cap.issue import Issue, identifier_of
from alerting.cap.values import Area, Circle, Info, Message, Pair, Reference
from alerting.model import Against, Alert, AlertKind, Card, Mark, TransitionKind
from alerting.render.sources import source_words
from alerting.sentence import say
from sensors.local_time import shown_time
from sensors.model import Position

LANGUAGES = (("zh-CN", "zh"), ("en", "en"))
MAX_HEADLINE = 160
_SHOWN = 3

_ABOUT_WATCHING = {
    AlertKind.BLIND: ("not watched: no believable readings", "失去监测：无可信数据", "Unknown"),
    AlertKind.ANOMALY: ("unusual readings", "测值异常变化", "Possible"),
    AlertKind.DOUBTFUL: ("doubtful sensor", "传感器存疑", "Unknown"),
    AlertKind.SYSTEM: ("fault of the warning system", "预警系统自身故障", "Observed"),
}
_ENDED = {
    TransitionKind.CLEARED: ("The readings are back within limits.", "测值已回到限值以内。"),
    TransitionKind.SIGNED_OFF: ("A person has signed it off as safe.", "已由人员签字解除。"),
    TransitionKind.WITHDRAWN: (
        "It was raised in error: readings that arrived later show that the limit was not passed.",
        "系误报：随后到达的测值表明并未超限。",
    ),
}
_MARKS = {
    Mark.ACTUAL: {"en": "", "zh": ""},
    Mark.EXERCISE: {"en": "EXERCISE, not a real event. ", "zh": "【演习】并非真实事件。"},
    Mark.TEST: {"en": "TEST, not a real event. ", "zh": "【测试】并非真实事件。"},
}
_NOT_OFFICIAL = (
    "Own measurements of a site, no official warning. 现场自有监测信息，不是官方发布的预警。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapConfig:
    """How our messages are sent.

    `valid` is how long a message holds (None leaves `expires` out); `status` is Actual, or Test
    while an installation is tried out. A message that is not Public carries the card.
    """

    sender: str = "groundwatch.invalid"
    sender_name: str = "Groundwatch site monitoring"
    sender_name_zh: str = "Groundwatch现场监测"
    status: str = "Actual"
    scope: str = "Restricted"
    restriction: str = "for the emergency office and the people of the site"
    valid: timedelta | None = timedelta(hours=24)
    base_url: str = ""
    hazards: Hazards = field(default_factory=built_in)

    @property
    def renew_every(self) -> timedelta | None:
        """Give how often a message is renewed while its alert stands: twice before it expires."""
        return None if self.valid is None else self.valid / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a message says beside the alert: its place by name and outline, whether it is meant."""

    places: tuple[str, ...] = ()
    outline: tuple[Position, ...] = ()
    mark: Mark = Mark.ACTUAL
    remarks: tuple[str, ...] = ()


def message_of(alert: Alert, issue: Issue, config: CapConfig, scene: Scene) -> Message:
    """Put an issue into words."""
    restriction = config.restriction if config.scope == "Restricted" else ""
    marks = "".join(_MARKS[scene.mark].values())
    return Message(
        identifier=identifier_of(alert, issue, scene.mark),
        sender=clean_identifier(config.sender),
        sent=issue.sent,
        status=_status(alert, config, scene),
        kind=issue.kind,
        scope=config.scope,
        restriction=restriction,
        addresses=(alert.site,) if config.scope == "Private" else (),
        note=" ".join((marks + _NOT_OFFICIAL, *scene.remarks)),
        references=_references(alert, issue, config, scene.mark),
        incidents=(clean_identifier(alert.id),),
        infos=tuple(_info(alert, issue, config, scene, names) for names in LANGUAGES),
    )


def _status(alert: Alert, config: CapConfig, scene: Scene) -> str:
    if scene.mark is not Mark.ACTUAL:
        return scene.mark.value.capitalize()
    return "System" if alert.kind is AlertKind.SYSTEM else config.status


def _references(alert: Alert, issue: Issue, config: CapConfig, mark: Mark) -> tuple[Reference, ...]:
    sender = clean_identifier(config.sender)
    return tuple(
        Reference(sender, identifier_of(alert, each, mark), instant_text(each.sent))
        for each in issue.replaces
    )


def _info(
    alert: Alert, issue: Issue, config: CapConfig, scene: Scene, names: tuple[str, str]
) -> Info:
    tag, language = names
    said = config.hazards.of(alert.hazard, issue.step.severity)
    said = _of_kind(said, alert)
    is_zh, is_over = language == "zh", issue.kind == "Cancel"
    event = said.event_zh if is_zh else said.event
    places = _places(alert, scene, language)
    head = _headline(issue, event, places, language)
    mark = _MARKS[scene.mark][language]
    return Info(
        language=tag,
        categories=said.categories,
        event=event,
        responses=("AllClear",) if is_over else (said.response,),
        urgency="Past" if is_over else said.urgency,
        severity=issue.step.severity.word.capitalize(),
        certainty=_certainty(issue, said),
        event_codes=(Pair("groundwatch:hazard", alert.hazard),),
        effective=issue.sent,
        onset=alert.started_at,
        expires=None if config.valid is None else issue.sent + config.valid,
        sender_name=config.sender_name_zh if is_zh else config.sender_name,
        headline=(mark + head)[:MAX_HEADLINE],
        description=mark + _description(issue, language),
        instruction=mark + _instruction(issue, said, language),
        web=f"{config.base_url.rstrip('/')}/api/v1/alerts/{alert.id}" if config.base_url else "",
        contact=_contact(issue.card, config),
        parameters=_parameters(alert, issue, config),
        areas=(_area(alert, scene, said, places),),
    )


def _of_kind(said: Said, alert: Alert) -> Said:
    """Say it is about the watching, where the alert is about that and not about what is watched."""
    about = _ABOUT_WATCHING.get(alert.kind)
    if about is None:
        return said
    en, zh, certainty = about
    is_own = alert.kind is AlertKind.SYSTEM
    return said._replace(
        event=en.capitalize() if is_own else f"{said.event}: {en}",
        event_zh=zh if is_own else f"{said.event_zh}：{zh}",
        response="Assess",
        certainty=certainty,
        do="Go and look: nobody can say from here whether it is safe.",
        do_zh="请到现场查看：目前无法远程判断是否安全。",
    )


def _certainty(issue: Issue, said: Said) -> str:
    if issue.step.kind is TransitionKind.WITHDRAWN:
        return "Unlikely"
    return "Observed" if issue.kind == "Cancel" else said.certainty


def _headline(issue: Issue, event: str, places: str, language: str) -> str:
    severity, is_over = issue.step.severity, issue.kind == "Cancel"
    if language == "zh":
        word = "解除" if is_over else f"{severity.zh}色"
        return f"{event}（{word}）：{places}"
    word = "ended" if is_over else severity.colour
    return f"{event} ({word}): {places}"


def _description(issue: Issue, language: str) -> str:
    step, is_zh = issue.step, language == "zh"
    reason = say(step.said, language) if step.said is not None else step.reason
    taken = f"测量时间：{shown_time(step.taken_at)}。" if is_zh else (
        f"Measured at {shown_time(step.taken_at)}."
    )  # fmt: skip
    parts = [reason, taken]
    if step.kind in _ENDED:
        parts.insert(0, _ENDED[step.kind][is_zh])
    return ("" if is_zh else " ").join(parts)


def _instruction(issue: Issue, said: Said, language: str) -> str:
    is_zh = language == "zh"
    if issue.kind == "Cancel":
        return (
            "本条信息已失效，是否恢复作业由现场负责人决定。"
            if is_zh
            else "This message no longer holds; the people of the site decide when work goes on."
        )
    return said.do_zh if is_zh else said.do


def _places(alert: Alert, scene: Scene, language: str) -> str:
    comma = "，" if language == "zh" else ", "
    key = alert.sensor
    own = [key.site, *(part for part in (key.device, key.point) if part)]
    return comma.join(dict.fromkeys([*scene.places, " ".join(own)]))


def _area(alert: Alert, scene: Scene, said: Said, places: str) -> Area:
    if len(set(scene.outline)) >= 3 and all(map(is_place, scene.outline)):
        return Area(description=places, polygons=(closed(scene.outline),))
    if not is_place(alert.position):
        return Area(description=places)
    return Area(description=places, circles=(Circle(alert.position, said.radius_km),))


def _contact(card: Card | None, config: CapConfig) -> str:
    if card is None or config.scope == "Public":
        return ""
    called = [link for link in card.chain if link.person or link.phone]
    return "; ".join(
        " ".join(part for part in (link.place, link.person, link.phone) if part) for link in called
    )


def _parameters(alert: Alert, issue: Issue, config: CapConfig) -> tuple[Pair, ...]:
    """Give the numbers behind the message, as a machine reads them."""
    step = issue.step
    pairs = [
        Pair("sensor_id", str(alert.sensor)),
        Pair("rule_id", alert.rule_id),
        Pair("rule_pack", alert.pack),
        Pair("alert_id", alert.id),
        Pair("alert_kind", alert.kind.value),
        Pair("taken_at", instant_text(step.taken_at)),
        Pair("colour", step.severity.colour),
    ]
    pairs += _numbers(alert, issue)
    source = source_words(alert.provenance, "en")
    if source:
        pairs.append(Pair("limit_source", f"{source} (confidence {alert.provenance.confidence})"))
    if step.late_by_s is not None:
        pairs.append(Pair("late_by_s", f"{step.late_by_s:.0f}"))
    if issue.card is not None and config.scope != "Public":
        pairs += _near(issue.card)
    return tuple(pairs)


def _numbers(alert: Alert, issue: Issue) -> list[Pair]:
    """Give value, limit and unit: of the step's own words, else as far as the alert knows them."""
    against = issue.step.said.against if issue.step.said is not None else ()
    if not against:
        limit = alert.limit if issue.step.ordinal == alert.ordinal else None
        value = issue.step.value
        if value is None and limit is None:
            return []
        against = (_plain(value, limit, alert.unit),)
    pairs: list[Pair] = []
    for each in against:
        tail = f":{each.name}" if each.name and len(against) > 1 else ""
        if each.value is not None:
            pairs.append(Pair(f"value{tail}", f"{each.value:.10g}"))
        pairs.append(Pair(f"unit{tail}", each.unit or "1"))
        if each.limit == each.limit:  # not a number where nobody knows the limit of an old step
            pairs.append(Pair(f"limit{tail}", f"{each.limit:.10g}"))
    return pairs


def _plain(value: float | None, limit: float | None, unit: str) -> Against:
    nothing = float("nan")
    return Against(
        name="", name_zh="", value=value, limit=nothing if limit is None else limit, unit=unit
    )


def _near(card: Card) -> list[Pair]:
    """Give who and what is near, nearest first, and what is short."""
    pairs: list[Pair] = []
    for name, found in (
        ("team", card.teams),
        ("supplies", card.supplies),
        ("camera", card.cameras),
    ):
        for each in found[:_SHOWN]:
            minutes = "" if each.travel_s is None else f", {max(1, round(each.travel_s / 60))} min"
            items = ", ".join(f"{item} {count:g} {unit}" for item, count, unit in each.items)
            said = f"{each.name}, {each.distance_m:.0f} m{minutes}"
            pairs.append(Pair(name, "; ".join(part for part in (said, items) if part)))
    pairs += [Pair("shortfall", text) for text in card.shortfall[:_SHOWN]]
    if card.missing:
        pairs.append(Pair("card_missing", card.missing))
    return pairs
