"""Runs a Dockerfile's steps in a folder, without an engine: every RUN as it stands there.

Absolute paths that the recipe makes or copies to lie under the folder instead; the base image's
Python is this machine's. What is not understood is an error, so that no step is left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# Where the recipe works; everything else on its PATH is the base image's.
OWN: Final = ("/opt/surgeline", "/src", "/app")


@dataclass
class Stage:
    """One FROM and what follows."""

    name: str
    root: Path
    workdir: str = "/"
    user: str = ""
    env: dict[str, str] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def at(self, path: str) -> Path:
        """Where a path of the image is in the folder."""
        full = path if path.startswith("/") else f"{self.workdir}/{path}"
        return self.root / full.strip("/")

    def moved(self, text: str) -> str:
        """A command line with the recipe's own paths under the folder."""
        for own in OWN:
            text = re.sub(rf"(?<![\w/]){own}(?=[/ :]|$)", f"{self.root}{own}", text)
        return text


class Recipe:
    """A Dockerfile, built step by step."""

    def __init__(self, file: Path, context: Path, scratch: Path) -> None:
        self._context = context
        self._scratch = scratch
        self._arguments: dict[str, str] = {}
        self.stages: list[Stage] = []
        self.base = scratch / "base"
        self.base.mkdir(parents=True)
        (self.base / "python").symlink_to(sys.executable)
        text = file.read_text(encoding="utf-8").replace("\\\n", " ")
        self._steps = [
            line for line in text.splitlines() if line.strip() and not line.startswith("#")
        ]

    def build(self) -> Stage:
        """All steps in order; the last stage."""
        for step in self._steps:
            word, _, rest = step.partition(" ")
            getattr(self, f"_{word.lower()}")(rest.strip())
        return self.stages[-1]

    @property
    def _stage(self) -> Stage:
        return self.stages[-1]

    def _arg(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self._arguments[name] = value

    def _from(self, rest: str) -> None:
        name = rest.partition(" AS ")[2] or str(len(self.stages))
        root = self._scratch / name
        root.mkdir()
        self.stages.append(Stage(name, root))

    def _workdir(self, rest: str) -> None:
        self._stage.workdir = rest
        self._stage.at(rest).mkdir(parents=True, exist_ok=True)

    def _env(self, rest: str) -> None:
        self._stage.env |= dict(pair.split("=", 1) for pair in rest.split())

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        root = self._context
        if sources[0].startswith("--from="):
            name = sources.pop(0).removeprefix("--from=")
            [root] = [stage.root for stage in self.stages if stage.name == name]
        for source in sources:
            found = root / source.strip("/")
            to = self._stage.at(target)
            if found.is_dir():
                skip = shutil.ignore_patterns("__pycache__")
                shutil.copytree(found, to, symlinks=True, ignore=skip, dirs_exist_ok=True)
            else:
                shutil.copy(found, to / found.name)

    def _run(self, rest: str) -> None:
        stage = self._stage
        stage.runs.append(rest)
        path = f"{self.base}:/usr/local/bin:/usr/bin:/bin"
        # The package index is the one this machine is set up for.
        kept = {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "HOME"))}
        subprocess.run(
            ["/bin/sh", "-c", stage.moved(rest)],
            cwd=stage.at("."),
            env={**kept, "PATH": path, **stage.env},
            check=True,
        )

    def _user(self, rest: str) -> None:
        self._stage.user = rest

    def _cmd(self, rest: str) -> None:
        self._stage.command = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self._stage.health = json.loads(rest.partition(" CMD ")[2])
