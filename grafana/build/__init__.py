"""Builds the Grafana dashboards; `python -m grafana.build` writes them, `--check` compares.

They are written in the classic dashboard schema, which every Grafana since 9 reads. The SDK warns
when that schema is imported; it is imported here first, once, so that nobody else hears of it.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import grafana_foundation_sdk.builders.dashboard
    import grafana_foundation_sdk.builders.geomap  # noqa: F401 - for its side effect, see above
