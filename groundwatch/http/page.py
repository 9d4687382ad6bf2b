"""The root page: where to go, as plain HTML that needs nothing else."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from groundwatch import __version__
from groundwatch.http.parts import ProgramPart

router = APIRouter()

_PLACES = (
    ("/api/v1/sites", "sites with their worst alert"),
    ("/api/v1/alerts?state=firing", "standing alerts"),
    ("/api/v1/history", "what became final, in event time"),
    ("/api/v1/sensors", "sensors"),
    ("/api/v1/readings/latest", "newest stored readings"),
    ("/api/v1/quarantine", "what could not be used, and why"),
    ("/api/v1/events", "stream of changes (server-sent events)"),
    ("/readyz", "are readings arriving, kept, judged and recorded"),
    ("/metrics", "numbers for Prometheus"),
    ("/api/v1/openapi.json", "the whole interface as OpenAPI"),
)


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def root(program: ProgramPart) -> HTMLResponse:
    """List where to go."""
    rows = "\n".join(
        f'<li><a href="{escape(path)}">{escape(path)}</a> {escape(text)}</li>'
        for path, text in _PLACES
    )
    registry = program.district.registry
    counts = (
        (len(registry.sites), "site"),
        (registry.n_devices, "device"),
        (registry.n_sensors, "sensor"),
    )
    count = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
    return HTMLResponse(
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>Groundwatch</title>"
        f"<h1>Groundwatch {escape(__version__)}</h1>\n"
        f"<p>Watching {count}.</p>\n<ul>\n{rows}\n</ul>\n</html>\n"
    )
