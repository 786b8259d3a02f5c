"""What admission answers to good and bad questions over HTTP, without a broker."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.admission.app import create_app
from services.admission.settings import Settings
from streams.errors import WrongSettingError
from tests.support.broker import ROOT
from tests.support.stack import SecretsEnv

NUMBER = "+821012345678"
QUESTION = {"contact": "c-1", "queue": "main", "caller": NUMBER}


@pytest.fixture
async def client(secrets_env: SecretsEnv) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.from_env({**secrets_env, "SURGELINE_CENTRE": str(ROOT / "centre.toml")})
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {secrets_env.tokens['source']}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://admission", headers=headers
    ) as made:
        yield made
    await app.state.audit.stop()


async def test_before_anything_is_known_a_contact_waits_and_the_answer_says_it_is_stale(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/v1/admission", json=QUESTION)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "decision": "queue",
            "reason": "wait_unknown",
            "position": 1,
            "wait": {"unknown": "not_estimated"},
            "as_of": None,
            "stale": True,
            "age_seconds": None,
        },
    )


async def test_a_question_may_say_all_that_is_known_of_the_contact(
    client: httpx.AsyncClient,
) -> None:
    full = QUESTION | {
        "caller": "withheld", "language": "ko", "urgency": "life_at_risk",
        "topic": "disaster", "country": "JP",
    }  # fmt: skip
    answer = await client.post("/v1/admission", json=full)
    assert answer.json()["reason"] == "life_at_risk"


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"queue": None}, "invalid", "queue"),
        ({"queue": "man"}, "invalid", "queue"),
        ({"queue": "+821012345678"}, "invalid", "queue"),
        ({"contact": ""}, "invalid", "contact"),
        ({"contact": 7}, "invalid", "contact"),
        ({"caller": 821012345678}, "invalid", "caller"),
        ({"caller": "nobody"}, "invalid", "caller"),
        ({"caller": "0" * 65}, "invalid", "caller"),
        ({"urgency": "+821012345678"}, "invalid", "urgency"),
        ({"language": "Korean"}, "invalid", "language"),
        ({"country": "kr"}, "invalid", "country"),
        ({"topic": "a b"}, "invalid", "topic"),
        ({"urgancy": "life_at_risk"}, "unknown_field", "urgancy"),
        ({"+821012345678": 1}, "unknown_field", ""),
    ],
)
async def test_a_wrong_question_is_told_the_field_and_never_its_value(
    client: httpx.AsyncClient, change: dict[str, Any], reason: str, field: str
) -> None:
    answer = await client.post("/v1/admission", json=QUESTION | change)
    error = answer.json()["error"]
    assert (answer.status_code, error["reason"], error["field"]) == (422, reason, field)
    assert "12345678" not in answer.text


@pytest.mark.parametrize("missing", ["contact", "queue"])
async def test_a_missing_field_is_named(client: httpx.AsyncClient, missing: str) -> None:
    body = {name: value for name, value in QUESTION.items() if name != missing}
    answer = await client.post("/v1/admission", json=body)
    assert (answer.status_code, answer.json()["error"]) == (
        422,
        {"reason": "missing", "field": missing, "detail": "is required"},
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"contact":"\xff"}', b"[" * 8000]
)
async def test_what_is_no_json_object_is_malformed(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/v1/admission", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "malformed")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=euc-kr"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_another_media_type_is_415(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    body = json.dumps(QUESTION)
    answer = await client.post("/v1/admission", content=body, headers=headers)
    assert answer.status_code == 415


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(9):
        yield b" " * 1024


@pytest.mark.parametrize("body", [lambda: b" " * 8193, _endless])
async def test_a_body_too_large_is_413_announced_or_not(
    client: httpx.AsyncClient, body: Callable[[], Any]
) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/v1/admission", content=body(), headers=headers)
    assert answer.status_code == 413


async def test_without_a_token_it_is_401_and_with_another_role_403(
    client: httpx.AsyncClient, secrets_env: SecretsEnv
) -> None:
    codes = []
    for token in ("wrong", secrets_env.tokens["counselor"], secrets_env.tokens["phone"]):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/v1/admission", json=QUESTION, headers=headers)
        codes.append(answer.status_code)
    assert codes == [401, 403, 200]


async def test_other_paths_and_methods_are_refused_in_the_same_form(
    client: httpx.AsyncClient,
) -> None:
    answers = [await client.get("/v1/admission"), await client.get("/nothing")]
    assert [(a.status_code, a.json()["error"]["reason"]) for a in answers] == [
        (405, "method"),
        (404, "not_found"),
    ]


async def test_it_lives_before_it_is_ready_and_tells_prometheus_what_it_decided(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/v1/admission", json=QUESTION)
    alive, ready = await client.get("/healthz"), await client.get("/readyz")
    page = (await client.get("/metrics")).text
    assert (alive.status_code, ready.status_code) == (200, 503)
    line = 'surgeline_admission_answers_total{decision="queue",reason="wait_unknown"}'
    assert line in page
    assert "surgeline_admission_state_age_seconds +Inf" in page


def test_it_refuses_to_listen_outside_without_tokens(
    secrets_env: SecretsEnv, tmp_path: Path
) -> None:
    env = {
        "SURGELINE_PSEUDONYM_KEY": secrets_env["SURGELINE_PSEUDONYM_KEY"],
        "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        "SURGELINE_HOST": "0.0.0.0",  # noqa: S104
    }
    with pytest.raises(WrongSettingError, match="no tokens"):
        Settings.from_env(env)
