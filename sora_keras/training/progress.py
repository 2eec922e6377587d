"""What training shows while it runs."""

from __future__ import annotations

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class ShowProgress(keras.callbacks.Callback):
    """A bar with the time left during an epoch, and one line after each."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self.console = console or Console()
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._began = time.perf_counter()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        loss = TextColumn("loss {task.fields[loss]:.4f}")
        self._bar = Progress(
            *columns, TimeRemainingColumn(), loss, console=self.console, transient=True,
            refresh_per_second=4, disable=not self.console.is_interactive,
        )  # fmt: skip
        total = self.params.get("steps")
        self._task = self._bar.add_task(f"Epoch {epoch + 1}", total=total, loss=float("nan"))
        self._bar.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._bar and not self._bar.disable:
            self._bar.update(self._task, completed=batch + 1, loss=float((logs or {})["loss"]))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._stop()
        shown = ", ".join(
            f"{name.replace('val_', 'validation ').replace('_', ' ')} {value:.4f}"
            for name, value in (logs or {}).items()
        )
        seconds = time.perf_counter() - self._began
        self.console.print(f"Epoch {epoch + 1}: {shown} ({seconds:.1f} s)", highlight=False)

    def on_train_end(self, logs: Any = None) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None
