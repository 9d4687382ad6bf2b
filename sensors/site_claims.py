"""Which sites there would be if every site file could be used.

A fault in one site file must not look like a hundred: people, routes, drills and couplings name
its site, and only seem to be wrong as long as it is not there. A file that cannot be read as YAML
still says in its text which site it is; where it does not, nobody knows which sites there are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sensors.document import MAX_BYTES
from sensors.fault import Fault
from sensors.registry import Registry

_DEVICES = re.compile(r"^devices\s*:", re.MULTILINE)
_ID = re.compile(r"^site\s*:.*?\bid\s*:\s*[\"']?([a-z0-9][a-z0-9-]*)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The sites of files with a fault, whether or not anything of them could be used.

    `unused` are the files that gave no site; `is_whole` is false where one does not say of which
    site it is.
    """

    sites: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()
    is_whole: bool = True

    def may_have(self, site: str, registry: Registry) -> bool:
        """Say whether more of a site may be written somewhere than could be read."""
        return site in self.sites or (not self.is_whole and site not in registry.sites)


NO_CLAIMS = Claims()


def claims_of(folder: Path, faults: Iterable[Fault], registry: Registry) -> Claims:
    """Look into the files of `folder` with a fault that is not a warning."""
    files = sorted({Path(fault.file) for fault in faults if not fault.is_warning})
    found = {file: _claimed(file) for file in files if file.parent == folder and file.is_file()}
    return Claims(
        sites=frozenset(site for site in found.values() if site is not None),
        unused=tuple(str(file) for file, site in found.items() if site not in registry.sites),
        is_whole=None not in found.values(),
    )


def _claimed(file: Path) -> str | None:
    """Give the id of the site that a file is about, as its text says; None where it does not."""
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return None  # that it cannot be read is one of the faults already
    found = _ID.search(_DEVICES.split(text, maxsplit=1)[0])
    return found[1] if found else None
