"""Who vouches for the people who do not have an account here? An OpenID Connect provider.

The authorization code flow with PKCE, through Authlib. What has to be remembered between leaving
and coming back (state, nonce, the PKCE verifier) is sealed into a cookie of ten minutes, so that no
store is needed; the id token's signature, issuer, audience, nonce and times are all checked.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.httpx_client._compat import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.acting import PERSON_ROLES, is_account_name, is_agent_id
from services.sealing import CannotOpenError, Sealer
from streams.errors import SurgelineError, WrongSettingError

COOKIE: Final = "surgeline_leaving"
GOOD_FOR: Final = timedelta(minutes=10)
LEEWAY_SECONDS: Final = 60
TIMEOUT_SECONDS: Final = 8.0
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
# Authlib takes httpx or its successor, whichever is installed.
_HTTP_ERRORS: Final = (httpx.HTTPError, httpx2.HTTPError)
_FIELDS: Final = ("roles", "name", "title", "agent", "language")


class ProviderError(SurgelineError):
    """Nobody could be signed in; `reason` is a short word from a closed set."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The provider's issuer, our client there, and how its claims are read.

    `claims` names the claim for each of roles, name, title, agent, language; `roles` maps what the
    roles claim holds to our roles.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    title: str
    claims: Mapping[str, str]
    roles: Mapping[str, str]

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Provider | None":
        """None when no issuer is set: then there are local accounts only."""
        issuer = env.get("SURGELINE_OIDC_ISSUER", "").rstrip("/")
        if not issuer:
            return None
        client_id = env.get("SURGELINE_OIDC_CLIENT_ID", "")
        if not client_id:
            raise WrongSettingError("SURGELINE_OIDC_CLIENT_ID must be set with the issuer")
        claims = {
            "roles": "groups",
            "name": "preferred_username",
            "title": "name",
            "agent": "agent",
            "language": "locale",
        } | _pairs(env, "SURGELINE_OIDC_CLAIMS", _FIELDS)
        roles = _pairs(env, "SURGELINE_OIDC_ROLES", None)
        if not roles or not PERSON_ROLES.issuperset(roles.values()):
            raise WrongSettingError(
                "SURGELINE_OIDC_ROLES must be a JSON object from what the provider says to one of "
                + ", ".join(sorted(PERSON_ROLES))
            )
        return cls(
            issuer=issuer,
            client_id=client_id,
            client_secret=env.get("SURGELINE_OIDC_CLIENT_SECRET", ""),
            title=env.get("SURGELINE_OIDC_TITLE", "OpenID Connect"),
            claims=claims,
            roles=roles,
        )

    async def leave(self, back: str, now: datetime) -> tuple[str, Leaving]:
        """Where to send the person, and what to remember meanwhile."""
        known = await self._discover()
        leaving = Leaving(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            at=now,
        )
        async with self._client(back) as client:
            url, _ = client.create_authorization_url(
                known["authorization_endpoint"],
                state=leaving.state,
                nonce=leaving.nonce,
                code_verifier=leaving.verifier,
            )
        return str(url), leaving

    async def come_back(
        self, back: str, query: str, leaving: Leaving, now: datetime
    ) -> dict[str, Any]:
        """The claims about who came back; `ProviderError` when they prove nothing."""
        if now - leaving.at > GOOD_FOR:
            raise ProviderError("too_late", "more than ten minutes at the provider")
        if "error" in parse_qs(query):
            raise ProviderError("refused", "the provider sent the person back without a code")
        known = await self._discover()
        try:
            async with self._client(back) as client:
                token = await client.fetch_token(
                    known["token_endpoint"],
                    authorization_response=f"{back}?{query}",
                    state=leaving.state,
                    code_verifier=leaving.verifier,
                )
                keys = (await client.request("GET", known["jwks_uri"], withhold_token=True)).json()
            return self._claims(str(token.get("id_token", "")), keys, leaving.nonce, now)
        except (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderError("refused", f"{type(error).__name__}: {error}") from None
        except _HTTP_ERRORS as error:
            raise ProviderError("away", type(error).__name__) from None

    def person(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a session; `ProviderError` when there is no name or no role."""
        said = claims.get(self.claims["roles"], ())
        given = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        roles = tuple(sorted({self.roles[one] for one in given if one in self.roles}))
        name = str(claims.get(self.claims["name"], "")).lower().partition("@")[0]
        agent = str(claims.get(self.claims["agent"], ""))
        if not is_account_name(name) or not is_agent_id(agent):
            raise ProviderError("no_name", "the name or agent claim is not of a usable form")
        if not agent:
            roles = tuple(role for role in roles if role != "counselor")
        if not roles:
            raise ProviderError("no_role", "nothing the provider says maps to a role here")
        language = str(claims.get(self.claims["language"], "ko"))[:2]
        return {
            "account": name,
            "title": str(claims.get(self.claims["title"], name))[:80],
            "roles": roles,
            "agent": agent,
            "language": language if language in ("ko", "en") else "en",
            "outside": True,
        }

    def _claims(
        self, token: str, keys: dict[str, Any], nonce: str, now: datetime
    ) -> dict[str, Any]:
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]
        claims = decoded.claims
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        registry.validate(claims)
        audience = claims["aud"]
        several = isinstance(audience, list) and len(audience) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.client_id:
            raise ProviderError("refused", "the token was issued to another client")
        return dict(claims)

    async def _discover(self) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                answer = await client.get(f"{self.issuer}/.well-known/openid-configuration")
                answer.raise_for_status()
                known: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError("away", type(error).__name__) from None
        if str(known.get("issuer", "")).rstrip("/") != self.issuer:
            raise ProviderError("refused", "the discovery document is of another issuer")
        return known

    def _client(self, back: str) -> Any:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self.client_secret or None,
            scope="openid profile",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )


def sealed(leaving: Leaving, sealer: Sealer) -> str:
    """As a cookie."""
    return sealer.seal(b"leaving " + msgspec.json.encode(leaving))


def opened(cookie: str | None, sealer: Sealer) -> Leaving | None:
    """From a cookie; None when it is not ours."""
    try:
        kind, _, rest = sealer.open(cookie or "").partition(b" ")
        return msgspec.json.decode(rest, type=Leaving) if kind == b"leaving" else None
    except (CannotOpenError, msgspec.DecodeError):
        return None


def _pairs(env: Mapping[str, str], name: str, keys: tuple[str, ...] | None) -> dict[str, str]:
    try:
        found = json.loads(env.get(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise WrongSettingError(f"{name} must be a JSON object of texts")
    if keys is not None and not set(keys).issuperset(found):
        raise WrongSettingError(f"{name} may name {', '.join(keys)}")
    return found
