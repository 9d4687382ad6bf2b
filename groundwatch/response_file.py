"""Reads response.yaml: how long alerts may be set aside, what is a storm, how long drills last.

The table that comes with the program (`groundwatch/response.yaml`) says every number and where it
is from. A district's own file beside its site files replaces what it names, part by part.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from alerting.gather.rules import SHORT_WAITS, StormRules
from alerting.model import Severity
from alerting.response.rules import DrillRules, ResponseRules
from alerting.tell.flap import FlapRules
from alerting.tell.silence import SilenceRules
from sensors.document import Document, Duration, Fault, FileModel, Refused, check_model, load_yaml
from sensors.duration import duration_text

RESPONSE_FILE = "response.yaml"
OWN_RESPONSE = Path(__file__).parent / RESPONSE_FILE

Source = Annotated[str, Field(min_length=1, max_length=300)]
Confidence = Literal["H", "S", "C", "D", "V"]


def _between(least: timedelta, most: timedelta) -> AfterValidator:
    def check(span: timedelta) -> timedelta:
        if least <= span <= most:
            return span
        allowed = f"{duration_text(least)} to {duration_text(most)}"
        raise Refused(f"{duration_text(span)} is out of range", allowed=allowed)

    return AfterValidator(check)


_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
Company = Annotated[Duration, _between(timedelta(0), 5 * _MINUTE)]
Aside = Annotated[Duration, _between(_MINUTE, 7 * _DAY)]
Span = Annotated[Duration, _between(_MINUTE, _DAY)]


class _Part(FileModel):
    """One part of the file; `source` and `confidence` are for readers."""

    source: Source | None = None
    confidence: Confidence | None = None


class _AsidePart(_Part):
    """How long by severity; a severity that is left out keeps the time it has."""

    minor: Aside | None = None
    moderate: Aside | None = None
    severe: Aside | None = None
    extreme: Annotated[Duration, _between(_MINUTE, 4 * _HOUR)] | None = None


class _ClosingPart(_Part):
    below: Literal["moderate", "severe", "extreme"] | None = None


class _FlappingPart(_Part):
    times: Annotated[int, Field(ge=2, le=100)] | None = None
    within: Span | None = None
    calm: Span | None = None


class _SilencePart(_Part):
    longest: Annotated[Duration, _between(_MINUTE, 30 * _DAY)] | None = None
    longest_with_extreme: Annotated[Duration, _between(_MINUTE, _DAY)] | None = None
    at_most: Annotated[int, Field(ge=1, le=10_000)] | None = None


class _CompanyPart(_Part):
    """There is no wait for extreme alerts: nothing lets them wait."""

    minor: Company | None = None
    moderate: Annotated[Duration, _between(timedelta(0), 2 * _MINUTE)] | None = None
    severe: Annotated[Duration, _between(timedelta(0), 30 * _SECOND)] | None = None


class _StormPart(_Part):
    most: Annotated[int, Field(ge=0, le=1000)] | None = None
    within: Annotated[Duration, _between(_MINUTE, _HOUR)] | None = None
    calm_below: Annotated[int, Field(ge=1, le=1000)] | None = None
    first_after: Annotated[Duration, _between(timedelta(0), _MINUTE)] | None = None
    every: Annotated[Duration, _between(10 * _SECOND, 10 * _MINUTE)] | None = None
    red_every: Annotated[Duration, _between(_SECOND, 8 * _SECOND)] | None = None
    remind_every: Annotated[Duration, _between(10 * _SECOND, 10 * _MINUTE)] | None = None


class _DrillPart(_Part):
    longest: Annotated[Duration, _between(_MINUTE, _DAY)] | None = None
    at_once: Annotated[int, Field(ge=1, le=50)] | None = None


class ResponsePart(FileModel):
    """What stands under `response:`."""

    shelf_at_most: _AsidePart = _AsidePart()
    false_at_most: _AsidePart = _AsidePart()
    closes_itself: _ClosingPart = _ClosingPart()
    flapping: _FlappingPart = _FlappingPart()
    silence: _SilencePart = _SilencePart()
    company: _CompanyPart = _CompanyPart()
    storm: _StormPart = _StormPart()
    drill: _DrillPart = _DrillPart()


class ResponseFile(FileModel):
    """The whole file."""

    response: ResponsePart


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePolicy:
    """What the files say about the response; `storm.most` 0 means that there are no storms."""

    people: ResponseRules = field(default_factory=ResponseRules)
    flapping: FlapRules = field(default_factory=FlapRules)
    silences: SilenceRules = field(default_factory=SilenceRules)
    company: Mapping[Severity, timedelta] = field(default_factory=lambda: SHORT_WAITS)
    storm: StormRules = field(default_factory=StormRules)
    drills: DrillRules = field(default_factory=DrillRules)


def load_response(directory: Path | None = None) -> tuple[ResponsePolicy, list[Fault]]:
    """Load the program's table, and over it a district's own file, where it has one."""
    paths = [OWN_RESPONSE]
    if directory is not None and (directory / RESPONSE_FILE).exists():
        paths.append(directory / RESPONSE_FILE)
    policy, faults = ResponsePolicy(), []
    for path in paths:
        document = load_yaml(path)
        file, found = check_model(document, ResponseFile)
        faults += found
        if file is None:
            continue
        wanted = _over(policy, file.response)
        wrong = list(_contradictions(document, wanted))
        faults += wrong
        policy = policy if wrong else wanted
    return policy, faults


def _over(policy: ResponsePolicy, part: ResponsePart) -> ResponsePolicy:
    below = part.closes_itself.below
    people = ResponseRules(
        shelf_at_most={**policy.people.shelf_at_most, **_by_severity(part.shelf_at_most)},
        false_at_most={**policy.people.false_at_most, **_by_severity(part.false_at_most)},
        closes_itself_below=Severity.of(below) if below else policy.people.closes_itself_below,
    )
    return ResponsePolicy(
        people=people,
        flapping=replace(policy.flapping, **_given(part.flapping)),
        silences=replace(policy.silences, **_given(part.silence)),
        company={**policy.company, **_by_severity(part.company)},
        storm=replace(policy.storm, **_given(part.storm)),
        drills=replace(policy.drills, **_given(part.drill)),
    )


def _given(part: _Part) -> dict[str, Any]:
    return part.model_dump(exclude={"source", "confidence"}, exclude_none=True)


def _by_severity(part: _Part) -> dict[Severity, timedelta]:
    return {
        Severity.of(name): span
        for name, span in _given(part).items()
        if isinstance(span, timedelta)
    }


def _contradictions(document: Document, policy: ResponsePolicy) -> Iterator[Fault]:
    """Find what is wrong only together: a worse alert set aside longer, a storm without an end."""
    asides = {
        "shelf_at_most": policy.people.shelf_at_most,
        "false_at_most": policy.people.false_at_most,
    }
    for name, spans in asides.items():
        for mild, bad in zip(Severity, list(Severity)[1:], strict=False):
            if spans[bad] > spans[mild]:
                what = f"{name}: {bad.word} may be set aside longer than {mild.word}"
                allowed = f"at most {duration_text(spans[mild])}, as for {mild.word}"
                yield document.fault(("response", name, bad.word), what, allowed=allowed)
    storm, silences = policy.storm, policy.silences
    if storm.most and storm.calm_below > storm.most:
        what = f"storm: over below {storm.calm_below}, but begins above {storm.most}"
        fix = "make `calm_below` smaller or `most` larger"
        yield document.fault(
            ("response", "storm", "calm_below"), what, allowed=f"at most {storm.most}", fix=fix
        )
    if silences.longest_with_extreme > silences.longest:
        what = "silence: with extreme alerts it may last longer than without"
        allowed = f"at most {duration_text(silences.longest)}"
        at = ("response", "silence", "longest_with_extreme")
        yield document.fault(at, what, allowed=allowed)
