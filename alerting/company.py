"""Sensors in company: each held against others nearby or beside it, over time that is settled.

A rain gauge against the gauges around it, a stage against the rain, a load against the lift, a
force against the displacement. The tests are pure (`sensors.qc`); here they get their windows. A
sensor that is contradicted stays doubtful until a later look finds it in agreement: a look that
cannot tell changes nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from alerting.screen import Found
from alerting.watch import Watch
from sensors.model import Qc
from sensors.qc.location import metres_between
from sensors.qc.neighbour import Near, neighbour, weighted_mean
from sensors.qc.partner import Spread, against, against_amount, in_rain
from sensors.qc.verdict import Verdict, worst

_RAIN = "rain_mm"
_LOOK_EVERY_S = 60.0
_HOUR_S = 3600.0
_LEAST_READINGS = 3
_KM_PER_DEGREE = 111.2


class Opinion(NamedTuple):
    """What its company says of one sensor, for the readings of since <= t <= until."""

    watch: Watch
    verdict: Verdict
    since_s: float
    until_s: float

    def found(self) -> list[Found]:
        """Give the verdict on every reading of that time."""
        history, verdict = self.watch.history, self.verdict
        places = range(
            bisect_left(history.times, self.since_s), bisect_right(history.times, self.until_s)
        )
        return [
            Found(
                history.times[place],
                history.values[place],
                history.flags[place],
                int(verdict.flag),
                verdict.test,
                verdict.reason,
            )
            for place in places
        ]


class _Member(NamedTuple):
    """One sensor with what it is held against: gauges by distance, partners at its device."""

    watch: Watch
    gauges: Sequence[tuple[float, Watch]]
    partners: Sequence[Watch]


class Company:
    """Who is held against whom, and when they were looked at last."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        """Find every sensor's company once; positions do not change while the program runs."""
        every = list(watches)
        gauges = sorted(
            (watch for watch in every if watch.key.quantity == _RAIN),
            key=lambda watch: watch.sensor.position.lat,
        )
        lats = [gauge.sensor.position.lat for gauge in gauges]
        devices: dict[tuple[str, str, str], list[Watch]] = {}
        for watch in every:
            key = (watch.key.site, watch.key.device, watch.key.quantity)
            devices.setdefault(key, []).append(watch)
        self._hourly: list[_Member] = []
        self._often: list[_Member] = []
        for watch in every:
            checks = watch.sensor.checks
            radius_km = max(c.radius_km if c else 0.0 for c in (checks.neighbour, checks.in_rain))
            if radius_km and (near := _near(watch, gauges, lats, radius_km)):
                self._hourly.append(_Member(watch, near, ()))
            if checks.against is not None:
                place = (watch.key.site, watch.key.device, checks.against.partner)
                self._add_partners(watch, devices.get(place, []), checks.against.window_s)
        self._looked_s = 0.0
        self._hour_s = 0.0

    def _add_partners(self, watch: Watch, found: Sequence[Watch], window_s: float) -> None:
        same_point = [partner for partner in found if partner.key.point == watch.key.point]
        partners = same_point or found
        for partner in partners:
            partner.feed(window_s + watch.lateness_s)
        if partners:
            watch.feed(window_s + watch.lateness_s)
            self._often.append(_Member(watch, (), partners))

    def look(self, now_s: float) -> list[Opinion]:
        """Give what company says now: partners each minute, neighbours for each settled hour."""
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return []
        self._looked_s = now_s
        said = [_of_partners(member, now_s) for member in self._often]
        hour_s = now_s // _HOUR_S * _HOUR_S
        is_settled = all(now_s - hour_s > member.watch.lateness_s for member in self._hourly)
        if hour_s > self._hour_s and is_settled:
            self._hour_s = hour_s
            said += [_of_gauges(member, hour_s) for member in self._hourly]
        return [opinion for opinion in said if opinion.verdict.flag != Qc.NOT_EVALUATED]


def _near(
    watch: Watch, gauges: Sequence[Watch], lats: Sequence[float], radius_km: float
) -> list[tuple[float, Watch]]:
    """List the gauges within the radius, nearest first, without the sensor itself."""
    home = watch.sensor.position
    reach = radius_km / _KM_PER_DEGREE
    inside = gauges[bisect_left(lats, home.lat - reach) : bisect_right(lats, home.lat + reach)]
    found = [
        (km, gauge)
        for gauge in inside
        if gauge is not watch
        and (km := metres_between(home, gauge.sensor.position) / 1000.0) <= radius_km
    ]
    return sorted(found, key=lambda entry: (entry[0], entry[1].key))


def _of_partners(member: _Member, now_s: float) -> Opinion:
    watch = member.watch
    limits = watch.sensor.checks.against
    until_s = now_s - watch.lateness_s
    if limits is None:
        return Opinion(watch, worst(()), until_s, until_s)
    since_s = until_s - limits.window_s
    own = _spread(watch, since_s, until_s)
    if limits.adds_up:
        fallen = [_amount(partner, since_s, until_s) for partner in member.partners]
        sure = [each for each in fallen if each is not None]
        least = min(sure) if len(sure) == len(fallen) else None
        return Opinion(watch, against_amount(own, least, limits), since_s, until_s)
    partners = [_spread(partner, since_s, until_s) for partner in member.partners]
    known = [spread for spread in partners if spread is not None]
    together = max(known, key=lambda spread: spread.change) if len(known) == len(partners) else None
    if together is not None and limits.moves == 0.0:
        together = Spread(min(s.low for s in known), max(s.high for s in known))
    verdict = against(own, together, limits)
    return Opinion(watch, verdict, since_s, until_s)


def _of_gauges(member: _Member, until_s: float) -> Opinion:
    watch = member.watch
    checks = watch.sensor.checks
    verdicts: list[Verdict] = []
    window_s = 0.0
    if (alike := checks.neighbour) is not None:
        window_s = alike.window_s
        amount = _amount(watch, until_s - window_s, until_s)
        if amount is not None:
            verdicts.append(neighbour(amount, _amounts(member, window_s, until_s), alike))
    if (rained := checks.in_rain) is not None:
        window_s = rained.window_s
        near = _amounts(member, window_s, until_s)
        rain_mm = weighted_mean(near) if len(near) >= rained.fewest else None
        spread = _spread(watch, until_s - window_s, until_s)
        verdicts.append(in_rain(spread, rain_mm, rained))
    return Opinion(watch, worst(verdicts), until_s - window_s, until_s)


def _amounts(member: _Member, window_s: float, until_s: float) -> list[Near]:
    """Give what the gauges around measured, of those that spoke and are not doubted themselves."""
    found = [
        (km, _amount(gauge, until_s - window_s, until_s))
        for km, gauge in member.gauges
        if not gauge.is_doubted
    ]
    return [Near(km, amount) for km, amount in found if amount is not None]


def _amount(watch: Watch, since_s: float, until_s: float) -> float | None:
    """Add up a gauge's readings of (since, until]; None unless it spoke before, in and after it."""
    times = watch.history.times
    if not times or times[0] > since_s or times[-1] < until_s:
        return None
    first, last = bisect_right(times, since_s), bisect_right(times, until_s)
    return sum(watch.history.values[first:last]) if last > first else None


def _spread(watch: Watch, since_s: float, until_s: float) -> Spread | None:
    """Give the span of a sensor's values in (since, until]; None unless readings cover it."""
    times = watch.history.times
    if not times or times[0] > since_s or times[-1] < until_s:
        return None
    first, last = bisect_right(times, since_s), bisect_right(times, until_s)
    if last - first < _LEAST_READINGS:
        return None
    values = watch.history.values[first:last]
    return Spread(min(values), max(values))
