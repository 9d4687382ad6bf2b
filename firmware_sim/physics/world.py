"""The weather over the district and the scripted events, as pure functions of simulated time.

Everything here may be asked for any instant in any order; only the noise of an instrument has a
memory, and that lives with the instrument.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from firmware_sim.events import Event
from firmware_sim.nature import Nature
from firmware_sim.physics.ground import smooth
from firmware_sim.physics.hyetograph import Chicago
from firmware_sim.site import DeviceSpec

# Guangzhou's clock; the day's warmth and the tide follow it.
_LOCAL = timedelta(hours=8)
_DAY_S = 86400.0


class World:
    """What every device of one run shares: start, seed, events, neighbours and weather."""

    def __init__(
        self,
        *,
        start: datetime,
        seed: int,
        events: Sequence[Event] = (),
        devices: Sequence[DeviceSpec] = (),
        nature: Nature | None = None,
    ) -> None:
        self.start = start
        self.seed = seed
        self.devices = tuple(devices)
        self.nature = nature or Nature()
        self.events = tuple(sorted(events, key=lambda event: event.at_s))
        self._waves: dict[str, Waves] = {}
        self._acting: dict[tuple[str, str, str], list[Event]] = {}
        self._designed: dict[int, Chicago] = {}
        self._shares: dict[str, float] = {}
        self._midnight_s = _seconds_of_day(start)

    def random(self, *names: str) -> Random:
        """Give a generator for `names`; the same names and seed give the same numbers."""
        return Random("|".join((str(self.seed), *names)))

    def acting(self, deed: str, site: str, device: str = "*", point: str = "*") -> list[Event]:
        """Give the events of one deed that touch a place, in order of time."""
        return [e for e in self.events if e.deed == deed and e.touches(site, device, point)]

    def hour(self, t_s: float) -> float:
        """Give the local hour of the day, 0 to 24."""
        return ((self._midnight_s + t_s) % _DAY_S) / 3600.0

    def air_degc(self, site: str, t_s: float) -> float:
        """Give the air temperature: warmest at three in the afternoon, coldest twelve hours on."""
        nature = self.nature
        swing = nature("air", "swing_k") * math.cos((self.hour(t_s) - 15.0) / 24.0 * math.tau)
        hot = sum(
            event.params["kelvin"] * trapezoid(t_s - event.at_s, event.params)
            for event in self._remembered("heat", site, "*")
        )
        slow = 0.8 * self._wave(f"{site}|air", 3.0 * 3600.0)(t_s)
        return nature("air", "mean_degc") + swing + slow + hot

    def tide(self, t_s: float) -> float:
        """Give the tide as a share of its amplitude: half-daily alone, between -1 and 1."""
        half_daily_s = self.nature("water", "tide_h") * 3600.0
        return math.sin((self._midnight_s + t_s) / half_daily_s * math.tau)

    def delta_tide(self, t_s: float) -> float:
        """Give the mixed tide of the delta, between -1 and 1: half-daily and daily parts."""
        daily = self.nature("water", "diurnal_share")
        half_daily_s = self.nature("water", "tide_h") * 3600.0
        slow = math.sin((self._midnight_s + t_s) / (2.0 * half_daily_s) * math.tau)
        return (1.0 - daily) * self.tide(t_s) + daily * slow

    def rain_mm_per_h(self, site: str, device: str, t_s: float) -> float:
        """Give the rain intensity over one gauge; 0 where no storm stands."""
        total = 0.0
        for event in self._remembered("rain_storm", site, device):
            share = trapezoid(t_s - event.at_s, event.params)
            if share > 0.0:
                total += event.params["peak_mm_per_h"] * share * self._place(event, site, device)
        for event in self._remembered("design_storm", site, device):
            total += self._chicago(event).intensity_mm_per_h(t_s - event.at_s) * self._place(
                event, site, device
            )
        if total > 0.0:
            uneven = self.nature("rain", "gusts")
            total *= 1.0 + uneven * self._wave(f"{site}/{device}|rain", 420.0)(t_s)
        return total

    def wind(self, site: str, device: str, t_s: float) -> tuple[float, float]:
        """Give the mean wind in m/s at one machine and its turbulence intensity."""
        nature = self.nature
        swing = nature("wind", "calm_swing_ms") * self._wave(f"{site}|wind", 1800.0)(t_s)
        mean, turbulence = nature("wind", "calm_ms") + swing, nature("wind", "calm_turbulence")
        for event in self._remembered("wind", site, device):
            share = trapezoid(t_s - event.at_s, event.params)
            if share > 0.0 and event.params["mean_ms"] * share > mean:
                mean, turbulence = event.params["mean_ms"] * share, event.params["turbulence"]
        return max(mean, 0.3), turbulence

    def wind_from_deg(self, site: str, t_s: float) -> float:
        """Give the direction the wind blows from."""
        return (135.0 + 25.0 * self._wave(f"{site}|from", 5400.0)(t_s)) % 360.0

    def _wave(self, name: str, period_s: float) -> "Waves":
        wave = self._waves.get(name)
        if wave is None:
            wave = self._waves[name] = Waves(self.random(name), period_s)
        return wave

    def _place(self, event: Event, site: str, device: str) -> float:
        """Give what share of a storm falls on one place."""
        return 1.0 - event.params["spread"] * self._share(f"{site}/{device}")

    def _chicago(self, event: Event) -> Chicago:
        storm = self._designed.get(id(event))
        if storm is None:
            params = event.params
            storm = self._designed[id(event)] = Chicago(
                depth_mm=params["depth_mm"],
                length_s=params["over"],
                peak_share=params["peak_share"],
            )
        return storm

    def _remembered(self, deed: str, site: str, device: str) -> list[Event]:
        key = (deed, site, device)
        found = self._acting.get(key)
        if found is None:
            found = self._acting[key] = self.acting(deed, site, device)
        return found

    def _share(self, place: str) -> float:
        share = self._shares.get(place)
        if share is None:
            share = self._shares[place] = self.random(place, "share").random()
        return share


class Waves:
    """A smooth wander between about -1 and 1: three incommensurate sines with seeded phases."""

    def __init__(self, random: Random, period_s: float) -> None:
        self._parts = [
            (weight, math.tau / (period_s * stretch), random.random() * math.tau)
            for weight, stretch in ((0.5, 1.0), (0.3, 0.38), (0.2, 2.7))
        ]

    def __call__(self, t_s: float) -> float:
        return sum(w * math.sin(omega * t_s + phase) for w, omega, phase in self._parts)


def trapezoid(since_s: float, params: dict[str, float]) -> float:
    """Give 0 to 1 for `rise`, `hold`, `fall` seconds, with soft corners."""
    rise, hold, fall = params["rise"], params["hold"], params["fall"]
    if since_s <= 0.0 or since_s >= rise + hold + fall:
        return 0.0
    if since_s < rise:
        return smooth(since_s / rise)
    if since_s <= rise + hold:
        return 1.0
    return smooth((rise + hold + fall - since_s) / fall)


def lasting(events: Sequence[Event], t_s: float) -> Event | None:
    """Give the latest event that lasts at `t_s`."""
    for event in reversed(events):
        if event.at_s <= t_s < event.at_s + event.params["lasting"]:
            return event
    return None


def _seconds_of_day(start: datetime) -> float:
    local = start + _LOCAL
    return local.hour * 3600.0 + local.minute * 60.0 + local.second
