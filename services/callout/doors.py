"""How do the doors (answers, receipts, alerts, people) get into the call-out's app?"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from fastapi import FastAPI

from services.callout.answering import routes as answering
from services.callout.answering.door import Doors
from services.callout.answers import Answers
from services.callout.inbound import routes as inbound
from services.callout.inbound.needs import NeedsIn
from services.callout.people import routes as people_routes
from services.callout.people.desk import PeopleDesk, kinds_carried
from services.callout.people.people import People
from services.callout.people.verification import Verification
from services.message_router import Router
from services.message_setup import signing_tokens
from services.openapi import ERROR_SCHEMA, refusals


def add_doors(app: FastAPI) -> None:
    """The routes; what is behind them comes with `open_doors`."""
    answered = refusals(400, 401, 403, 404, 409, 413, 422, 503, schema=ERROR_SCHEMA)
    app.include_router(answering.router)
    app.include_router(inbound.router, responses=answered)
    app.include_router(people_routes.router, responses=people_routes.ANSWERED)
    for error, handler in people_routes.ERRORS.items():
        app.add_exception_handler(error, handler)


def open_doors(
    app: FastAPI,
    *,
    answers: Answers,
    needs: NeedsIn,
    people: People,
    routers: Iterable[Router],
    public_url: str,
    now: Callable[[], datetime],
) -> None:
    """Put behind the routes what they need. The first router carries the codes."""
    live, *others = routers
    verification = Verification(people, live, now, wait=asyncio.sleep)
    tokens: dict[str, str] = {}
    for router in (*others, live):
        tokens |= signing_tokens(router.providers.values())
    app.state.needs = needs
    app.state.doors = Doors(
        answers,
        people,
        (live, *others),
        app.state.audit,
        signing_tokens=tokens,
        public_url=public_url,
        now=now,
        spoken=verification.spoken,
    )
    app.state.people_desk = PeopleDesk(
        people=people,
        verification=verification,
        audit=app.state.audit,
        carried=kinds_carried(provider.kinds for provider in live.providers.values()),
        public_url=public_url,
        now=now,
    )
