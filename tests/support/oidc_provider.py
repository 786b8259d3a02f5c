"""A small OpenID Connect provider on loopback: real signatures, discovery, PKCE, nonce.

It signs everybody in as the person it was told of, and can be told to lie in one way.
"""

import asyncio
import base64
import contextlib
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = ("surgeline", "the client's own secret")


@dataclass
class Provider:
    """Who signs in, and how the provider lies (nothing: it does not)."""

    url: str
    claims: dict[str, Any]
    lie: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, asked: dict[str, str]) -> str:
        """The id token for a code."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT[0],
            "sub": "0815",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims
        lies: dict[str, dict[str, Any]] = {
            "issuer": {"iss": "https://elsewhere.example"},
            "audience": {"aud": "another-client"},
            "party": {"aud": [CLIENT[0], "another-client"], "azp": "another-client"},
            "nonce": {"nonce": "of an earlier sign-in"},
            "expired": {"iat": now - 900, "exp": now - 600},
        }
        claims |= lies.get(self.lie, {})
        if self.lie == "unsigned":
            head, body = (_plain(b'{"alg":"none"}'), _plain(str(claims).encode()))
            return f"{head}.{body}."
        key = self.other_key if self.lie == "signature" else self.key
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def provider_app(provider: Provider) -> FastAPI:
    """Its endpoints."""
    app = FastAPI(openapi_url=None)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, str]:
        issuer = "https://elsewhere.example" if provider.lie == "discovery" else provider.url
        ends = {"authorization": "authorize", "token": "token"}
        known = {f"{name}_endpoint": f"{provider.url}/{path}" for name, path in ends.items()}
        return known | {"issuer": issuer, "jwks_uri": f"{provider.url}/jwks"}

    @app.get("/authorize")
    async def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        code = secrets.token_urlsafe(16)
        provider.codes[code] = asked
        state = "another" if provider.lie == "state" else asked["state"]
        back = {"code": code, "state": state}
        if provider.lie == "denied":
            back = {"error": "access_denied", "state": state}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        form = await request.form()
        asked = provider.codes.pop(str(form["code"]), None)
        sent = base64.b64encode(":".join(CLIENT).encode()).decode()
        proof = _plain(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        known = request.headers.get("authorization") == f"Basic {sent}"
        good = asked is not None and proof == asked["code_challenge"] and known
        if asked is None or not good or str(form["redirect_uri"]) != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        given = {"access_token": "a", "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(given | {"id_token": provider.token(asked)})

    @app.get("/jwks")
    async def jwks() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    return app


@contextlib.asynccontextmanager
async def serving(claims: dict[str, Any], port: int) -> AsyncIterator[Provider]:
    """The provider, listening."""
    provider = Provider(f"http://127.0.0.1:{port}", claims)
    config = uvicorn.Config(
        provider_app(provider), port=port, log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield provider
    finally:
        server.should_exit = True
        await running
