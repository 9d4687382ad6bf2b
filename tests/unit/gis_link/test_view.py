"""Which cameras see a point: the geometry as a table, and the order of the answer."""

import random
from datetime import timedelta
from typing import Any

import pytest

from gis_link.ground import bearing_deg
from gis_link.model import Camera, CameraStatus, Preset, Ptz
from gis_link.shelf import Shelf
from gis_link.view import Views, detail_of, px_per_m, turn_deg, why_not
from tests.unit.gis_link.builders import HERE, NOW, away, brute_force_m, camera, scattered


def sees(one: Camera) -> bool:
    return bool(Views(Shelf(Camera, [one])).seeing(HERE, NOW))


# From the point at HERE: metres and bearing of the camera, then how it is set, and whether it sees.
GEOMETRY = [
    ("straight ahead", 50, 180, 0, 60, 100, 0, True),
    ("turned away", 50, 180, 180, 60, 100, 0, False),
    ("inside half the field of view", 50, 180, 29, 60, 100, 0, True),
    ("outside half the field of view", 50, 180, 31, 60, 100, 0, False),
    ("inside on the other side, across north", 50, 180, 331, 60, 100, 0, True),
    ("outside on the other side, across north", 50, 180, 329, 60, 100, 0, False),
    ("too far", 101, 180, 0, 60, 100, 0, False),
    ("just near enough", 99, 180, 0, 60, 100, 0, True),
    ("nearer than it can show", 4, 180, 0, 60, 100, 5, False),
    ("just far enough", 6, 180, 0, 60, 100, 5, True),
    ("looks east from the west", 50, 270, 90, 60, 100, 0, True),
    ("heading 360 is north", 50, 180, 360, 60, 100, 0, True),
    ("a fish-eye sees behind itself", 50, 180, 180, 360, 100, 0, True),
    ("stands on the point", 0, 0, 180, 60, 100, 0, True),
    ("stands on the point and cannot look down", 0, 0, 180, 60, 100, 2, False),
]


@pytest.mark.parametrize(
    ("case", "metres", "from_point", "heading", "hfov", "range_m", "min_range_m", "expected"),
    GEOMETRY,
)
def test_a_fixed_camera_sees_its_sector(
    case: str,
    metres: float,
    from_point: float,
    heading: float,
    hfov: float,
    range_m: float,
    min_range_m: float,
    expected: bool,
) -> None:
    one = camera(away(metres, from_point), heading, hfov, range_m, min_range_m=min_range_m)
    assert sees(one) is expected, case


@pytest.mark.parametrize(
    ("case", "pan", "expected"),
    [
        ("turns all round", (0.0, 360.0), True),
        ("turns all round, written from 90 to 90", (90.0, 90.0), True),
        ("the bearing 0 lies inside 300 to 60", (300.0, 60.0), True),
        ("the bearing 0 lies outside 60 to 300", (60.0, 300.0), False),
        ("half its view reaches over the stop at 20", (20.0, 90.0), True),
        ("half its view does not reach over the stop at 40", (40.0, 90.0), False),
        ("half its view reaches over the stop at 340", (270.0, 340.0), True),
    ],
)
def test_a_turning_camera_sees_its_pan_range(
    case: str, pan: tuple[float, float], expected: bool
) -> None:
    one = camera(away(50, 180), 180.0, 60.0, ptz=Ptz(from_deg=pan[0], to_deg=pan[1]))
    assert sees(one) is expected, case


def test_the_preset_that_shows_the_point_is_named() -> None:
    ptz = Ptz(from_deg=0, to_deg=360, presets=(Preset("gate", 180.0), Preset("pit", 10.0)))
    [view] = Views(Shelf(Camera, [camera(away(50, 180), 90.0, ptz=ptz)])).seeing(HERE, NOW)
    assert "preset 'pit' shows it" in view.why
    bare = camera(away(50, 180), 90.0, ptz=Ptz(from_deg=0, to_deg=360))
    [view] = Views(Shelf(Camera, [bare])).seeing(HERE, NOW)
    assert "turn it to 0 degrees" in view.why


# Domain reference, table H3: at 1920 px wide, the distance at which a detail class begins.
@pytest.mark.parametrize(
    ("hfov", "metres", "detail"),
    [
        (90, 38, "detect"),
        (90, 39, "glimpse"),
        (90, 15, "observe"),
        (90, 7.6, "recognise"),
        (60, 66, "detect"),
        (60, 13, "recognise"),
        (30, 143, "detect"),
        (30, 57, "observe"),
        (30, 14, "identify"),
        (10, 438, "detect"),
        (10, 43.5, "identify"),
    ],
)
def test_detail_follows_the_pixels_on_a_metre(hfov: float, metres: float, detail: str) -> None:
    assert detail_of(px_per_m(camera(HERE, 0, hfov), metres)) == detail


def test_pixels_fall_with_distance_angle_and_height() -> None:
    near = px_per_m(camera(HERE, 0, 60), 20)
    assert near > px_per_m(camera(HERE, 0, 60), 21)
    assert near > px_per_m(camera(HERE, 0, 60, height_m=15), 20)
    widths = [px_per_m(camera(HERE, 0, hfov), 20) for hfov in (30, 60, 119, 121, 180, 360)]
    assert widths == sorted(widths, reverse=True)


def test_a_zoom_counts_for_detail() -> None:
    ptz = Ptz(from_deg=0, to_deg=360, tele_hfov_deg=5)
    assert px_per_m(camera(HERE, ptz=ptz), 50) > 8 * px_per_m(camera(HERE), 50)


def test_the_best_working_picture_comes_first_and_offline_ones_last() -> None:
    cameras = [
        camera(away(80, 180), 0, id="far"),
        camera(away(5, 180), 0, id="close but off", status=CameraStatus.OFFLINE),
        camera(away(20, 180), 0, id="near"),
        camera(away(30, 180), 0, id="maybe", status=CameraStatus.UNKNOWN),
    ]
    views = Views(Shelf(Camera, cameras)).seeing(HERE, NOW)
    assert [view.camera.id for view in views] == ["near", "maybe", "far", "close but off"]
    assert views[-1].why.startswith("OFFLINE: no picture now")
    assert "not known whether it works" in views[1].why
    assert [
        view.camera.id for view in Views(Shelf(Camera, cameras)).seeing(HERE, NOW, limit=1)
    ] == ["near"]


def test_a_camera_on_a_hill_is_found_beside_short_sighted_ones() -> None:
    cameras = [camera(away(90, 180), 0, id="near"), camera(away(5_000, 180), 0, 10, 8_000.0)]
    assert [view.camera.id for view in Views(Shelf(Camera, cameras)).seeing(HERE, NOW)] == [
        "near",
        "C",
    ]


def test_the_answer_is_that_of_asking_every_camera() -> None:
    dice = random.Random(8)
    cameras = [
        camera(
            at,
            dice.uniform(0, 360),
            dice.choice((10.0, 60.0, 180.0, 360.0)),
            dice.choice((60.0, 900.0, 2_500.0, 9_000.0)),
            id=str(n),
            min_range_m=dice.choice((0.0, 400.0)),
            ptz=dice.choice(
                (None, None, Ptz(from_deg=dice.uniform(0, 360), to_deg=dice.uniform(0, 360)))
            ),
        )
        for n, at in enumerate(scattered(1_500, seed=21))
    ]
    views = Views(Shelf(Camera, cameras))
    for at in (*scattered(30, seed=22), *(each.position for each in cameras[:10])):
        able = {
            each.id
            for each in cameras
            if why_not(each, brute_force_m(each.position, at), bearing_deg(each.position, at))
            is None
        }
        assert {view.camera.id for view in views.seeing(at, NOW, limit=len(cameras))} == able


def test_the_last_picture_says_how_old_it_is() -> None:
    one = camera(away(20, 180), 0, last_seen=NOW - timedelta(hours=3))
    assert Views(Shelf(Camera, [one])).seeing(HERE, NOW)[0].fresh == "as of 3 h ago"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (camera(away(300, 180), 0), "300 m is beyond its range of 100 m"),
        (camera(away(50, 180), 120), "it looks another way: 90 degrees outside its view"),
        (
            camera(away(50, 180), 0, ptz=Ptz(from_deg=90, to_deg=270)),
            "it cannot turn that way: 60 degrees outside its view",
        ),
        (camera(away(3, 180), 0, min_range_m=5), "3 m is nearer than the 5 m it can show"),
    ],
)
def test_the_nearest_camera_that_does_not_see_says_why(one: Camera, why: str) -> None:
    views = Views(Shelf(Camera, [one]))
    assert views.seeing(HERE, NOW) == []
    blocked = views.nearest_blocked(HERE)
    assert blocked is not None
    assert blocked.why == why


def test_no_cameras_see_nothing() -> None:
    assert Views(Shelf(Camera, [])).seeing(HERE, NOW) == []
    assert Views(Shelf(Camera, [])).nearest_blocked(HERE) is None


@pytest.mark.parametrize(("one", "other", "turn"), [(350, 10, 20), (10, 350, 20), (0, 180, 180)])
def test_turns_take_the_short_way(one: float, other: float, turn: float) -> None:
    assert turn_deg(one, other) == turn


UNSAID = [
    ("nothing but the place is on file", {"heading_deg": None, "hfov_deg": None}, True),
    ("looks about that way", {"heading_deg": 45.0, "hfov_deg": None}, True),
    ("looks the other way", {"heading_deg": 180.0, "hfov_deg": None}, False),
    ("no range on file and near", {"range_m": None}, True),
]


@pytest.mark.parametrize(("case", "unsaid", "is_shown"), UNSAID)
def test_a_camera_whose_view_is_not_on_file_comes_last_and_says_so(
    case: str, unsaid: dict[str, float | None], is_shown: bool
) -> None:
    values: Any = {"heading_deg": 0.0, "hfov_deg": 60.0, "range_m": 100.0, **unsaid}
    unknown = Camera(id="U", name="U", position=away(20, 180), status=CameraStatus.ONLINE, **values)
    known = camera(away(90, 180), 0.0, id="known")
    views = Views(Shelf(Camera, [unknown, known])).seeing(HERE, NOW)
    assert [view.camera.id for view in views] == ["known", "U"] if is_shown else ["known"], case
    if is_shown:
        assert views[-1].detail == "unknown"
        assert views[-1].px_per_m == 0.0
        assert "its view is not on file" in views[-1].why


def test_without_a_range_on_file_a_camera_far_away_is_not_shown_and_says_why() -> None:
    views = Views(Shelf(Camera, [Camera(id="U", name="U", position=away(150))]))
    assert views.seeing(HERE, NOW) == []
    blocked = views.nearest_blocked(HERE)
    assert blocked is not None
    assert blocked.why == "150 m is beyond the 100 m looked at, no range on file"


def test_the_preset_nearest_to_the_bearing_is_called() -> None:
    presets = (Preset("wide", 20.0), Preset("exact", 2.0), Preset("gate", 180.0))
    ptz = Ptz(from_deg=0, to_deg=360, presets=presets)
    [view] = Views(Shelf(Camera, [camera(away(50, 180), 90.0, ptz=ptz)])).seeing(HERE, NOW)
    assert view.preset == "exact"
    assert view.turn_to_deg == pytest.approx(360.0, abs=1e-6)
