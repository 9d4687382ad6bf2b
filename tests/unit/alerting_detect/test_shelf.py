"""A model file is used only when it is exactly what this installation signed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import skops.io
from sklearn.tree import DecisionTreeRegressor

from alerting.detect.errors import NothingShelved, ShelfError, Tampered, Unsupported
from alerting.detect.features import Sample
from alerting.detect.forest import Forest
from alerting.detect.seal import sealed
from alerting.detect.shelf import ALLOWED_TYPES, Manifest, Shelf

KEY = b"a key of sixteen bytes or more"
CraneDays = Callable[..., list[Sample]]


@pytest.fixture
def shelf(tmp_path: Path, forest: Forest) -> Shelf:
    shelf = Shelf(tmp_path, KEY)
    shelf.save(forest)
    return shelf


def model_path(folder: Path) -> Path:
    return next(folder.glob("crane-*.skops"))


def resign(folder: Path, **fields: object) -> None:
    """Change the manifest as somebody who holds the key could."""
    path = folder / "crane.json"
    manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    changed = msgspec.structs.replace(manifest, **fields)
    path.write_bytes(sealed(changed, KEY))


def test_a_saved_forest_comes_back_with_the_same_answers(
    shelf: Shelf, forest: Forest, cranes: CraneDays
) -> None:
    rows = cranes(1, 2, first_day=20)
    rows[100:110] = [
        row._replace(values={**row.values, "tilt_x_deg": 9.0}) for row in rows[100:110]
    ]
    again = shelf.load_forest("crane")
    assert again.examine(rows) == forest.examine(rows)
    assert (again.keys, again.features) == (forest.keys, forest.features)
    assert (again.threshold, again.n_rows) == (forest.threshold, forest.n_rows)
    assert again.trained_until_s == forest.trained_until_s


def test_a_kind_never_saved_is_said_so(shelf: Shelf) -> None:
    with pytest.raises(NothingShelved, match="no model of pit"):
        shelf.load("pit")
    with pytest.raises(Unsupported, match="is none of crane, hoist"):
        shelf.load("../crane")


@pytest.mark.parametrize("where", [0, 0.3, 0.5, 0.999])
def test_one_changed_byte_in_the_model_is_refused(
    shelf: Shelf, tmp_path: Path, where: float
) -> None:
    path = model_path(tmp_path)
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(Tampered, match="not what the manifest was signed for"):
        shelf.load("crane")


@pytest.mark.parametrize("name", ["model", "manifest"])
def test_a_truncated_or_missing_file_is_refused(shelf: Shelf, tmp_path: Path, name: str) -> None:
    path = model_path(tmp_path) if name == "model" else tmp_path / "crane.json"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Tampered):
        shelf.load("crane")
    path.unlink()
    with pytest.raises(Tampered if name == "model" else NothingShelved):
        shelf.load("crane")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold", 99.0),
        ("kind", "hoist"),
        ("file", "../../etc/passwd"),
        ("hmac", ""),
        ("hmac", "é"),
        ("trained_until_s", 1.0),
        ("keys", ["other"]),
    ],
)
def test_any_changed_field_of_the_manifest_breaks_its_signature(
    shelf: Shelf, tmp_path: Path, field: str, value: object
) -> None:
    path = tmp_path / "crane.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, field: value}))
    with pytest.raises(Tampered, match="signature does not match"):
        shelf.load("crane")


def test_another_installations_key_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.load("crane").kind == "crane"
    with pytest.raises(Tampered, match="this installation's model key"):
        Shelf(tmp_path, b"another key of sixteen bytes").load("crane")
    with pytest.raises(ValueError, match="at least 16"):
        Shelf(tmp_path, b"short")


def test_files_of_two_kinds_cannot_be_swapped(shelf: Shelf, tmp_path: Path, forest: Forest) -> None:
    shelf.save(replace(forest, kind="hoist"))
    crane, hoist = tmp_path / "crane.json", tmp_path / "hoist.json"
    crane_text, hoist_text = crane.read_bytes(), hoist.read_bytes()
    crane.write_bytes(hoist_text)
    hoist.write_bytes(crane_text)
    with pytest.raises(Unsupported, match="a model of hoist, wanted is one of crane"):
        shelf.load("crane")
    crane.write_bytes(crane_text)
    other = next(tmp_path.glob("hoist-*.skops"))
    model_path(tmp_path).write_bytes(other.read_bytes())
    with pytest.raises(Tampered):
        shelf.load("crane")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"version": 3}, "version 3, this program reads groundwatch-forest version 2"),
        ({"format": "something-else"}, "something-else version 2"),
        ({"sklearn": "0.1"}, "made with scikit-learn 0.1"),
        ({"features": ["wind_ms"]}, "by 1 features"),
    ],
)
def test_a_signed_file_of_another_version_is_refused_with_what_to_do(
    shelf: Shelf, tmp_path: Path, fields: dict[str, object], wanted: str
) -> None:
    resign(tmp_path, **fields)
    with pytest.raises(Unsupported, match=wanted):
        shelf.load("crane")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"forest": Path("a")}, r"types that are not allowed: pathlib"),
        ({"forest": DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0])}, "not a forest with"),
        ([1, 2, 3], "is not a forest with its scales"),
    ],
)
def test_a_signed_file_with_other_content_is_refused(
    shelf: Shelf, tmp_path: Path, content: object, wanted: str
) -> None:
    model = skops.io.dumps(content)
    model_path(tmp_path).write_bytes(model)
    resign(tmp_path, sha256=hashlib.sha256(model).hexdigest())
    with pytest.raises(Unsupported, match=wanted):
        shelf.load("crane")


def test_a_type_smuggled_into_the_scales_is_refused(tmp_path: Path, forest: Forest) -> None:
    class Smuggled:
        """Any type that is not on the list."""

    shelf = Shelf(tmp_path, KEY)
    forest.model.smuggled = Smuggled()
    try:
        shelf.save(forest)
    finally:
        del forest.model.smuggled
    with pytest.raises(Unsupported, match=r"not allowed: .*Smuggled"):
        shelf.load("crane")


def test_the_list_of_allowed_types_is_the_one_that_was_reviewed() -> None:
    assert ALLOWED_TYPES == ("sklearn.tree._tree.Tree",)


def test_saving_again_replaces_the_old_model_and_leaves_nothing_behind(
    shelf: Shelf, tmp_path: Path, forest: Forest
) -> None:
    first = model_path(tmp_path)
    path = shelf.save(replace(forest, threshold=forest.threshold + 0.1))
    assert shelf.load_forest("crane").threshold == forest.threshold + 0.1
    assert sorted(found.name for found in tmp_path.iterdir()) == sorted(["crane.json", path.name])
    assert first == path or not first.exists()


def test_a_save_cut_short_before_the_switch_leaves_the_old_model_in_use(
    shelf: Shelf, tmp_path: Path, forest: Forest
) -> None:
    (tmp_path / "crane-0123456789abcdef.skops").write_bytes(b"half a mod")
    (tmp_path / ".crane.json.new").write_bytes(b"{")
    assert shelf.load_forest("crane").threshold == forest.threshold


def test_every_refusal_is_a_shelf_error() -> None:
    assert all(issubclass(kind, ShelfError) for kind in (NothingShelved, Tampered, Unsupported))
