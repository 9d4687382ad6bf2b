"""From builders to the JSON files that Grafana reads: panel ids, annotations, stable text."""

import json
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.build.district import district
from grafana.build.influxql import AT_SITE, annotation
from grafana.build.site import site

FOLDER: Final = Path(__file__).resolve().parent.parent / "dashboards"


def rendered() -> dict[str, str]:
    """Give every dashboard file's name and text."""
    every_alert = "\"kind\" != ''"
    return {
        "district.json": _text(district(), annotation(every_alert)),
        "site.json": _text(site(), annotation(AT_SITE)),
    }


def _text(dashboard: Dashboard, alerts: dict[str, object]) -> str:
    document: dict[str, Any] = json.loads(json.dumps(dashboard.build(), cls=JSONEncoder))
    for number, panel in enumerate(document["panels"], start=1):
        panel["id"] = number
    document["annotations"] = {"list": [alerts]}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
