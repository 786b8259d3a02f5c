"""May this data folder be used, and what did the last run leave in it?

Everything a platform on one machine keeps is in one folder (`.surgeline`), readable by its owner
only. One supervisor at a time holds it. What a killed run left half done is put right here; what
cannot be put right is named in one line.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from services.supervisor.kafka import KAFKA_VERSION, KafkaPlan, new_cluster_id
from streams.errors import SurgelineError

Say = Callable[[str], None]

# What --fresh forgets. Keys and tokens stay: what the person at this machine uses must go on.
KEPT_DATA: Final = ("kafka", "redis", "prometheus", "version.json")


class FolderError(SurgelineError):
    """The folder cannot be used; the message is one line for a person."""


@dataclass
class DataFolder:
    """The folder, held from `claim` to `release`."""

    path: Path
    _lock: TextIO | None = None

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def claim(self, say: Say) -> None:
        """Take the folder for this process, or say who has it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.chmod(0o700)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise FolderError(
                f"{self.path} cannot be used ({error.strerror}); choose another with --data"
            ) from None
        lock.seek(0)
        holder = lock.read().strip()
        try:
            # The kernel lets go of it when the holder dies, however it dies.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise FolderError(
                f"{self.path} is in use by another Surgeline (pid {holder or 'unknown'});"
                " stop that one, or choose another folder with --data"
            ) from None
        if holder:
            say(f"the last run (pid {holder}) ended without cleaning up; its data is used on")
        self._lock = lock
        self._write_holder(str(os.getpid()))

    def _write_holder(self, text: str) -> None:
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(text)
            self._lock.flush()

    def release(self) -> None:
        """Let go of the folder; it is clean."""
        if self._lock is not None:
            self._write_holder("")
            self._lock.close()
            self._lock = None

    def forget(self) -> None:
        """Remove what was recorded."""
        for name in KEPT_DATA:
            target = self.path / name
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)

    def check_version(self) -> None:
        """Kafka reads what older ones wrote, not what newer ones did."""
        file = self.path / "version.json"
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            wrote = str(json.loads(file.read_text())["kafka"])
            if _as_numbers(wrote) > _as_numbers(KAFKA_VERSION):
                raise FolderError(
                    f"{self.path} was written by Kafka {wrote}, newer than {KAFKA_VERSION};"
                    " use that version, choose another folder with --data, or forget the data"
                    " with --fresh"
                )
        file.write_text(json.dumps({"kafka": KAFKA_VERSION}) + "\n")

    def open_log(self, name: str) -> Path:
        """An empty log for this run; the one before is kept beside it."""
        self.logs.mkdir(exist_ok=True, mode=0o700)
        log = self.logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        return log


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def cluster_id_to_format(plan: KafkaPlan, say: Say) -> str | None:
    """The id to format Kafka's folder with, or None when it is formatted and ours.

    Beside Kafka's folder we keep the id that we gave it, so that data put there by someone else
    is noticed before the broker mixes the two.
    """
    ours_file = plan.data / "cluster-id"
    ours = ours_file.read_text().strip() if ours_file.exists() else ""
    found = _formatted_id(plan)
    if found is not None and ours and found != ours:
        raise FolderError(
            f"{plan.logs} belongs to Kafka cluster {found}, not to ours ({ours});"
            " put it back, or forget the data with --fresh"
        )
    if found is not None:
        ours_file.write_text(found + "\n")
        return None
    if _holds_topics(plan.logs):
        raise FolderError(
            f"{plan.logs} holds topics but no {plan.meta_file.name};"
            " restore that file, or forget the data with --fresh"
        )
    if plan.logs.exists():
        say("Kafka's folder was left half formatted; it is formatted again")
        shutil.rmtree(plan.logs)
    ours = ours or new_cluster_id()
    plan.data.mkdir(parents=True, exist_ok=True)
    ours_file.write_text(ours + "\n")
    return ours


def _formatted_id(plan: KafkaPlan) -> str | None:
    if not plan.meta_file.exists():
        return None
    lines = plan.meta_file.read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if "=" in line)
    return pairs.get("cluster.id") or None


def _holds_topics(logs: Path) -> bool:
    """Whether there are partitions that a person could miss; the controller's own is remade."""
    if not logs.is_dir():
        return False
    partitions = (p for p in logs.iterdir() if p.is_dir() and p.name.rpartition("-")[2].isdigit())
    return any(not p.name.startswith("__cluster_metadata") for p in partitions)
