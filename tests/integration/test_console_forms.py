"""Does every page and form of the consoles answer whatever it is sent, with no fault of ours?

The forms' own field names, with values that no page of ours would send, from somebody who is signed
in and may do everything. The call-out service is not there: its pages say so with 503.
"""

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from services.accounts import Account, hash_password
from services.supervisor.ports import any_free
from tests.support.broker import ROOT
from tests.support.callback_centre import Opened
from tests.support.consoles import PASSWORD, Consoles, Person, consoles_opener
from tests.support.stack import SecretsEnv

TRIES: Final = 6
TEMPLATES: Final = ROOT / "services" / "consoles" / "templates"
FIELDS: Final = sorted(
    {
        name
        for page in TEMPLATES.glob("*.html")
        for name in re.findall(r'name="([a-z_]+)"', page.read_text())
    }
    - {"csrf", "viewport", "theme-color"}
)
VALUES: Final = (
    "", " ", "0", "-1", "1e999", "9" * 40, "true", "ko", "2026-13-45T99:99", "2026-11-24T10:00",
    "00000000-0000-4000-8000-000000000000", "\x00", "'; --", "<b>", "../../etc", "고객", "🆘" * 200,
    "a" * 5000, "[]", "{}", "1.5", "on", "%ff", "\u202e", "＋８２",
)  # fmt: skip
NOBODY_THERE: Final = f"http://127.0.0.1:{any_free()[0]}"
EVERYTHING: Final = ("counselor", "lead", "manager", "auditor", "admin")


async def _may_do_everything(consoles: Consoles) -> None:
    person = Account(name="all", title="All", roles=EVERYTHING, agent="desk-9", language="en")
    with consoles.accounts.changing() as known:
        known["all"] = replace(person, password=hash_password(PASSWORD))


async def _asked(who: Person, method: str, path: str, chance: random.Random) -> Any:
    """One answer to one thing that nobody should have sent."""

    def one(_: object) -> str:
        return chance.choice((*VALUES, "x", "next")).replace("\x00", "").replace("/", "") or "x"

    asked = re.sub(r"\{[a-z_]+\}", one, path)
    fields = {name: chance.choice(VALUES) for name in FIELDS if chance.random() < 0.7}
    if method == "get":
        return await who.get(asked, **fields)
    return await who.post(asked, **fields)


async def test_whatever_a_form_holds_the_answer_is_a_page_and_never_a_fault_of_ours(
    open_centre: Opened, secrets_env: SecretsEnv, tmp_path: Path
) -> None:
    chance = random.Random(5)
    opened = consoles_opener(open_centre, secrets_env, tmp_path)
    async with opened(SURGELINE_CALLOUT_URL=NOBODY_THERE) as consoles:
        await _may_do_everything(consoles)
        async with consoles.person("all") as who:
            document = (await who.get("/openapi.json")).json()
            routes = [(m, p) for p, methods in document["paths"].items() for m in methods]
            seen = set()
            for method, path in routes:
                for _ in range(TRIES):
                    answer = await _asked(who, method, path, chance)
                    seen.add(answer.status_code)
                    assert answer.status_code < 500 or answer.status_code == 503, (method, path)
                    said = answer.headers.get("content-type", "")
                    assert answer.status_code == 303 or said.startswith(("text/", "application/"))
            signed_in = (await who.get("/me")).status_code
        assert "Traceback" not in consoles.process.log_text()
    # It was tried as somebody who is let in, and told what was wrong.
    assert len(routes) > 25
    assert signed_in == 200
    assert {303, 422, 503} <= seen
