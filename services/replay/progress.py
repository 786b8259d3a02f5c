"""How far is the replay? A bar on the terminal, nothing where there is none."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services.replay.rows import Recording


class Bar:
    """The part of the file that was read, the rows sent, and what is being waited for."""

    def __init__(self, recording: Recording, console: Console) -> None:
        self._recording = recording
        self._rows = 0
        self._bar = Progress(
            TextColumn("{task.fields[rows]} rows"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}% of the file"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[waiting]}", style="yellow"),
            console=console,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("", total=recording.size or 1, rows=0, waiting="")

    def sent(self, rows: int) -> None:
        """So many more rows are on the log."""
        self._rows += rows
        done = self._recording.bytes_read or self._recording.size
        self._bar.update(self._task, completed=done, rows=self._rows, waiting="")

    def waits(self, why: str) -> None:
        """Intake is not taking anything now."""
        self._bar.update(self._task, waiting=why)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
