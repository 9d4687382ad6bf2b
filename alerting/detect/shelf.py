"""Model files on disk: written whole or not at all, and read only when nothing about them is odd.

A model of numbers alone is one sealed file (`alerting.detect.seal`). A forest is two files:
`<kind>-<hash>.skops` with trees and scales, and `<kind>.json`, the manifest, which names the first,
its SHA-256, what it was trained on, and carries an HMAC of itself. The order of checks is:
signature of the manifest, kind and version, hash of the model file, then the types inside it
against a constant list. The last one stands apart from the signature on purpose: skops does not
check node indices inside trees, so only files that this program signed are opened at all, and
whoever holds the key can still not bring in a type that is not listed.
"""

import hashlib
import os
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from alerting.detect.errors import NothingShelved, Tampered, Unsupported
from alerting.detect.forest import Forest, Scales
from alerting.detect.learned import Learned
from alerting.detect.mast import N_TERMS, NAME, Mast, Masts
from alerting.detect.seal import Sealed, read_at_most, sealed, unsealed
from sensors.catalogue import KINDS

FORMAT: Final = "groundwatch-forest"
VERSION: Final = 2
MASTS_FORMAT: Final = "groundwatch-masts"
MASTS_VERSION: Final = 1
# Everything in an isolation forest that skops does not trust by itself; nothing may be added to it
# by looking into a file.
ALLOWED_TYPES: Final = ("sklearn.tree._tree.Tree",)
MIN_KEY_BYTES: Final = 16
_MAX_MODEL_BYTES: Final = 256 * 2**20


class Manifest(Sealed, frozen=True, kw_only=True):
    """What is known of a model file without opening it; `hmac` covers all other fields."""

    kind: str
    file: str
    sha256: str
    sklearn: str
    features: list[str]
    keys: list[str]
    lacking: dict[str, str]
    threshold: float
    n_rows: int
    n_held_days: int
    trained_from_s: float
    trained_until_s: float


class MastsFile(Sealed, frozen=True, kw_only=True):
    """The masts of all cranes as they are kept."""

    masts: dict[str, Mast]
    lacking: dict[str, str]
    n_rows: int
    trained_from_s: float
    trained_until_s: float


class Shelf:
    """A directory of sealed model files, one file or pair of files for each name of a model."""

    def __init__(self, directory: Path, key: bytes) -> None:
        """Use `directory` (made when first saving) and the secret `key`.

        Raises:
            ValueError: the key is shorter than 16 bytes.
        """
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"model key has {len(key)} bytes, at least {MIN_KEY_BYTES} are needed")
        self._directory = directory
        self._key = key

    def save(self, model: Learned) -> Path:
        """Write a model in the place of the old one; give its path.

        Raises:
            OSError: the directory cannot be written; the old model is still whole.
            TypeError: there is no file format for such a model.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        if isinstance(model, Forest):
            return self._save_forest(model)
        if isinstance(model, Masts):
            return self._save_masts(model)
        raise TypeError(f"{type(model).__name__}: only forests and masts are kept")

    def load(self, name: str) -> Learned:
        """Read one model after checking everything about it.

        Raises:
            NothingShelved: no model of this name was saved.
            Tampered: a file is not what was sealed.
            Unsupported: sound, but of another kind, version or library, or with other types.
            OSError: a file cannot be read.
        """
        return self._load_masts() if name == NAME else self.load_forest(name)

    def _save_masts(self, masts: Masts) -> Path:
        entry = MastsFile(
            format=MASTS_FORMAT,
            version=MASTS_VERSION,
            masts=dict(masts.masts),
            lacking=dict(masts.lacking),
            n_rows=masts.n_rows,
            trained_from_s=masts.trained_from_s,
            trained_until_s=masts.trained_until_s,
        )
        path = self._manifest_path(NAME)
        _write_whole(path, sealed(entry, self._key))
        return path

    def _load_masts(self) -> Masts:
        path = self._manifest_path(NAME)
        entry = unsealed(path, MastsFile, self._key, format_is=MASTS_FORMAT, version=MASTS_VERSION)
        if entry is None:
            raise NothingShelved(f"no model of {NAME} has been saved in {self._directory}")
        if any(len(mast.x) != N_TERMS or len(mast.y) != N_TERMS for mast in entry.masts.values()):
            raise Unsupported(f"{path}: a mast of other than {N_TERMS} terms; train again")
        return Masts(
            masts=entry.masts,
            lacking=entry.lacking,
            n_rows=entry.n_rows,
            trained_from_s=entry.trained_from_s,
            trained_until_s=entry.trained_until_s,
        )

    def _save_forest(self, forest: Forest) -> Path:
        """Write a forest beside the old one, then switch the manifest to it; give its path."""
        import skops.io

        scales = forest.scales
        model = skops.io.dumps(
            {
                "forest": forest.model,
                "median": scales.median,
                "scale": scales.scale,
                "low": scales.low,
                "high": scales.high,
            }
        )
        sha256 = hashlib.sha256(model).hexdigest()
        manifest = Manifest(
            format=FORMAT,
            version=VERSION,
            kind=forest.kind,
            file=f"{forest.kind}-{sha256[:16]}.skops",
            sha256=sha256,
            sklearn=_installed(),
            features=list(forest.features),
            keys=list(forest.keys),
            lacking=dict(forest.lacking),
            threshold=forest.threshold,
            n_rows=forest.n_rows,
            n_held_days=forest.n_held_days,
            trained_from_s=forest.trained_from_s,
            trained_until_s=forest.trained_until_s,
        )
        path = self._directory / manifest.file
        _write_whole(path, model)
        _write_whole(self._manifest_path(forest.kind), sealed(manifest, self._key))
        for old in self._directory.glob(f"{forest.kind}-*.skops"):
            if old != path:
                with suppress(FileNotFoundError):
                    old.unlink()
        return path

    def load_forest(self, kind: str) -> Forest:
        """Read the forest of one kind after checking everything about it.

        Raises:
            NothingShelved: no model of this kind was saved.
            Tampered: manifest or model is not what was signed.
            Unsupported: sound, but of another kind, version or library, or with other types.
            OSError: a file cannot be read.
        """
        manifest = self._verified_manifest(kind)
        model = self._verified_model(manifest)
        parts = _opened(model, manifest.file)
        shape = (len(manifest.keys), len(manifest.features))
        return Forest(
            kind=kind,
            features=tuple(manifest.features),
            keys=tuple(manifest.keys),
            lacking=manifest.lacking,
            scales=Scales(**{name: _array(parts, name, shape) for name in _SCALES}),
            threshold=manifest.threshold,
            model=_forest(parts, manifest),
            n_rows=manifest.n_rows,
            n_held_days=manifest.n_held_days,
            trained_from_s=manifest.trained_from_s,
            trained_until_s=manifest.trained_until_s,
        )

    def _verified_manifest(self, kind: str) -> Manifest:
        if kind not in KINDS:
            raise Unsupported(f"kind {kind!r} is none of {', '.join(KINDS)}")
        path = self._manifest_path(kind)
        manifest = unsealed(path, Manifest, self._key, format_is=FORMAT, version=VERSION)
        if manifest is None:
            raise NothingShelved(f"no model of {kind} has been saved in {self._directory}")
        if manifest.kind != kind:
            raise Unsupported(f"{path}: a model of {manifest.kind}, wanted is one of {kind}")
        if manifest.sklearn != (installed := _installed()):
            raise Unsupported(
                f"{path}: made with scikit-learn {manifest.sklearn}, installed is "
                f"{installed}; train again"
            )
        return manifest

    def _verified_model(self, manifest: Manifest) -> bytes:
        path = self._directory / Path(manifest.file).name
        model = read_at_most(path, _MAX_MODEL_BYTES)
        if model is None:
            raise Tampered(f"{path}: the manifest names it, and it is not there")
        if hashlib.sha256(model).hexdigest() != manifest.sha256:
            raise Tampered(f"{path}: its content is not what the manifest was signed for")
        return model

    def _manifest_path(self, name: str) -> Path:
        return self._directory / f"{name}.json"


_SCALES: Final = ("median", "scale", "low", "high")


def _opened(model: bytes, name: str) -> dict[str, Any]:
    """Unpack a model file whose hash was right, if it holds only what it may hold."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    found = skops.io.get_untrusted_types(data=model)
    extra = sorted(set(found) - set(ALLOWED_TYPES))
    if extra:
        raise Unsupported(f"{name}: holds types that are not allowed: {', '.join(extra)}")
    try:
        parts = skops.io.loads(model, trusted=list(ALLOWED_TYPES))
    except UntrustedTypesFoundException as error:
        raise Unsupported(f"{name}: holds types that are not allowed: {error}") from error
    if not isinstance(parts, dict) or parts.keys() != {"forest", *_SCALES}:
        raise Unsupported(f"{name}: is not a forest with its scales")
    return parts


def _forest(parts: dict[str, Any], manifest: Manifest) -> Any:
    from sklearn.ensemble import IsolationForest

    model = parts["forest"]
    if type(model) is not IsolationForest:
        raise Unsupported(
            f"{manifest.file}: holds a {type(model).__name__}, not an IsolationForest"
        )
    return model


def _array(parts: dict[str, Any], name: str, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    array = parts[name]
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.float64:
        raise Unsupported(f"{name} is not an array of {shape[0]} devices by {shape[1]} features")
    return array


def _installed() -> str:
    """Give the version of scikit-learn without importing it, which takes 80 MB."""
    return metadata.version("scikit-learn")


def _write_whole(path: Path, content: bytes) -> None:
    """Write to a temporary neighbour, force it to disk, and rename it into place."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
