"""How does everything on one machine start, stay up, and stop without a trace?

    async with Platform(PlatformSettings(data=Path(".surgeline"))) as platform:
        print(platform.urls["boards"], platform.tokens["source"])
        await platform.gave_up()

Kafka, Redis and Prometheus start at once; topics are made; our own services start together.
`async with` returns when all are ready. Leaving it, by whatever way, stops them in reverse order.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from services.supervisor import addresses, keys, offspring, people, plan
from services.supervisor.addresses import LOOPBACK, Ports
from services.supervisor.alertmanager import AlertmanagerPlan
from services.supervisor.child import Child, ChildError, ChildSpec, accepts, environment
from services.supervisor.folder import DataFolder, FolderError, Say, cluster_id_to_format
from services.supervisor.kafka import KafkaPlan, cache_folder, java_command
from services.supervisor.prometheus import PrometheusPlan
from services.supervisor.redis import RedisPlan
from streams.kafka import apply_settings, create_topics
from streams.retention import NAME as RETENTION
from streams.retention import retention_ms
from streams.settings import Connections

ROOT: Final = Path(__file__).parents[2]
NEEDS_LOOK_SECONDS: Final = 0.1
# How people sign in, and what is kept how long, is the installation's matter: these settings are
# handed on as they are.
FROM_OUTSIDE: Final = (
    *("SURGELINE_OIDC_", "SURGELINE_PUBLIC_URL", "SURGELINE_CALLOUT_PUBLIC_URL"),
    *("SURGELINE_PROVIDERS", RETENTION),
)
PROVIDERS: Final = "providers.toml"

SpecMaker = Callable[[Ports, str, dict[str, str]], Sequence[ChildSpec]]


def to_stderr(line: str) -> None:
    """Where the supervisor's lines go unless told otherwise."""
    sys.stderr.write(f"{line}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """What one platform is told. `phone_url` is where commands to the phone system go; without
    it they go to the port kept for the scripted one (`platform.urls["phone"]`). `providers` writes
    the file of message accounts, given the address kept for a scripted provider and its token.
    """

    data: Path = Path(".surgeline")
    centre: Path = ROOT / "centre.toml"
    host: str = LOOPBACK
    live: bool = False
    fresh: bool = False
    phone_url: str | None = None
    ports: Ports = field(default_factory=Ports)
    prometheus: bool = True
    providers: Callable[[str, str], str] | None = None
    services: SpecMaker = plan.service_specs


class Platform:
    """Everything that runs on this machine, as one thing."""

    def __init__(self, settings: PlatformSettings, say: Say = to_stderr) -> None:
        self.settings = settings
        self.children: dict[str, Child] = {}
        self._say = say
        self._folder = DataFolder(settings.data.absolute())
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ports = settings.ports
        self._secrets: keys.Secrets | None = None

    @property
    def urls(self) -> dict[str, str]:
        """Where a person or a program finds each part."""
        watchers = filter(self._has, ("prometheus", "alertmanager"))
        names = [*plan.SERVICES, "phone", "provider", *watchers]
        return addresses.urls(self._ports, names, self.settings.host)

    @property
    def tokens(self) -> dict[str, str]:
        """Each role's clear token."""
        return dict(self._known_secrets().tokens)

    @property
    def connections(self) -> Connections:
        return Connections.from_env(self.env)

    @property
    def env(self) -> dict[str, str]:
        """Surgeline's settings as every child of this platform gets them."""
        settings, phone = self.settings, addresses.urls(self._ports, ["phone"])["phone"]
        return {
            **self._known_secrets().env(self._folder.path / "tokens.json"),
            "SURGELINE_KAFKA": f"{LOOPBACK}:{self._ports.kafka}",
            "SURGELINE_REDIS": f"redis://{LOOPBACK}:{self._ports.redis}/0",
            "SURGELINE_PREFIX": "",
            "SURGELINE_CENTRE": str(settings.centre.absolute()),
            "SURGELINE_HOST": LOOPBACK,
            "SURGELINE_REHEARSAL": "0" if settings.live else "1",
            "SURGELINE_PHONE_URL": settings.phone_url or phone,
            "SURGELINE_PHONE_TOKEN": self._known_secrets().tokens["phone"],
            "SURGELINE_ACCOUNTS": str(self._folder.path / people.ACCOUNTS),
            "SURGELINE_KIOSKS": str(self._folder.path / "kiosks.json"),
            "SURGELINE_CONSOLE_TOKEN": self._known_secrets().tokens["console"],
            "SURGELINE_CALLBACKS_URL": self.urls["callbacks"],
            "SURGELINE_CALLOUT_URL": self.urls["callout"],
            # Who looks at the boards signs in at the consoles, and is led back.
            "SURGELINE_CONSOLES_URL": self._consoles_in_the_browser(),
            "SURGELINE_BOARDS_URL": self.urls["boards"],
            "SURGELINE_FOLDER": str(self._folder.path),
            **{name: os.environ[name] for name in os.environ if name.startswith(FROM_OUTSIDE)},
            # Whoever plays never pages through an account that the machine's environment names.
            **self._own_providers(),
        }

    def _consoles_in_the_browser(self) -> str:
        return os.environ.get("SURGELINE_PUBLIC_URL") or self.urls["consoles"]

    def _own_providers(self) -> dict[str, str]:
        if self.settings.providers is None:
            return {}
        return {"SURGELINE_PROVIDERS": str(self._folder.path / PROVIDERS)}

    def _known_secrets(self) -> keys.Secrets:
        if self._secrets is None:
            raise RuntimeError("the platform was not started")
        return self._secrets

    def _has(self, name: str) -> bool:
        return name in self.children

    @property
    def restarts(self) -> dict[str, int]:
        """How often each child was started again."""
        return {name: child.restarts for name, child in self.children.items()}

    def kill(self, name: str) -> None:
        """Kill one child with -9, as the machine might; it is started again."""
        self.children[name].kill()

    async def gave_up(self) -> str:
        """Waits until something died too often; the sentence that says so."""
        return await asyncio.shield(self._failure)

    async def __aenter__(self) -> Self:
        self._folder.claim(self._say)
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _start(self) -> None:
        if self.settings.fresh:
            self._folder.forget()
        self._folder.check_version()
        self._secrets = keys.load_or_make(self._folder.path)
        people.make_accounts(self._folder.path)
        self._ports = addresses.choose(self.settings.ports, self.settings.host, self._say)
        self._write_providers()
        await self._start_servers()
        self._write_addresses()
        kept = retention_ms(self.env)
        await create_topics(self.connections, retention=kept)
        await apply_settings(self.connections, kept)
        specs = self.settings.services(self._ports, self.settings.host, self.env)
        await self.add(*specs)

    def _write_addresses(self) -> None:
        """So that an audit, a Grafana or a rehearsal in another terminal finds this platform."""
        names = ("SURGELINE_KAFKA", "SURGELINE_REDIS", "SURGELINE_CENTRE")
        found = {name: self.env[name] for name in (*names, "SURGELINE_BOARDS_URL")}
        for part in ("intake", "admission", "callbacks"):
            found[f"SURGELINE_{part.upper()}_URL"] = self.urls[part]
        found["SURGELINE_PHONE_PORT"] = self.urls["phone"].rpartition(":")[2]
        if "prometheus" in self.urls:
            found["SURGELINE_PROMETHEUS"] = self.urls["prometheus"]
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in found.items()]
        keys.write_private(self._folder.path / "addresses.env", "".join(lines))

    def _write_providers(self) -> None:
        if self.settings.providers is not None:
            text = self.settings.providers(self.urls["provider"], self.tokens["provider"])
            keys.write_private(self._folder.path / PROVIDERS, text)

    async def _start_servers(self) -> None:
        data, ports = self._folder.path, self._ports
        kafka = KafkaPlan(
            jars=cache_folder(os.environ, ROOT),
            data=data / "kafka",
            port=ports.kafka,
            controller_port=ports.controller,
            java=java_command(os.environ),
        )
        if not kafka.jars.is_dir():
            raise FolderError(
                f"Kafka is not in {kafka.jars}; fetch it with: deploy/machine/kafka.sh"
            )
        redis = RedisPlan(data=data / "redis", port=ports.redis)
        kafka.write_files()
        redis.write_files()
        watchers = self._watching() if self.settings.prometheus else []
        await together(self._start_kafka(kafka), self.add(plan.redis_spec(redis), *watchers))

    def _watching(self) -> list[ChildSpec]:
        """Prometheus and Alertmanager, as far as they are on this machine."""
        data, ports, tokens = self._folder.path, self._ports, self._known_secrets().tokens
        alertmanager = AlertmanagerPlan(
            data=data / "alertmanager",
            port=ports.alertmanager,
            callout=addresses.urls(ports, ["callout"], self.settings.host)["callout"],
            token=tokens["source"],
        )
        prometheus = PrometheusPlan(
            data=data / "prometheus",
            port=ports.prometheus,
            targets=plan.scrape_targets(ports, self.settings.host),
            token=tokens["viewer"],
            alertmanager=alertmanager.address,
        )
        alertmanager.write_files()
        prometheus.write_files()
        specs = [plan.prometheus_spec(prometheus), plan.alertmanager_spec(alertmanager)]
        return [spec for spec in specs if spec is not None]

    async def _start_kafka(self, kafka: KafkaPlan) -> None:
        cluster_id = cluster_id_to_format(kafka, self._say)
        if cluster_id is not None:
            await self._format(kafka, cluster_id)
        await self.add(plan.kafka_spec(kafka))

    async def _format(self, kafka: KafkaPlan, cluster_id: str) -> None:
        log_file = self._folder.open_log("kafka-format")
        with log_file.open("ab") as log:
            process = offspring.start(kafka.format_argv(cluster_id), environment(), log)
        try:
            code = await offspring.ended(process)
        finally:
            await offspring.end(process, grace_seconds=0.0)
        if code != 0:
            words = log_file.read_text(errors="replace").strip().splitlines()
            raise ChildError(f"Kafka's folder could not be formatted: {(words or ['no word'])[-1]}")

    async def add(self, *specs: ChildSpec) -> None:
        """Start children together, wait until all are ready, and watch them from then on."""
        for spec in specs:
            log = self._folder.open_log(spec.name)
            child = Child(spec, environment(), log, self._say)
            self.children[spec.name] = child
            child.start()
        await together(*(self._when_ready(self.children[spec.name]) for spec in specs))

    async def renew(self, name: str, spec: ChildSpec | None = None) -> int | None:
        """Ask one child to end and start it again, by another spec if given; its exit code.

        That is no death: nothing is counted against it.
        """
        child = self.children[name]
        watcher = self._watchers.pop(name, None)
        if watcher is not None:
            watcher.cancel()
        await child.stop()
        await self.add(spec or child.spec)
        return child.returncode

    async def _when_ready(self, child: Child) -> None:
        try:
            await child.wait_ready()
        except ChildError as error:
            if not child.spec.optional:
                raise
            await self._do_without(child, error)
            return
        self._watchers[child.spec.name] = asyncio.create_task(self._watch(child))

    async def _watch(self, child: Child) -> None:
        try:
            await child.watch(lambda: self._wait_for(child.spec.needs))
        except ChildError as error:
            if child.spec.optional:
                await self._do_without(child, error)
            elif not self._failure.done():
                self._failure.set_result(str(error))

    async def _do_without(self, child: Child, error: ChildError) -> None:
        self._say(f"going on without {child.spec.name}: {error}")
        await child.stop()
        self.children.pop(child.spec.name, None)

    async def _wait_for(self, names: Iterable[str]) -> bool:
        """Wait until these are there; whether one of them was away."""
        was_away = False
        for name in names:
            child = self.children.get(name)
            while child is not None and not _is_there(child):
                was_away = True
                await asyncio.sleep(NEEDS_LOOK_SECONDS)
        return was_away

    async def _stop(self) -> None:
        for watcher in self._watchers.values():
            watcher.cancel()
        for child in reversed(self.children.values()):
            await child.stop()
        self._watchers.clear()
        self._folder.release()


def _is_there(child: Child) -> bool:
    host, _, port = child.spec.ready.removeprefix("tcp://").rpartition(":")
    return child.alive and accepts(host, int(port))


async def together(*work: Coroutine[None, None, None]) -> None:
    """Do all at once; the first error ends the others and is raised."""
    tasks = [asyncio.ensure_future(part) for part in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
