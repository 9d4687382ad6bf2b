"""Several quantities against each other: rain and stage, load and lift, force and displacement."""

from typing import NamedTuple

from sensors.model import Qc
from sensors.qc.checks import Against, InRain
from sensors.qc.verdict import Verdict

NAME = "several quantities"
_PASS = Verdict(Qc.PASS, NAME)


class Spread(NamedTuple):
    """Smallest and largest value within a window that readings cover."""

    low: float
    high: float

    @property
    def change(self) -> float:
        """Give how far the values lie apart."""
        return self.high - self.low


def in_rain(stage: Spread | None, rain_mm: float | None, limits: InRain) -> Verdict:
    """Suspect a stage that does not move while it rains hard nearby; None: not known."""
    if stage is None or rain_mm is None:
        what = "stage" if stage is None else "rain nearby"
        return Verdict(Qc.NOT_EVALUATED, NAME, f"the {what} is not known over the window")
    if rain_mm <= limits.rain_mm:
        return Verdict(Qc.NOT_EVALUATED, NAME, "it did not rain enough to tell")
    if stage.change > limits.change:
        return _PASS
    hours = limits.window_s / 3600
    reason = f"changed by {stage.change:.3g} m in {hours:g} h while {rain_mm:.3g} mm fell nearby"
    return Verdict(Qc.SUSPECT, NAME, reason)


def against(own: Spread | None, partner: Spread | None, limits: Against) -> Verdict:
    """Suspect a value that stands still, or moves, where its partner says the opposite."""
    if own is None or partner is None:
        what = "it" if own is None else limits.partner
        return Verdict(Qc.NOT_EVALUATED, NAME, f"{what} is not known over the window")
    in_state = limits.low <= partner.low and partner.high <= limits.high
    if not in_state or partner.change > limits.still:
        return Verdict(Qc.NOT_EVALUATED, NAME, f"{limits.partner} says nothing about it")
    if not (own.change == 0.0 if limits.moves == 0.0 else own.change >= limits.moves):
        return _PASS
    how = "did not change" if limits.moves == 0.0 else f"moved by {own.change:.4g}"
    partners = f"{limits.partner} was {partner.low:g} to {partner.high:g}"
    return Verdict(Qc.SUSPECT, NAME, f"{how} in {limits.window_s:.0f} s while {partners}")


def against_amount(own: Spread | None, fallen: float | None, limits: Against) -> Verdict:
    """Suspect a counter that stands still while the amounts beside it add up; None: not known."""
    if own is None or fallen is None:
        what = "it" if own is None else limits.partner
        return Verdict(Qc.NOT_EVALUATED, NAME, f"{what} is not known over the window")
    if fallen <= limits.adds_up:
        return Verdict(Qc.NOT_EVALUATED, NAME, f"{limits.partner} says nothing about it")
    if own.change > limits.moves:
        return _PASS
    minutes = limits.window_s / 60
    how = "did not change" if own.change == 0.0 else f"moved by {own.change:.4g}"
    reason = f"{how} in {minutes:.0f} min while {limits.partner} adds up to {fallen:.4g}"
    return Verdict(Qc.SUSPECT, NAME, reason)
