"""A console asks for a person: only a console may, and the desk is that person's own."""

from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from services.acting import Acting, read, written
from services.auth import AccessError, Identity, Tokens, desk_of, digest_of, install, require
from tests.unit.test_auth import written as tokens_file

MINJI = Acting("minji", frozenset({"counselor", "lead"}), "desk-1")


def test_a_person_is_the_same_after_the_header() -> None:
    assert read(written(MINJI)) == MINJI


@pytest.mark.parametrize(
    "value",
    [
        "",
        "minji",
        "minji;counselor",
        "minji;counselor;desk-1;more",
        "Minji;counselor;desk-1",
        "minji;source;desk-1",
        "minji;console;desk-1",
        "minji;counselor;desk 1",
        "min\nji;counselor;",
        ";counselor;desk-1",
        "minji;counselor;" + "x" * 600,
    ],
)
def test_a_header_of_another_form_names_nobody(value: str) -> None:
    assert read(value) is None


async def asked(tmp_path: Path, token: str, acting: str | None) -> tuple[int, str]:
    app = FastAPI(openapi_url=None)
    entries: list[dict[str, object]] = [
        {"name": "consoles", "roles": ["console"], "sha256": digest_of("console")},
        {"name": "phone-1", "roles": ["counselor"], "sha256": digest_of("phone")},
    ]
    install(app, tokens_file(tmp_path, entries))

    @app.get("/who")
    async def who(found: Annotated[Identity, Depends(require("counselor"))]) -> str:
        return f"{found.name} at {found.agent}"

    headers = {"Authorization": f"Bearer {token}"}
    if acting is not None:
        headers["Surgeline-Acting"] = acting
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        heard = await client.get("/who", headers=headers)
    return heard.status_code, heard.text


@pytest.mark.parametrize(
    ("token", "acting", "expected"),
    [
        ("console", "minji;counselor;desk-1", (200, '"minji at desk-1"')),
        ("console", "minji;lead;", (403, "needs the role counselor")),
        ("console", None, (403, "needs the role counselor")),
        ("console", "minji;admiral;desk-1", (400, "Surgeline-Acting must be")),
        ("phone", None, (200, '"phone-1 at None"')),
        ("phone", "minji;counselor;desk-1", (403, "only a console may act for a person")),
        ("nobody", "minji;counselor;desk-1", (401, "a bearer token")),
    ],
)
async def test_only_a_console_may_act_and_then_with_the_persons_own_roles(
    tmp_path: Path, token: str, acting: str | None, expected: tuple[int, str]
) -> None:
    status, text = await asked(tmp_path, token, acting)
    assert (status, expected[1] in text) == (expected[0], True), text


@pytest.mark.parametrize(
    ("agent", "named", "expected"),
    [
        ("desk-1", None, "desk-1"),
        ("desk-1", "desk-1", "desk-1"),
        ("desk-1", "desk-2", (403, "")),
        ("", None, (403, "")),
        ("", "desk-2", (403, "")),
        (None, "desk-2", "desk-2"),
        (None, None, (422, "agent")),
    ],
)
def test_a_signed_in_person_has_their_own_desk_and_no_other(
    agent: str | None, named: str | None, expected: str | tuple[int, str]
) -> None:
    who = Identity("minji", frozenset({"counselor"}), agent)
    try:
        found: str | tuple[int, str] = desk_of(who, named)
    except AccessError as error:
        found = (error.status, error.field)
    assert found == expected


def test_without_a_tokens_file_everyone_may_act_on_this_machine() -> None:
    identity = Tokens(None).identify(None)
    assert identity is not None
    assert "console" in identity.roles
