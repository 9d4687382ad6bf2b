"""Prints the interface as OpenAPI: `python -m groundwatch.http.openapi > docs/openapi.json`."""

import json
import sys

from groundwatch.http.app import bare_app


def document() -> str:
    """Give the OpenAPI document as text, the same for the same code."""
    return json.dumps(bare_app().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
