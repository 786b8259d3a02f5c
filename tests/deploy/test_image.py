"""Does the image's recipe work? Every step is run in a clean folder, then what it made is run.

No engine: the base image itself, and that user and root file system are as the recipe says, are
not tried here.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.supervisor import offspring, ports
from services.supervisor.plan import SERVICES
from tests.support.broker import ROOT, end, wait_until
from tests.support.dockerfile import Recipe, Stage
from tests.support.stack import SecretsEnv, scratch_folder

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def image() -> Iterator[Stage]:
    with scratch_folder("surgeline-image-") as folder:
        made = Recipe(ROOT / "deploy" / "Dockerfile", ROOT, folder).build()
        # As in the image: the code comes from the copy, the build's folder is gone.
        yield made


def run(image: Stage, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": image.moved(image.env["PATH"]), **more}
    return subprocess.run(
        argv, cwd=image.at("."), env=env, capture_output=True, text=True, check=False
    )


def test_the_image_runs_as_nobody_in_particular_and_says_what_it_can_do(image: Stage) -> None:
    assert image.user == "10001:10001"
    done = run(image, *image.command)
    assert done.returncode == 0, done.stderr
    assert "topics" in done.stdout


def test_the_image_holds_what_the_processes_need_and_no_tools_of_ours(image: Stage) -> None:
    names = [*(f"{module}.__main__" for module in SERVICES.values()), "load.phone.__main__"]
    code = f"import importlib; [importlib.import_module(name) for name in {names}]"
    done = run(image, "python", "-c", code)
    assert done.returncode == 0, done.stderr
    listed = run(image, "python", "-m", "pip", "list", "--format", "json")
    held = {one["name"] for one in json.loads(listed.stdout)}
    assert "surgeline" in held
    assert not held & {"pytest", "mypy", "playwright", "locust"}


def test_its_health_check_follows_a_process_from_the_image(
    image: Stage, secrets_env: SecretsEnv, tmp_path: Path
) -> None:
    port = str(ports.any_free()[0])
    # Alive without a broker, ready only with one.
    env = {
        **secrets_env,
        "PATH": image.moved(image.env["PATH"]),
        "SURGELINE_PORT": port,
        "SURGELINE_KAFKA": "127.0.0.1:9",
        "SURGELINE_CENTRE": str(image.at("centre.toml")),
    }
    log_file = tmp_path / "boards.log"
    python = str(image.at("/opt/surgeline/bin/python"))
    with log_file.open("ab") as log:
        process = offspring.start([python, "-m", "services.boards"], env, log, cwd=image.at("."))
    try:
        probe = [python, *image.health[1:]]
        alive = [*probe, "/healthz"]
        told = {"SURGELINE_PORT": port}
        wait_until(lambda: run(image, *alive, **told).returncode == 0, "boards", log_file, process)
        assert run(image, *probe, **told).returncode == 1
    finally:
        end(process, 15)  # type: ignore[arg-type]
    assert run(image, *alive, **told).returncode == 1


def test_the_context_holds_nothing_but_what_the_recipe_copies() -> None:
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    recipe = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        source
        for line in recipe.splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    }
    assert copied == allowed
    assert os.access(ROOT / "deploy" / "image.lock", os.R_OK)


def test_the_image_gets_the_very_packages_that_are_tested() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return {line.split(" ")[0] for line in text.splitlines() if "==" in line[:60]}

    ours, tested = pins("deploy/image.lock"), pins("requirements.lock")
    assert ours < tested
