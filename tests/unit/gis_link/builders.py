"""Short ways to make the entries these tests need, and the place they lie around."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from pyproj import Geod

from gis_link.model import Camera, CameraStatus, Depot, Place, Position, Stock, Team, Tier
from gis_link.need import BUILT_IN, CAPABILITIES, ITEMS

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HERE = Position(23.25, 113.28)
_GEOD = Geod(ellps="WGS84")
HAZARDS = tuple(BUILT_IN.hazards)


def away(metres: float, bearing_deg: float = 90.0, origin: Position = HERE) -> Position:
    """Give the position this far from the origin."""
    lon, lat, _ = _GEOD.fwd(origin.lon, origin.lat, bearing_deg, metres)
    return Position(lat, lon)


def brute_force_m(origin: Position, to: Position) -> float:
    return float(_GEOD.inv(origin.lon, origin.lat, to.lon, to.lat)[2])


def team(
    name: str,
    metres: float,
    *capabilities: str,
    on_duty: bool = True,
    as_of: datetime | None = NOW,
    base: Position | None = None,
) -> Team:
    return Team(
        id=name,
        name=name,
        capabilities=frozenset(capabilities),
        strength=10,
        on_duty=on_duty,
        phone="+86 000 0000 0000",
        position=away(metres),
        as_of=as_of,
        base=base,
    )


def depot(name: str, metres: float, *stock: Stock) -> Depot:
    return Depot(id=name, name=name, position=away(metres), keeper="", phone="", stock=stock)


def stock(item: str, quantity: float, **more: object) -> Stock:
    return Stock(item=item, quantity=quantity, unit=ITEMS[item].unit, **more)  # type: ignore[arg-type]


def camera(
    position: Position,
    heading_deg: float = 0.0,
    hfov_deg: float = 60.0,
    range_m: float = 100.0,
    **more: object,
) -> Camera:
    values: dict[str, object] = {"id": "C", "name": "C", "status": CameraStatus.ONLINE, **more}
    return Camera(
        position=position,
        heading_deg=heading_deg,
        hfov_deg=hfov_deg,
        range_m=range_m,
        **values,  # type: ignore[arg-type]
    )


def scattered(n: int, seed: int) -> list[Position]:
    """Give points in and around one district, some on the same spot, some in one heap."""
    dice = random.Random(seed)
    points = [
        Position(dice.uniform(23.1, 23.5), dice.uniform(113.1, 113.5)) for _ in range(n * 3 // 4)
    ]
    heap = dice.choice(points)
    while len(points) < n:
        points.append(Position(heap.lat + dice.gauss(0, 2e-4), heap.lon + dice.gauss(0, 2e-4)))
    points[1] = points[0]
    return points


def crowd(n: int, seed: int = 1) -> tuple[Sequence[Team], Sequence[Depot], Sequence[Camera]]:
    """Give n resources of one district: a quarter teams, a quarter depots, half cameras."""
    dice = random.Random(seed)
    capabilities, items = sorted(CAPABILITIES), sorted(ITEMS)
    points = scattered(n, seed)
    dice.shuffle(points)
    teams = [
        Team(
            id=f"T{i}",
            name=f"Team {i}",
            capabilities=frozenset(dice.sample(capabilities, 2)),
            strength=9,
            on_duty=dice.random() < 0.9,
            phone="+86 000 0000 0000",
            position=at,
        )
        for i, at in enumerate(points[: n // 4])
    ]
    depots = [
        Depot(
            id=f"D{i}",
            name=f"Depot {i}",
            position=at,
            keeper="",
            phone="",
            stock=tuple(stock(item, dice.choice((2, 5, 500))) for item in dice.sample(items, 6)),
        )
        for i, at in enumerate(points[n // 4 : n // 2])
    ]
    cameras = [
        camera(at, dice.uniform(0, 360), dice.choice((60.0, 90.0)), dice.choice((60.0, 120.0)))
        for at in points[n // 2 :]
    ]
    return teams, depots, cameras


def place(tier: Tier, code: str, outline: object, **more: object) -> Place:
    return Place(
        tier=tier,
        code=code,
        name=code.title(),
        outline=outline,
        file="map.geojson",
        line=1,
        **more,  # type: ignore[arg-type]
    )
