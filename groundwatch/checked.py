"""A directory of site files as `groundwatch check` sees it, together with the settings."""

from dataclasses import replace
from pathlib import Path

from groundwatch.district import District, load_district
from groundwatch.roads import BUILT_IN_ROADS, Roads
from groundwatch.settings import SettingsError, channels_named, load_settings


def checked(directory: Path, config: Path | None) -> District:
    """Load a directory, its faults and those of the settings; nothing is raised or started."""
    roads, faults = BUILT_IN_ROADS, tuple[str, ...]()
    warnings: tuple[str, ...] = ()
    language = "en"
    if config is not None:
        try:
            settings = load_settings(config, sites=directory)
            roads, language = Roads(settings), settings.language
            warnings = settings.idle
        except SettingsError as error:
            faults = tuple(str(error).splitlines())
            roads = Roads(named=channels_named(config))
    district = load_district(directory, roads=roads, language=language)
    return replace(
        district,
        faults=(*faults, *district.faults),
        warnings=(*warnings, *district.warnings),
    )
