"""The command line's way to a running program: its HTTP interface, with errors in sentences."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2

DEFAULT_URL = "http://127.0.0.1:8420"
_ALIVE_WITHIN_S = 2.0


class ClientError(Exception):
    """The running program could not be asked, or said no; the text says what to do."""


def call(
    method: str, url: str, path: str, body: Mapping[str, Any] | None = None, **query: Any
) -> Any:
    """Make one request and give the decoded JSON answer.

    Raises:
        ClientError: nobody answers there, or the answer is an error.
    """
    params = {name: value for name, value in query.items() if value is not None}
    return _answer(method, url, path, params=params, json=body)


def send_picture(url: str, path: str, picture: Path, **query: str) -> Any:
    """Send a picture as the body of a request and give the decoded JSON answer.

    Raises:
        ClientError: the file cannot be read, nobody answers there, or the answer is an error.
    """
    return send_file(url, path, picture, "application/octet-stream", **query)


def send_file(url: str, path: str, file: Path, media_type: str, **query: str) -> Any:
    """Send a file as the body of a request and give the decoded JSON answer.

    Raises:
        ClientError: the file cannot be read, nobody answers there, or the answer is an error.
    """
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ClientError(f"{file} cannot be read: {error.strerror}") from error
    headers = {"Content-Type": media_type}
    return _answer("POST", url, path, params=query, content=body, headers=headers)


def fetch_text(url: str, path: str, **query: Any) -> str:
    """Make a GET request and give the text of the answer.

    Raises:
        ClientError: nobody answers there, or the answer is an error.
    """
    params = {name: value for name, value in query.items() if value is not None}
    return _response("GET", url, path, params=params).text


def is_alive(url: str) -> bool:
    """Say whether groundwatch answers there; it asks once and not for long."""
    try:
        answer = httpx2.get(f"{url}/healthz", timeout=_ALIVE_WITHIN_S)
        return answer.status_code == HTTPStatus.OK and answer.json() == {"status": "alive"}
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return False


def _answer(method: str, url: str, path: str, **what: Any) -> Any:
    answer = _response(method, url, path, **what)
    try:
        return answer.json()
    except ValueError as error:
        raise ClientError(
            f"{url} answers, but not as groundwatch does: name the right address with --url"
        ) from error


def _response(method: str, url: str, path: str, **what: Any) -> httpx2.Response:
    headers = {**_key(), **what.pop("headers", {})}
    place = f"{url.rstrip('/')}/api/v1{path}"
    try:
        answer = httpx2.request(method, place, timeout=15.0, headers=headers, **what)
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise ClientError(
            f"--url {url!r} is not an address of a running program; allowed is http:// or https://"
            f" with a host and perhaps a port, for example {DEFAULT_URL}"
        ) from error
    except httpx2.TransportError as error:
        raise ClientError(
            f"nobody answers at {url} ({error}); start the program with `groundwatch run` or"
            " `groundwatch demo`, or name its address with --url"
        ) from error
    if answer.status_code >= 400:
        raise ClientError(f"{url}: {_why(answer)}{_how_to_give(answer.status_code)}")
    return answer


def _key() -> dict[str, str]:
    """Give the header of the key that the environment names, if any."""
    from groundwatch.environment import ClientSettings  # as slow to load as all the rest of this

    try:
        secret = ClientSettings().secret()
    except (OSError, UnicodeDecodeError) as error:
        raise ClientError(f"GROUNDWATCH_KEY_FILE cannot be read: {error}") from error
    if secret is None:
        return {}
    if not secret.isascii() or not secret.isprintable():
        raise ClientError("the key of GROUNDWATCH_KEY or GROUNDWATCH_KEY_FILE is no line of ASCII")
    return {"Authorization": f"Bearer {secret}"}


def _how_to_give(status: int) -> str:
    if status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ""
    return "; the command line takes its key from GROUNDWATCH_KEY or the file GROUNDWATCH_KEY_FILE"


def _why(answer: httpx2.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return f"HTTP {answer.status_code}"
    if not isinstance(problem, dict):
        return f"HTTP {answer.status_code}"
    return str(problem.get("detail") or problem.get("title") or f"HTTP {answer.status_code}")
