"""The network side: httpx2 for `/ping`, `/query` and 1.x's `/write`, `influxdb_client` for v2.

Both libraries' errors end here: what leaves is an answer, `StoreUnavailable` or `StoreRefused`.
`influxdb_client` is used through its blocking client in a thread of its own: it writes bytes and
reports the answer; gathering, retrying and reading are done elsewhere in this package.
"""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn

import httpx2
import msgspec

from storage.errors import StorageError, StoreRefused, StoreUnavailable
from storage.influx.answers import Rejection, error_of, judge, reason_of
from storage.influx.config import InfluxConfig
from storage.influx.influxql import Query

if TYPE_CHECKING:
    from influxdb_client.client.influxdb_client import InfluxDBClient

_GZIP_LEVEL = 3
_LARGE_BODY_BYTES = 256 * 1024
_BROKEN = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


class HttpDoor:
    """Speaks HTTP with one server; what it sends as authorization depends on the version."""

    def __init__(self, config: InfluxConfig) -> None:
        """Prepare; nothing is connected before the first request."""
        self._config = config
        auth = httpx2.BasicAuth(config.user, config.password) if config.user else None
        self._client = httpx2.AsyncClient(
            base_url=config.url,
            auth=auth,
            timeout=config.timeout.total_seconds(),
            trust_env=False,
            headers={"Authorization": f"Token {config.token}"} if config.token else None,
        )

    def use_bearer(self) -> None:
        """Send the token as 3 Core wants it."""
        if self._config.token:
            self._client.headers["Authorization"] = f"Bearer {self._config.token}"

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def version(self) -> int:
        """Ask which major version the server is.

        Raises:
            StoreUnavailable: no answer.
            StoreRefused: it says no, or does not say which version it is.
        """
        ping = await self._request("GET", "/ping")
        if ping.status_code in (401, 403):
            raise error_of(ping.status_code, ping.headers, reason_of(ping.content))
        named = ping.headers.get("x-influxdb-version") or await self._version_of_health()
        major = named.lstrip("v").split(".")[0]
        if major in ("1", "2", "3"):
            return int(major)
        if ping.status_code >= 500:
            raise error_of(ping.status_code, ping.headers, reason_of(ping.content))
        raise StoreRefused(
            f"{self._config.url} does not say which InfluxDB it is (version {named!r}):"
            " check the address, or set the version to 1, 2 or 3"
        )

    async def _version_of_health(self) -> str:
        """Ask `/health`, for servers behind a proxy that strips headers."""
        health = await self._request("GET", "/health")
        try:
            found = health.json()
        except ValueError:
            return ""
        return str(found.get("version", "")) if isinstance(found, dict) else ""

    async def query(self, query: Query) -> Any:
        """Run one InfluxQL query on the database and give the answer's JSON; times are in µs."""
        form = {"db": self._config.database, "q": query.text, "epoch": "u"}
        if query.params:
            form["params"] = msgspec.json.encode(query.params).decode()
        return await self._answer(await self._request("POST", "/query", data=form))

    async def command(self, text: str) -> Any:
        """Run one InfluxQL command that is not about a database's content."""
        return await self._answer(await self._request("POST", "/query", data={"q": text}))

    async def write(self, body: bytes) -> Rejection | None:
        """Write lines by 1.x's `/write`."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if self._config.wants_gzip:
            body = await asyncio.to_thread(gzip.compress, body, _GZIP_LEVEL)
            headers["Content-Encoding"] = "gzip"
        params = {"db": self._config.database, "precision": "u"}
        try:
            answer = await self._client.post("/write", params=params, content=body, headers=headers)
        except _BROKEN as error:
            return _maybe_too_large(body) or _raise_away(self._config, error)
        except httpx2.HTTPError as error:
            raise _away(self._config, error) from error
        return judge(answer.status_code, answer.headers, answer.content)

    async def _answer(self, response: httpx2.Response) -> Any:
        if response.status_code != 200:
            reason = reason_of(response.content)
            raise error_of(response.status_code, response.headers, reason)
        try:
            return msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            raise StoreRefused(f"{self._config.url} did not answer as InfluxDB does") from error

    async def _request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        try:
            return await self._client.request(method, path, **options)
        except httpx2.HTTPError as error:
            raise _away(self._config, error) from error


class V2WriteDoor:
    """Writes through `/api/v2/write` of 2.x and 3 Core with `influxdb_client`."""

    def __init__(self, config: InfluxConfig) -> None:
        """Prepare; the library is imported and connected at the first write."""
        self._config = config
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="groundwatch-influx")
        self._client: InfluxDBClient | None = None

    async def close(self) -> None:
        """Close every connection and end the thread."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, client.close)
        self._thread.shutdown()

    async def write(self, body: bytes) -> Rejection | None:
        """Write lines whose times are in microseconds."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._write, body)

    def _write(self, body: bytes) -> Rejection | None:
        # Imported here because it takes more than half a second, which 1.x need not pay.
        from influxdb_client.client.influxdb_client import InfluxDBClient
        from influxdb_client.client.write_api import SYNCHRONOUS
        from influxdb_client.domain.write_precision import WritePrecision
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError, ProtocolError

        config = self._config
        if self._client is None:
            self._client = InfluxDBClient(
                url=config.url,
                token=config.token,
                org=config.org,
                timeout=int(config.timeout.total_seconds() * 1000),
                enable_gzip=config.wants_gzip,
            )
        try:
            self._client.write_api(write_options=SYNCHRONOUS).write(
                bucket=config.database,
                org=config.org,
                record=body,
                write_precision=WritePrecision.US,  # type: ignore[arg-type] # it is a str
            )
        except ApiException as error:
            return judge(error.status or 0, dict(error.headers or {}), _bytes(error.body))
        except (ProtocolError, OSError) as error:
            return _maybe_too_large(body) or _raise_away(config, error)
        except HTTPError as error:
            raise _away(config, error) from error
        return None


def _bytes(body: str | bytes | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


def _maybe_too_large(body: bytes) -> Rejection | None:
    """Judge a connection that broke under a request.

    A server that finds a body too large closes while it is still being sent, and its answer is
    lost. Smaller requests tell: they pass, or find nobody there.
    """
    if len(body) < _LARGE_BODY_BYTES:
        return None
    return Rejection(f"the server hung up on {len(body)} bytes", is_too_large=True)


def _raise_away(config: InfluxConfig, error: Exception) -> NoReturn:
    raise _away(config, error) from error


def _away(config: InfluxConfig, error: Exception) -> StorageError:
    said = str(error) or type(error).__name__
    return StoreUnavailable(f"InfluxDB at {config.url} does not answer: {said}")
