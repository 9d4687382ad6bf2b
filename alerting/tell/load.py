"""Reads inhibitions.yaml: the table that comes with the program, and what a district adds."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alerting.model import AlertKind, Severity
from alerting.mute import Matcher
from alerting.tell.inhibit import Inhibition, InhibitionTable
from sensors.document import Fault, FileModel, check_model, load_yaml

INHIBITIONS_FILE = "inhibitions.yaml"
OWN_TABLE = Path(__file__).parent / INHIBITIONS_FILE

Word = Annotated[str, Field(min_length=1, max_length=160)]


class MatcherEntry(FileModel):
    """Which alerts; what is left out takes any."""

    sites: list[Word] = Field(default=[], max_length=100)
    devices: list[Word] = Field(default=[], max_length=100)
    hazards: list[Word] = Field(default=[], max_length=100)
    kinds: list[AlertKind] = Field(default=[], max_length=10)
    rules: list[Word] = Field(default=[], max_length=100)
    at_least: Literal["minor", "moderate", "severe", "extreme"] = "minor"

    def matcher(self) -> Matcher:
        """Give the matcher; it takes extreme alerts too."""
        return Matcher(
            sites=frozenset(self.sites),
            devices=frozenset(self.devices),
            hazards=frozenset(self.hazards),
            kinds=frozenset(self.kinds),
            rules=frozenset(self.rules),
            at_least=Severity.of(self.at_least),
            at_most=Severity.EXTREME,
        )


class InhibitionEntry(FileModel):
    """One line of the table."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$", description="a-z, 0-9 and _")]
    why: Word
    confidence: Word = "D"
    same: Literal["device", "site", "gateway"] = "device"
    same_event_within: Annotated[float, Field(gt=0, le=600, description="seconds")] | None = None
    when: MatcherEntry
    hides: MatcherEntry


class InhibitionsFile(FileModel):
    """`gateways` names for each gateway (`site/device`) the devices behind it."""

    inhibitions: list[InhibitionEntry] = Field(default=[], max_length=200)
    gateways: dict[Word, list[Word]] = Field(default={}, max_length=10_000)


def load_inhibitions(directory: Path | None = None) -> tuple[InhibitionTable, list[Fault]]:
    """Load the program's table and a district's own file, where it has one."""
    paths = [OWN_TABLE]
    if directory is not None and (directory / INHIBITIONS_FILE).exists():
        paths.append(directory / INHIBITIONS_FILE)
    lines: dict[str, Inhibition] = {}
    gateways: dict[str, str] = {}
    faults: list[Fault] = []
    for path in paths:
        document = load_yaml(path)
        file, found = check_model(document, InhibitionsFile)
        faults += found
        if file is None:
            continue
        for n, entry in enumerate(file.inhibitions):
            if entry.same_event_within is not None and path != OWN_TABLE:
                what = f"{entry.name} would hide extreme alerts, which only the program's own may"
                fix = "leave it out"
                faults.append(
                    document.fault(("inhibitions", n, "same_event_within"), what, fix=fix)
                )
            elif _hides_all(entry.hides):
                what = f"{entry.name} hides every alert of its {entry.same}"
                fix = "name rules, hazards or kinds"
                faults.append(document.fault(("inhibitions", n, "hides"), what, fix=fix))
            else:
                lines[entry.name] = _line(entry)
        for gateway, devices in file.gateways.items():
            gateways.update(dict.fromkeys(devices, gateway))
    return InhibitionTable(lines=tuple(lines.values()), gateways=gateways), faults


def _hides_all(entry: MatcherEntry) -> bool:
    return not (entry.rules or entry.hazards or entry.kinds)


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _line(entry: InhibitionEntry) -> Inhibition:
    return Inhibition(
        name=entry.name,
        why=entry.why,
        when=entry.when.matcher(),
        hides=entry.hides.matcher(),
        scope=entry.same,
        same_within=_span(entry.same_event_within),
    )
