"""Writes the dashboards that are committed: `python -m grafana.build [--check]`."""

import sys

from grafana.build.write import FOLDER, rendered

_USAGE = "usage: python -m grafana.build [--check]"


def main(arguments: list[str]) -> int:
    """Write every dashboard, or with `--check` say which differ from what would be written."""
    if arguments not in ([], ["--check"]):
        print(_USAGE, file=sys.stderr)
        return 2
    stale = []
    for name, text in rendered().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not arguments:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(FOLDER.parent.parent)}")
    if arguments and stale:
        print(f"not up to date: {', '.join(stale)}; run python -m grafana.build", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
