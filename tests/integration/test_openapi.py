"""Does each service do what its OpenAPI document says, whatever it is sent? Never a 5xx of its own
making, and no answer that is not described.
"""

import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.auth import ROLES, digest_of
from streams.settings import Connections
from tests.support.callbacks import publish, sealed_number, until, wanted
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES: Final = 12
SECONDS: Final = 10.0
SOME_ID: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Described:
    """A service with an API of its own; a new one is a line in SERVICES."""

    name: str
    least_operations: int

    @property
    def module(self) -> str:
        return f"services.{self.name}"


SERVICES: Final = (
    Described("intake", 5),
    Described("admission", 3),
    Described("callbacks", 12),
    Described("boards", 1),
    Described("command", 7),
    Described("callout", 20),
)


@dataclass(frozen=True)
class Api:
    """A running service, its document, and a token that may do anything."""

    url: str
    document: dict[str, Any]
    headers: dict[str, str]
    callback: str


@pytest.fixture(params=SERVICES, ids=lambda one: one.name)
async def api(
    request: pytest.FixtureRequest, connections: Connections, secrets_env: SecretsEnv
) -> AsyncIterator[Api]:
    described: Described = request.param
    token = secrets.token_urlsafe(32)
    with open(secrets_env["SURGELINE_TOKENS"], "w") as file:  # noqa: ASYNC230, PTH123
        one = {"name": "tester", "roles": sorted(ROLES), "sha256": digest_of(token)}
        json.dump({"tokens": [one]}, file)
    sealed = sealed_number(secrets_env, 1)
    await publish(connections, [wanted("c1", 1, datetime.now(UTC), sealed=sealed)])
    env = service_env(connections, secrets_env)
    async with ServiceProcess(described.module, env) as process:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=process.url, headers=headers) as client:
            document = (await client.get("/openapi.json")).raise_for_status().json()
            callback = await _some_callback(client) if described.name == "callbacks" else ""
        yield Api(process.url, document, headers, callback)
        assert "Traceback" not in process.log_text()
        assert await process.stop() == 0
    operations = [o for path in document["paths"].values() for o in path]
    assert len(operations) >= described.least_operations


async def _some_callback(client: httpx.AsyncClient) -> str:
    """The one callback there is, so that ids do not always lead nowhere."""

    async def there() -> str | None:
        found = (await client.get("/v1/callbacks")).json()["callbacks"]
        return str(found[0]["id"]) if found else None

    found: str = await until(there)
    return found


def test_whatever_is_asked_the_answer_is_one_that_the_document_describes(api: Api) -> None:
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        schema = schemathesis.openapi.from_dict(api.document)
        schema.config.update(base_url=api.url)
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            if operation.path.endswith("/stream"):
                continue  # it has no end
            if mode is GenerationMode.POSITIVE or _takes_something(operation):
                _ask(api, operation, mode)
    for token in (None, "Bearer wrong"):
        _ask_unknown(api, token)


def _takes_something(operation: Any) -> bool:
    """Whether there is anything that could be wrong."""
    return bool(operation.body) or any(operation.iter_parameters())


def _ask(api: Api, operation: Any, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        given_id = (case.path_parameters or {}).get("callback_id")
        if isinstance(given_id, str) and given_id[:1] in "01234567":
            case.path_parameters["callback_id"] = api.callback
        response = case.call(headers=api.headers, timeout=SECONDS)
        case.validate_response(response, checks=CHECKS)

    ask()


def _ask_unknown(api: Api, token: str | None) -> None:
    """Who shows no token that is known hears 401 in the form described."""
    headers = {"Authorization": token} if token else {}
    for path, operations in api.document["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") == [] or "401" not in operation["responses"]:
                continue
            asked = path.replace("{callback_id}", api.callback or SOME_ID)
            asked = asked.replace("{callout_id}", SOME_ID).replace("{form}", "html")
            asked = re.sub(r"\{[a-z_]+\}", "x", asked.replace("{method}", "sms"))
            answer = httpx.request(method.upper(), f"{api.url}{asked}", headers=headers)
            # On loopback the boards are for everybody on this machine.
            if asked == "/v1/board.json" or asked.startswith("/v1/surges/"):
                assert answer.status_code in {200, 404}
                continue
            assert answer.status_code == 401, (method, path)
            assert answer.json()["error"]["reason"] == "unauthorized"
