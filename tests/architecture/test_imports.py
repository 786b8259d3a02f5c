"""Does each room import only what it may? (house.md B.2)

events <- domain <- processors     inside streams/
   ^        ^
   +--------+----- services/*      the world
   +--------+----- load/sim        virtual time
"""

import ast
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("streams", "services", "load")


@dataclass(frozen=True)
class Room:
    """What the modules under `name` may import besides the standard library.

    `ours` are prefixes of our own modules, `never` is taken from them again; None of others'
    packages stands for any.
    """

    name: str
    ours: tuple[str, ...]
    others: frozenset[str] | None
    never: tuple[str, ...] = ()


WORLD = ("streams", "services.adapters")
PURE = ("streams.domain", "streams.events", "streams.errors", "streams.centre_file")
NOT_FOR_SERVICES = ("streams.processors",)

# The longest name that fits a module decides.
ROOMS = (
    Room("streams.errors", (), frozenset()),
    Room("streams.topics", (), frozenset()),
    Room("streams.events", ("streams.events", "streams.errors"), frozenset({"msgspec"})),
    Room(
        # Describes the contract with its topics; nothing that runs imports it.
        "streams.events.schema",
        ("streams.events", "streams.errors", "streams.topics"),
        frozenset({"msgspec"}),
    ),
    Room(
        "streams.domain",
        ("streams.domain", "streams.events", "streams.errors"),
        frozenset({"msgspec", "holidays"}),
    ),
    Room("streams.known_days", ("streams.errors",), frozenset({"holidays"})),
    Room("streams.telemetry", ("streams",), frozenset({"prometheus_client", "orjson"})),
    Room("streams.processors", ("streams",), None),
    Room("streams", ("streams",), frozenset({"aiokafka", "orjson", "cryptography", "msgspec"})),
    Room("streams.__main__", ("streams",), None),
    Room("services", WORLD, None, NOT_FOR_SERVICES),
    # The composition root of the command line: it may know everyone but the workers' inside.
    Room("services.cli", ("streams", "services", "load"), None, NOT_FOR_SERVICES),
    Room(
        "load",
        ("load", "streams", "services.adapters"),
        None,
        ("streams.processors",),
    ),
    Room(
        "load.sim",
        (*PURE, "load.sim", "load.scenario", "load.reading", "services.adapters"),
        frozenset({"orjson", "msgspec"}),
    ),
)

# What reads facts may derive and make ids, but how bytes are parcelled is the shell's matter.
CODEC_FOR_DOMAIN = frozenset({"derived_id"})


def modules() -> list[tuple[str, Path]]:
    """Every module of ours with its file."""
    found = []
    for top in OURS:
        for file in sorted((ROOT / top).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append((name, file))
    return found


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Each import with its line, as the dotted name of a module or of a name in it."""
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import has no full name to be judged by, so there are none.
            source = node.module or "."
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def is_under(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def room_of(module: str) -> Room:
    return max((r for r in ROOMS if is_under(module, r.name)), key=lambda room: len(room.name))


def own_service(module: str) -> tuple[str, ...]:
    """A service may import itself and the modules in the services' root, which all share."""
    shared = tuple(f"services.{file.stem}" for file in (ROOT / "services").glob("*.py"))
    parts = module.split(".")
    return (*shared, ".".join(parts[:2])) if parts[0] == "services" else ()


def may_import(module: str, name: str) -> bool:
    """Whether `module` may import the thing called `name`."""
    room, top = room_of(module), name.partition(".")[0]
    if top == "":
        return False
    if top not in OURS:
        return top in sys.stdlib_module_names or room.others is None or top in room.others
    if any(is_under(name, prefix) for prefix in room.never):
        return False
    if room.name == "streams.domain" and is_under(name, "streams.events.codec"):
        return name.rpartition(".")[2] in CODEC_FOR_DOMAIN
    # `from streams import topics` names the module as well as `import streams.topics`.
    return any(is_under(name, prefix) for prefix in (*room.ours, *own_service(module)))


@pytest.mark.parametrize("module", modules(), ids=lambda found: found[0])
def test_a_module_imports_only_what_its_room_allows(module: tuple[str, Path]) -> None:
    name, file = module
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {room_of(name).name} may not import {imported}"
        for line, imported in imports(file)
        if not may_import(name, imported)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("streams.domain.detection.surge", "faust"),
        ("streams.domain.detection.surge", "aiokafka.AIOKafkaProducer"),
        ("streams.domain.detection.surge", "orjson"),
        ("streams.domain.detection.surge", "streams.kafka.follow"),
        ("streams.domain.detection.surge", "streams.topics.CONTACTS"),
        ("streams.domain.detection.surge", "streams.events.codec.decode"),
        ("streams.domain.detection.surge", "..events"),
        ("streams.events.contacts", "streams.domain.clock"),
        ("streams.kafka", "faust"),
        ("streams.kafka", "services.auth"),
        ("services.intake.routes", "streams.processors.tally"),
        ("services.intake.routes", "services.callbacks.commands"),
        ("services.intake.routes", "load.scenario"),
        ("services.auth", "services.intake.settings"),
        ("services.cli.demo", "streams.processors.app"),
        ("services.supervisor.plan", "services.cli.up"),
        ("load.phone.exchange", "services.intake.app"),
        ("load.phone.exchange", "services.supervisor.ports"),
        ("load.sim.engine", "streams.kafka"),
        ("load.sim.engine", "httpx"),
    ],
)
def test_a_planted_import_is_caught(module: str, imported: str) -> None:
    assert not may_import(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("streams.domain.detection.surge", "streams.events.surges.SurgeDeclared"),
        ("streams.domain.detection.surge", "streams.events.codec.derived_id"),
        ("streams.domain.detection.calendar", "holidays"),
        ("streams.kafka", "aiokafka.AIOKafkaConsumer"),
        ("streams.processors.app", "faust"),
        ("services.intake.routes", "services.auth.require"),
        ("services.intake.routes", "services.intake.handlers.take"),
        ("services.intake.routes", "services.adapters.phone_http"),
        ("services.cli.demo", "load.scenario.Scenario"),
        ("services.cli.up", "services.supervisor.platform.Platform"),
        ("load.sim.engine", "streams.domain.detection.surge.SurgeWatch"),
    ],
)
def test_what_the_house_is_built_on_is_allowed(module: str, imported: str) -> None:
    assert may_import(module, imported)


def test_the_domain_loads_without_the_frameworks_around_it() -> None:
    domain = [name for name, _ in modules() if is_under(name, "streams.domain")]
    heavy = ("faust", "fastapi", "aiokafka", "redis", "orjson", "httpx", "pydantic")
    program = (
        "import importlib, sys\n"
        f"for name in {domain!r}: importlib.import_module(name)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("package", ["services", "streams", "streams.domain"])
def test_a_room_that_all_pass_through_is_empty(package: str) -> None:
    file = ROOT.joinpath(*package.split("."), "__init__.py")
    assert file.read_text() == ""


@pytest.mark.parametrize("name", OURS)
def test_no_other_installed_package_has_one_of_our_names(name: str) -> None:
    # An editable install may be listed by its .pth only, so having no provider is fine too.
    providers = set(importlib.metadata.packages_distributions().get(name, []))
    assert providers <= {"surgeline"}
