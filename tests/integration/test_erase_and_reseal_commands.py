"""Do `surgeline erase --person` and `surgeline reseal` do what they say, on real servers?"""

import base64
import json
import os
from pathlib import Path

import pytest

from services.backup import Kept, opened
from services.cli.export import last_of_each_key
from services.numbers import Pseudonyms
from services.sealing import Sealer, read_keys
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.topics import CALLOUTS, PEOPLE, Topic
from tests.support import callbacks as help_
from tests.support.callback_centre import Opened as OpenedCallbacks
from tests.support.callout_centre import (
    CalloutCentre,
    Opened,
    number,
    open_callouts,
    put_people,
    someone,
)
from tests.support.command_line import surgeline
from tests.support.redis_dump import in_redis
from tests.support.stack import SecretsEnv

__all__ = ["open_callouts"]
pytestmark = pytest.mark.integration


def a_key(name: str) -> str:
    return f"{name}:" + base64.urlsafe_b64encode(os.urandom(32)).decode()


async def on_the_log(connections: Connections, *topics: Topic) -> str:
    """Every byte of these topics, older versions and all."""
    values = [
        str((record.key, record.value))
        for topic in topics
        async for record in read_to_end(connections, topic)
    ]
    return "\n".join(values)


async def paged(centre: CalloutCentre, callout: str, people: int) -> bool:
    return len((await centre.show(callout))["people"]) >= people


async def listed(centre: CalloutCentre) -> set[str]:
    people = (await centre.manager.get("/v1/people")).raise_for_status().json()["people"]
    return {one["id"] for one in people}


async def knows(centre: CalloutCentre, person: str) -> bool:
    return person in await listed(centre)


def people_in(kept: list[Kept]) -> set[str]:
    return {one.key.decode() for one in kept if one.topic == PEOPLE.name}


async def test_who_could_be_called_out_is_erased_by_id_from_the_log_redis_and_backups(
    open_callouts: Opened, secrets_env: SecretsEnv, tmp_path: Path
) -> None:
    async with open_callouts(3) as centre:
        connections = centre.connections
        export_key = a_key("e1")
        env = centre.service.env | {
            "SURGELINE_EXPORT_KEYS": export_key,
            "SURGELINE_CALLOUT_URL": centre.service.url,
            "SURGELINE_TOKEN": secrets_env.tokens["manager"],
        }
        callout = await centre.need(3)
        await centre.send(callout)
        await help_.until(lambda: paged(centre, callout, 3))
        before, after = tmp_path / "before.backup", tmp_path / "after.backup"
        assert (await surgeline(env, "export", before)).returncode == 0

        nobody = await surgeline(env, "erase", "--person", "p0099")
        told = await surgeline(env, "erase", "--person", "p0001", "--backup", before, "--json")
        again = await surgeline(env, "erase", "--person", "p0001")
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout) == {"person": "p0001", "backups": {str(before): 1}}
        assert (nobody.returncode, again.returncode) == (2, 2)

        assert (await surgeline(env, "export", after)).returncode == 0
        sealer = Sealer(read_keys(env, "SURGELINE_EXPORT_KEYS"))
        backups = [opened(file.read_text().splitlines(), sealer)[1] for file in (before, after)]
        for kept in (await last_of_each_key(connections, PEOPLE), *backups):
            assert people_in(kept) == {"person/p0000", "person/p0002"}
        assert await listed(centre) == {"p0000", "p0002"}
        # Nobody is called by a name or number in what call-outs say, or in what is kept of them.
        digest = Pseudonyms.from_env(secrets_env).key_of(number(1))[0]
        traces = (digest, number(1)[3:], "Person 1")
        kept_elsewhere = await in_redis(connections) + await on_the_log(connections, CALLOUTS)
        shown = json.dumps(await centre.show(callout))
        spoken = centre.service.log_text() + told.stdout + told.stderr + shown
        assert "p0001" in kept_elsewhere
        assert [trace for trace in traces if trace in kept_elsewhere + spoken] == []


async def test_reseal_says_for_both_services_when_the_old_key_may_go_and_then_it_may(
    open_callouts: Opened,
    open_centre: OpenedCallbacks,
    connections: Connections,
    secrets_env: SecretsEnv,
) -> None:
    of_before = Sealer.from_env(secrets_env)
    old, new = secrets_env["SURGELINE_SEAL_KEYS"], a_key("n2")
    secrets_env["SURGELINE_SEAL_KEYS"] = f"{new},{old}"
    people = [someone(n, of_before) for n in range(2)]
    async with open_callouts(people) as callouts, open_centre() as centre:
        services = (callouts.service, centre.service)
        env = {
            "SURGELINE_CALLOUT_URL": callouts.service.url,
            "SURGELINE_CALLBACKS_URL": centre.service.url,
            "SURGELINE_TOKEN": secrets_env.tokens["manager"],
        }
        sealed = of_before.seal(help_.number_of(1).encode())
        await centre.publish(centre.wanted("c1", 1, sealed=sealed))
        await centre.listed(1)

        first = await surgeline(env, "reseal", "--json")
        second = await surgeline(env, "reseal")
        # Each of the two has a name and a number.
        done = {
            "callbacks": {"resealed": 1, "unreadable": 0, "by_key": {"n2": 1}},
            "people": {"resealed": 2, "unreadable": 0, "by_key": {"n2": 4}},
        }
        assert (first.returncode, json.loads(first.stdout)) == (0, done), first.stderr
        assert "people: 0 sealed anew; now 4 with n2" in second.stdout

        for service in services:
            assert await service.stop() == 0
            service.env |= {"SURGELINE_SEAL_KEYS": new}
            service.start()
            await service.wait_ready()
        desk = centre.desk("kim")
        callback = await desk.next()
        assert callback is not None
        assert (await desk.do("number", callback))["number"] == help_.number_of(1)
        names = await callouts.manager.post("/v1/people/names", json={"people": ["p0000"]})
        assert names.json()["names"] == {"p0000": "Person 0"}

        await put_people(connections, [someone(7, of_before)])
        await help_.until(lambda: knows(callouts, "p0007"))
        lost = await surgeline(env, "reseal")
        assert lost.returncode == 1
        assert "2 cannot be opened with any key here" in lost.stdout
