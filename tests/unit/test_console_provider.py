"""Signing in through another: a real provider on loopback, honest and otherwise."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.accounts import Account
from services.supervisor import ports
from tests.support.console_door import door, visitor
from tests.support.consoles import Person
from tests.support.oidc_provider import CLIENT, Provider, serving

SEOYEON = {
    "preferred_username": "Seoyeon@mofa.example",
    "name": "한서연",
    "groups": ["cc-counselors", "football"],
    "agent": "desk-7",
    "locale": "ko-KR",
}


@asynccontextmanager
async def opened(
    folder: Path, claims: dict[str, Any] | None = None
) -> AsyncIterator[tuple[Any, Person, Provider]]:
    async with serving(claims or SEOYEON, ports.any_free()[0]) as provider:
        env = {
            "SURGELINE_OIDC_ISSUER": provider.url,
            "SURGELINE_OIDC_CLIENT_ID": CLIENT[0],
            "SURGELINE_OIDC_CLIENT_SECRET": CLIENT[1],
            "SURGELINE_OIDC_TITLE": "외교부 계정",
            "SURGELINE_OIDC_ROLES": json.dumps({"cc-counselors": "counselor", "cc-leads": "lead"}),
        }
        async with door(folder, **env) as app, visitor(app) as person:
            yield app, person, provider


async def there_and_back(person: Person) -> httpx.Response:
    left = await person.get("/sign-in/provider")
    async with httpx.AsyncClient() as browser:
        sent_back = await browser.get(left.headers["location"])
    return await person.client.get(sent_back.headers["location"])


async def test_who_is_vouched_for_is_signed_in_with_the_roles_of_their_claims(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as (app, person, _):
        form = (await person.get("/sign-in")).text
        back = await there_and_back(person)
        me = (await person.get("/me")).text
        landed = (await person.get("/")).headers["location"]
        session = app.state.house.session(person.client.cookies["surgeline_session"])
    assert "외교부 계정" in form
    assert (back.status_code, landed) == (200, "/desk")
    assert "한서연" in me
    assert (session.account, session.roles, session.agent) == ("seoyeon", ("counselor",), "desk-7")


async def test_the_session_cookie_is_strict_and_only_the_way_there_is_lax(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, person, _provider):
        left = await person.get("/sign-in/provider")
        async with httpx.AsyncClient() as browser:
            sent_back = await browser.get(left.headers["location"])
        back = await person.client.get(sent_back.headers["location"])
    assert "SameSite=lax" in left.headers["set-cookie"]
    kept = [c for c in back.headers.get_list("set-cookie") if c.startswith("surgeline_session=")]
    assert ["SameSite=strict" in cookie for cookie in kept] == [True]


@pytest.mark.parametrize(
    "lie",
    [
        "signature",
        "unsigned",
        "issuer",
        "audience",
        "party",
        "nonce",
        "expired",
        "state",
        "denied",
        "discovery",
    ],
)
async def test_a_provider_that_lies_signs_nobody_in(tmp_path: Path, lie: str) -> None:
    async with opened(tmp_path) as (_, person, provider):
        if lie == "discovery":
            provider.lie = lie
            back = await person.get("/sign-in/provider")
        else:
            provider.lie = lie
            back = await there_and_back(person)
        me = await person.get("/me")
    assert (back.status_code, me.status_code) == (403, 303)
    assert "surgeline_session" not in person.client.cookies


async def test_a_way_back_that_nobody_went_leads_nowhere(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, person, _provider):
        left = await person.get("/sign-in/provider")
        async with httpx.AsyncClient() as browser:
            sent_back = await browser.get(left.headers["location"])
        person.client.cookies.clear()
        stolen = await person.client.get(sent_back.headers["location"])
    assert stolen.status_code == 403


async def test_a_provider_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:1"
    env = {
        "SURGELINE_OIDC_ISSUER": nowhere,
        "SURGELINE_OIDC_CLIENT_ID": "us",
        "SURGELINE_OIDC_ROLES": '{"cc-leads": "lead"}',
    }
    async with door(tmp_path, **env) as app, visitor(app) as person:
        heard = await person.get("/sign-in/provider")
        local = await person.sign_in("lead")
    assert (heard.status_code, local.status_code) == (503, 303)


@pytest.mark.parametrize(
    "claims",
    [
        SEOYEON | {"groups": ["football"]},
        SEOYEON | {"groups": "cc-leads-not"},
        SEOYEON | {"agent": ""},
        SEOYEON | {"groups": {"cc-leads": True}},
        SEOYEON | {"preferred_username": "lead"},
        SEOYEON | {"preferred_username": "../../etc"},
    ],
    ids=["no role", "another role", "no desk", "odd roles", "local account", "odd name"],
)
async def test_who_has_no_role_here_or_anothers_name_is_not_let_in(
    tmp_path: Path, claims: dict[str, Any]
) -> None:
    async with opened(tmp_path, claims) as (_, person, _provider):
        back = await there_and_back(person)
    assert back.status_code == 403


async def test_somebody_of_outside_can_be_stopped_here(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, person, _):
        await there_and_back(person)
        accounts = app.state.house.settings.accounts
        before = (await person.get("/me")).status_code
        accounts.add(Account(name="seoyeon", title="x", roles=("lead",)))
        accounts.alter("seoyeon", disabled=True)
        after = (await person.get("/me")).status_code
        again = await there_and_back(person)
    assert (before, after, again.status_code) == (200, 303, 403)
