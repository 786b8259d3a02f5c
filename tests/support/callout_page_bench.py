"""How soon does a manager see a yes, while a thousand people are called out? `make bench-callout`

The consoles and the call-out service as processes, one manager whose page asks as often as it says
of itself. Measured from the moment in which the service has answered the yes until the page that
was got shows it: the wait for the page's next turn, and the page. Nothing is asserted.
"""

import asyncio
import os
import random
import re
import secrets
import time
from pathlib import Path
from typing import Final

from services.supervisor.keys import hashed, make_secrets
from streams.kafka import create_topics
from streams.settings import Connections
from tests.support.broker import ROOT, RedisServer
from tests.support.callout_bench import told
from tests.support.callout_consoles import CalloutConsoles, callout_consoles_opener
from tests.support.consoles import Person
from tests.support.stack import SecretsEnv, scratch_folder

PEOPLE: Final = 1000
SEATS: Final = 500
YESES: Final = 60
SEED: Final = 2011


async def update(house: CalloutConsoles, manager: Person) -> None:
    """Yeses come at any moment between two turns of the page."""
    callout = await house.callouts.need(SEATS)
    await house.callouts.send(callout, rule="blast")
    path, pages, seen = f"/callouts/{callout}", [], []
    first = await manager.get(path)
    every = float(re.findall(r'hx-trigger="every (\d+)ms"', first.text)[0]) / 1000
    people = [one["person"] for one in (await house.callouts.show(callout))["people"]]
    dice = random.Random(SEED)
    for count, who in enumerate(people[:YESES], start=1):
        body = {"person": who, "choice": "accept", "via": "paper"}
        answered = await house.callouts.manager.post(f"/v1/callouts/{callout}/answers", json=body)
        answered.raise_for_status()
        began, is_shown = time.perf_counter(), False
        await asyncio.sleep(every * dice.random())
        while not is_shown:
            asked = time.perf_counter()
            page = (await manager.get(path)).text
            pages.append(time.perf_counter() - asked)
            numbers = re.findall(r'<dd class="num">([^<]+)</dd>', page)
            is_shown = int(numbers[1]) >= count
            if not is_shown:
                await asyncio.sleep(max(0.0, every - pages[-1]))
        seen.append(time.perf_counter() - began)
    print(  # noqa: T201
        f"{len(people)} people, page of {len(page) / 1e3:.0f} kB every {every:.1f} s;"
        f" load average {os.getloadavg()[0]:.1f}"
    )
    told("page", pages)
    told("from the yes until the page shows it", seen)


async def main() -> None:
    """With a Redis of its own."""
    with scratch_folder("surgeline-bench-") as folder:
        redis = RedisServer(folder)
        redis.start()
        here = Connections(
            kafka=os.environ["SURGELINE_TEST_KAFKA"],
            redis=redis.url,
            prefix=f"bench{secrets.token_hex(3)}-",
            centre=ROOT / "centre.toml",
        )
        try:
            await measure(here, folder)
        finally:
            redis.stop()


async def measure(connections: Connections, folder: Path) -> None:
    """Everything, on topics of its own."""
    made = make_secrets()
    tokens_file = folder / "tokens.json"
    tokens_file.write_text(hashed(made.tokens))
    env = SecretsEnv(made.env(tokens_file), SURGELINE_REHEARSAL="1")
    env.tokens = made.tokens
    await create_topics(connections)
    opened = callout_consoles_opener(connections, env, folder)
    async with opened(PEOPLE) as house, house.person("manager") as manager:
        await update(house, manager)


if __name__ == "__main__":
    asyncio.run(main())
