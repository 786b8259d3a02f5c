"""How do greenlets speak HTTP to one server, many at a time, over kept connections?"""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from geventhttpclient import HTTPClient

# What comes of a request that was never answered.
NO_ANSWER: Final = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body; `status` is 0 when there was no answer, and `body` is then the error."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the server did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004

    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)

    def reason(self) -> str:
        """The short word of an error in this house's form, or what else is known."""
        try:
            return str(self.json()["error"]["reason"])
        except (ValueError, KeyError, TypeError):
            return f"status {self.status}"


class Client:
    """One server, asked with one token."""

    def __init__(
        self, url: str, token: str = "", *, at_once: int = 100, patience_seconds: float = 10.0
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = HTTPClient.from_url(
            url,
            concurrency=at_once,
            connection_timeout=patience_seconds,
            network_timeout=patience_seconds,
            headers=headers,
        )

    def get(self, path: str) -> Answer:
        """Ask."""
        return self._ask("GET", path, b"", {})

    def post(self, path: str, body: Any, kind: str = "application/json") -> Answer:
        """Say something; bytes go as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._ask("POST", path, raw, {"Content-Type": kind})

    def close(self) -> None:
        """Let go of all connections."""
        self._http.close()

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        # The library's errors are those of sockets, of TLS and its own; all mean no answer.
        try:
            response = self._http.request(method, path, body=body, headers=headers)
            return Answer(response.status_code, bytes(response.read()))
        except Exception as error:  # noqa: BLE001
            return Answer(NO_ANSWER, type(error).__name__.encode())
