"""Tokens: known by their hash, judged by their roles."""

import json
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from services.auth import (
    ROLES,
    Identity,
    Tokens,
    check_listen,
    digest_of,
    install,
    is_loopback,
    require,
)
from streams.errors import WrongSettingError

TOKEN = "8WkbK7gkq4n1yOe0xJtq3mXcFv2u5hZr"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return written(
        tmp_path,
        [
            {"name": "phone-1", "roles": ["source"], "sha256": digest_of(TOKEN)},
            {"name": "board", "roles": ["viewer"], "sha256": digest_of("another")},
        ],
    )


def written(folder: Path, entries: list[dict[str, object]]) -> Tokens:
    path = folder / "tokens.json"
    path.write_text(json.dumps({"tokens": entries}))
    return Tokens.load(path)


def test_the_holder_of_a_token_is_known_by_name_and_roles(tokens: Tokens) -> None:
    assert tokens.identify(f"Bearer {TOKEN}") == Identity("phone-1", frozenset({"source"}))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {digest_of(TOKEN)}",
        "Bearer \udcff" + "x" * 100_000,
    ],
)
def test_nobody_else_is_known(tokens: Tokens, header: str | None) -> None:
    assert tokens.identify(header) is None


def test_the_scheme_may_be_written_in_any_case(tokens: Tokens) -> None:
    assert tokens.identify(f"bearer {TOKEN}") is not None


def test_without_a_tokens_file_everyone_on_the_machine_may_do_anything() -> None:
    assert Tokens.load(None).identify(None) == Identity("local", ROLES)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])  # noqa: S104
def test_without_a_tokens_file_other_machines_are_not_let_in(host: str) -> None:
    with pytest.raises(WrongSettingError, match="SURGELINE_TOKENS"):
        check_listen(host, Tokens.load(None))


def test_with_tokens_any_address_may_be_listened_on(tokens: Tokens) -> None:
    check_listen("0.0.0.0", tokens)  # noqa: S104


def test_loopback_is_told_from_the_rest() -> None:
    hosts = ["localhost", "127.0.0.1", "127.1.2.3", "::1", "10.0.0.1", "localhost.example.org"]
    assert [is_loopback(host) for host in hosts] == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"tokens": 3}',
        '{"tokens": [{"name": "a", "roles": ["source"], "sha256": "abcd"}]}',
        '{"tokens": [{"name": "a", "roles": ["king"], "sha256": "%s"}]}' % ("0" * 64),
        '{"tokens": [{"name": "a", "roles": "source", "sha256": "%s"}]}' % ("0" * 64),
    ],
)
def test_a_tokens_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text)
    with pytest.raises(WrongSettingError, match=r"tokens\.json"):
        Tokens.load(path)


async def answer(tokens: Tokens, authorization: str | None) -> httpx.Response:
    app = FastAPI()
    install(app, tokens)

    @app.get("/board")
    def board(who: Annotated[Identity, Depends(require("viewer", "lead"))]) -> str:
        return who.name

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://surgeline") as client:
        headers = {"Authorization": authorization} if authorization else {}
        return await client.get("/board", headers=headers)


async def test_a_route_lets_in_who_holds_one_of_its_roles(tokens: Tokens) -> None:
    heard = await answer(tokens, "Bearer another")
    assert (heard.status_code, heard.json()) == (200, "board")


async def test_a_stranger_hears_401_and_how_to_come_in(tokens: Tokens) -> None:
    heard = await answer(tokens, None)
    assert (heard.status_code, heard.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert heard.json()["error"]["reason"] == "unauthorized"


async def test_someone_known_without_the_role_hears_403(tokens: Tokens) -> None:
    heard = await answer(tokens, f"Bearer {TOKEN}")
    assert heard.status_code == 403
    assert heard.json()["error"] == {
        "reason": "forbidden",
        "field": "",
        "detail": "needs the role viewer or lead",
    }
