"""Every telemetry store the contract suite runs on, and what a test needs to look behind it.

InfluxDB 1.6.7 is real. 2.x and 3 Core cannot be had on this machine: `VersionProxy` speaks their
HTTP interface (paths, authorization, error bodies, limits) and stores in the real 1.6.7, so that
nothing is answered that a database did not do.
"""

import gzip
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Provenance,
    Severity,
    Transition,
    TransitionKind,
)
from sensors.model import Position, SensorKey
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.influx import InfluxConfig, InfluxStore
from storage.ports import TelemetryStore
from tests import servers

USER, PASSWORD, TOKEN, ORG = "groundwatch", "not-a-secret", "not-a-token", "district"


class Influxd:
    """A real InfluxDB 1.x that wants a password, which can be stopped and started again."""

    def __init__(self, tmp_path: Path) -> None:
        self._tmp_path = tmp_path
        self.url = self._start(None)
        self._client = httpx2.Client(base_url=self.url, auth=(USER, PASSWORD), trust_env=False)
        self.query(f"CREATE USER {USER} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES")

    def _start(self, port: int | None) -> str:
        before = os.environ.get("INFLUXDB_HTTP_AUTH_ENABLED")
        os.environ["INFLUXDB_HTTP_AUTH_ENABLED"] = "true"
        try:
            return servers.start_influxd(self._tmp_path, port=port)
        finally:
            del os.environ["INFLUXDB_HTTP_AUTH_ENABLED"]
            if before is not None:
                os.environ["INFLUXDB_HTTP_AUTH_ENABLED"] = before

    def stop(self) -> None:
        servers.stop(self.url)

    def start(self) -> None:
        self._start(urlsplit(self.url).port)

    def query(self, text: str, database: str = "") -> Any:
        answer = self.post("/query", {}, data={"q": text, "db": database, "epoch": "u"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, database: str, lines: bytes) -> httpx2.Response:
        return self.post("/write", {"db": database, "precision": "u"}, content=lines)

    def post(self, path: str, params: dict[str, str], **body: Any) -> httpx2.Response:
        return self._client.post(path, params=params, **body)

    def close(self) -> None:
        self._client.close()
        self.stop()


class VersionProxy:
    """Speaks the interface of InfluxDB 2.x or 3 Core in front of a real 1.x."""

    def __init__(self, influxd: Influxd, version: int) -> None:
        self._influxd = influxd
        self.version = version
        self.is_away = False
        self.hides_version = False
        self._named = {2: "v2.7.11", 3: "3.3.0"}[version]
        self._server = HTTPServer(host="127.0.0.1", port=0)
        self._server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self._server.start()
        self.url = str(self._server.url_for("")).rstrip("/")

    def close(self) -> None:
        self._server.clear()
        self._server.stop()

    def _answer(self, request: Request) -> Response:
        if self.is_away:
            return _json(503, {"code": "unavailable", "message": "later"}, {"Retry-After": "2"})
        if request.path == "/health":
            return _json(200, {"name": "influxdb", "status": "pass", "version": self._named})
        # 2.x answers a ping of anybody, 3 Core does not.
        if request.path == "/ping" and self.version == 2:
            return Response(status=204, headers=self._version_header())
        if not self._authorized(request):
            return _json(401, {"code": "unauthorized", "message": "unauthorized access"})
        return self._answer_authorized(request)

    def _answer_authorized(self, request: Request) -> Response:
        match request.path:
            case "/ping":
                return Response(status=200, headers=self._version_header())
            case "/api/v2/write":
                return self._write(request)
            case "/query":
                return self._query(request)
            case _:
                return _json(404, {"code": "not found", "message": "path not found"})

    def _version_header(self) -> dict[str, str]:
        return {} if self.hides_version else {"X-Influxdb-Version": self._named}

    def _authorized(self, request: Request) -> bool:
        schemes = ("Token",) if self.version == 2 else ("Token", "Bearer")
        return request.headers.get("Authorization") in [f"{scheme} {TOKEN}" for scheme in schemes]

    def _write(self, request: Request) -> Response:
        if request.args["precision"] != "us" or (self.version == 2 and not request.args["org"]):
            return _json(400, {"code": "invalid", "message": "precision or org"})
        body, bucket = request.get_data(), request.args["bucket"]
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        answer = self._influxd.write(bucket, body)
        if answer.status_code == 404 and self.version == 3:
            self._influxd.query(f'CREATE DATABASE "{bucket}"')
            answer = self._influxd.write(bucket, body)
        if answer.status_code == 204:
            return Response(status=204)
        if answer.status_code == 404:
            text = f'bucket "{bucket}" not found'
            return _json(404, {"code": "not found", "message": text})
        error = answer.json()["error"]
        if self.version == 3:
            return self._refused_lines(bucket, body)
        if "unable to parse" in error:
            return _json(400, {"code": "invalid", "message": error})
        text = f"failure writing points to database: {error}"
        return _json(422, {"code": "unprocessable entity", "message": text})

    def _refused_lines(self, bucket: str, body: bytes) -> Response:
        lines = list(enumerate(body.splitlines(), start=1))
        refused = [
            {"original_line": line.decode(), "line_number": number, "error_message": why}
            for number, line, why in self._find_refused(bucket, lines)
        ]
        return _json(400, {"error": "partial write of line protocol occurred", "data": refused})

    def _find_refused(
        self, bucket: str, lines: list[tuple[int, bytes]]
    ) -> Iterator[tuple[int, bytes, str]]:
        answer = self._influxd.write(bucket, b"\n".join(line for _, line in lines))
        if answer.status_code == 204:
            return
        if len(lines) == 1:
            yield *lines[0], str(answer.json()["error"])
            return
        middle = len(lines) // 2
        yield from self._find_refused(bucket, lines[:middle])
        yield from self._find_refused(bucket, lines[middle:])

    def _query(self, request: Request) -> Response:
        text = request.values["q"]
        if self.version == 3 and text.startswith("SELECT") and not _is_narrow(text):
            return _json(500, {"error": "query would exceed file limit of 432 parquet files"})
        if self.version == 3 and request.headers["Authorization"].startswith("Token"):
            return _json(401, {"error": "use Bearer"})
        answer = self._influxd.post("/query", {}, data=dict(request.values))
        return Response(answer.content, answer.status_code, content_type="application/json")


def _is_narrow(query: str) -> bool:
    """Say whether a query stays within 72 hours, as 3 Core demands."""
    since = re.search(r"time >= (-?\d+)", query)
    until = re.search(r"time < (-?\d+)", query)
    ago = re.search(r"time >= now\(\) - (\d+)s", query)
    if ago:
        return int(ago[1]) <= 72 * 3600
    return bool(since and until) and int(until[1]) - int(since[1]) <= 72 * 3600 * 10**9  # type: ignore[index]


def _json(status: int, value: object, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(value)
    return Response(body, status, headers, content_type="application/json")


@dataclass
class Subject:
    """One store under test, and the ways around it that only its kind has."""

    name: str
    store: TelemetryStore
    influxd: Influxd | None = None
    proxy: VersionProxy | None = None
    path: Path | None = None
    database: str = ""
    is_live: bool = False
    config: InfluxConfig | None = field(default=None, repr=False)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the database away: stop the server, or hold the file."""
        if self.path is not None:
            holder = sqlite3.connect(self.path, isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
            try:
                yield
            finally:
                holder.close()
        elif self.proxy is not None:
            self.proxy.is_away = True
            yield
            self.proxy.is_away = False
        else:
            assert self.influxd is not None
            self.influxd.stop()
            try:
                yield
            finally:
                self.influxd.start()

    def with_config(self, **changes: Any) -> InfluxStore:
        """Give a second store on the same server, with some settings changed."""
        assert self.config is not None
        fields = {name: getattr(self.config, name) for name in self.config.__slots__}
        return InfluxStore(InfluxConfig(**{**fields, **changes}))

    def table(self, name: str) -> list[dict[str, Any]]:
        """Read everything stored in `alert` or `site`, around the store."""
        if self.path is not None:
            connection = sqlite3.connect(self.path)
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]  # noqa: S608
            connection.close()
            return rows
        assert self.influxd is not None
        answer = self.influxd.query(f'SELECT * FROM "{name}"', self.database)  # noqa: S608
        series = answer["results"][0].get("series", [])
        return [dict(zip(s["columns"], v, strict=True)) for s in series for v in s["values"]]


def embedded(tmp_path: Path) -> Subject:
    path = tmp_path / "store" / "telemetry.db"
    config = EmbeddedConfig(path=path, busy=timedelta(milliseconds=50))
    return Subject("embedded", EmbeddedStore(config), path=path)


def influx1(influxd: Influxd, database: str, **options: Any) -> Subject:
    config = InfluxConfig(
        url=influxd.url, database=database, user=USER, password=PASSWORD,
        timeout=timedelta(seconds=5), **options,
    )  # fmt: skip
    return Subject(
        "influx1", InfluxStore(config), influxd=influxd, database=database, config=config
    )


def influx_token(influxd: Influxd, proxy: VersionProxy, database: str, **options: Any) -> Subject:
    config = InfluxConfig(
        url=proxy.url, database=database, org=ORG, token=TOKEN,
        timeout=timedelta(seconds=5), **options,
    )  # fmt: skip
    return Subject(
        "influx-token",
        InfluxStore(config),
        influxd=influxd,
        proxy=proxy,
        database=database,
        config=config,
    )


def live(database: str) -> Subject | None:
    """Give a store on the server that the environment names, for 2.x and 3 Core elsewhere."""
    url = os.environ.get("GROUNDWATCH_TEST_INFLUX_URL")
    if not url:
        return None
    config = InfluxConfig(
        url=url,
        database=os.environ.get("GROUNDWATCH_TEST_INFLUX_DATABASE", database),
        org=os.environ.get("GROUNDWATCH_TEST_INFLUX_ORG", "groundwatch"),
        token=os.environ.get("GROUNDWATCH_TEST_INFLUX_TOKEN", ""),
    )
    return Subject("live", InfluxStore(config), is_live=True, config=config)


def raised(sensor: SensorKey, at: datetime, **fields: Any) -> Alert:
    named: dict[str, Any] = {
        "id": "a1",
        "kind": AlertKind.LIMIT,
        "state": AlertState.FIRING,
        "sensor": sensor,
        "hazard": "crane_overload",
        "rule_id": "crane.moment",
        "pack": "crane",
        "severity": Severity.SEVERE,
        "peak": Severity.SEVERE,
        "position": Position(23.16, 113.27),
        "started_at": at,
        "detected_at": at + timedelta(seconds=1),
        "severity_at": at,
        "value": 104.5,
        "limit": 100.0,
        "unit": "%",
        "reason": "moment 104.5 % is over 100 %",
        "provenance": Provenance(source="GB 5144", clause="6"),
        **fields,
    }
    return Alert(**named)


def step(alert: Alert, ordinal: int, kind: TransitionKind, **fields: Any) -> Transition:
    named: dict[str, Any] = {
        "alert_id": alert.id,
        "ordinal": ordinal,
        "kind": kind,
        "severity": alert.severity,
        "taken_at": alert.started_at,
        "detected_at": alert.detected_at,
        "value": alert.value,
        "reason": alert.reason,
        **fields,
    }
    return Transition(**named)
