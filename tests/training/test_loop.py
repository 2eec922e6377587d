"""Training stops, continues and is interrupted without losing the best weights."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rich.console import Console

import sora_keras as sora
from sora_keras.errors import ParameterError, SaveError
from sora_keras.training import TrainingRecord, TrainingSettings, train
from sora_keras.training.feeding import Feed
from tests.conftest import reviews
from tests.training.small import loss, small_core, small_feed

ROOT = Path(__file__).parents[2]


def settings(**given: Any) -> TrainingSettings:
    return TrainingSettings(**{"epochs": 3, "learning_rate": 0.01, "patience": 9, "verbose": False, **given})


def check_feed(**given: Any) -> Feed:
    return small_feed(40, seed=1, shuffled=False, **given)


def loss_of(core: keras.Model, feed: Feed) -> float:
    return float(core.evaluate(feed.dataset(), verbose=0))


def fit(core: keras.Model, **given: Any) -> TrainingRecord:
    return train(core, small_feed(), check_feed(), loss(), settings(**given))


def test_core_learns_and_the_record_says_what_happened() -> None:
    core = small_core()
    record = train(core, small_feed(400), check_feed(), loss(), settings(epochs=10, learning_rate=0.1))
    assert loss_of(core, check_feed()) < 0.4
    assert record.epochs == len(record.history["loss"]) == len(record.history["val_loss"]) == 10
    assert record.stopped == "all epochs done"
    assert record.seconds >= record.seconds_per_epoch * 9 > 0


def test_best_weights_are_in_the_core_when_later_epochs_were_worse() -> None:
    core = small_core()
    few, noisy = small_feed(16, noise=0.4), check_feed(noise=0.4)
    record = train(core, few, noisy, loss(), settings(epochs=12, learning_rate=0.3))
    figures = record.history["val_loss"]
    assert record.best_epoch == np.argmin(figures) + 1 < 12
    assert loss_of(core, check_feed(noise=0.4)) == pytest.approx(min(figures), rel=1e-5)


def test_patience_ends_training() -> None:
    core = small_core()
    few, noisy = small_feed(16, noise=0.4), check_feed(noise=0.4)
    record = train(core, few, noisy, loss(), settings(epochs=50, learning_rate=0.3, patience=2))
    assert record.epochs == record.best_epoch + 2 < 50
    assert record.stopped == "no better for 2 epochs"


def test_training_loss_is_watched_where_nothing_is_held_out() -> None:
    record = train(small_core(), small_feed(), None, loss(), settings(epochs=2))
    assert record.best_epoch == np.argmin(record.history["loss"]) + 1
    assert "val_loss" not in record.history


def test_deadline_stops_within_an_epoch() -> None:
    core = small_core()
    record = fit(core, deadline=time.monotonic())
    assert int(core.optimizer.iterations) == 1 < small_feed().steps
    assert record.stopped == "time limit reached"
    assert record.best_epoch == 1


def test_diverged_training_is_an_error_that_names_the_learning_rate() -> None:
    core = small_core()
    core.layers[-1].bias.assign([np.nan])
    with pytest.raises(ParameterError, match=r"lower learning_rate.*Received: learning_rate=0.01"):
        fit(core)


def test_progress_names_epochs_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    fit(small_core(), epochs=2, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Epoch 1", "Epoch 2"]
    assert all("loss" in line and "validation loss" in line for line in lines)


def test_bar_is_taken_down_when_training_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    monkeypatch.setattr(
        "sora_keras.training.progress.Console", lambda: Console(file=drawn, force_terminal=True, width=80)
    )
    monkeypatch.setattr("sora_keras.training.keeping.KeepBest.on_train_batch_end", interrupt)
    fit(small_core(), verbose=True)
    assert drawn.getvalue().count("\x1b[?25l") == drawn.getvalue().count("\x1b[?25h") == 1  # the cursor is back


def interrupt(*args: Any, **kwargs: Any) -> None:
    raise KeyboardInterrupt


def test_interrupt_before_an_epoch_ended_keeps_the_weights_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sora_keras.training.keeping.KeepBest.on_train_batch_end", interrupt)
    record = fit(small_core())
    assert (record.epochs, record.best_epoch, record.stopped) == (0, 0, "interrupted")
    assert "before the first epoch ended" in capsys.readouterr().out


def test_finished_run_is_taken_up_without_training(tmp_path: Path) -> None:
    core, again = small_core(), small_core(seed=9)
    fit(core, epochs=1, resume=tmp_path)
    record = fit(again, epochs=1, resume=tmp_path)
    assert (record.epochs, record.best_epoch, record.history) == (1, 1, {})
    for one, other in zip(core.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_place_for_a_run_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("keep")
    with pytest.raises(SaveError, match="resume="):
        fit(small_core(), epochs=1, resume=tmp_path / "file" / "run")


# What a process of its own shows, which is interrupted in one fit and killed in the next.

QUICK: dict[str, Any] = {"batch_size": 16, "learning_rate": 0.05, "patience": 9, "verbose": False}
EPOCHS, BROKEN_OFF = 4, 2  # signals come in the third epoch

_PROCESS = """
import json, os, signal, sys
import keras
import sora_keras as sora
from sora_keras.training.feeding import Feed
from tests.conftest import reviews
from tests.training.test_loop import BROKEN_OFF, EPOCHS, classifier

signal.signal(signal.SIGINT, signal.default_int_handler)
whole = Feed.batches_of_rows
number = signal.SIGINT

def signalled(feed):
    for place, rows in enumerate(whole(feed)):
        if feed.shuffled and feed.epoch == BROKEN_OFF and place == 3:
            os.kill(os.getpid(), number)
        yield rows

Feed.batches_of_rows = signalled
interrupted = classifier(EPOCHS).fit(*reviews())
answers = interrupted.predict_proba(reviews()[0]).tolist()
record = interrupted.training_
facts = {"answers": answers, "stopped": record.stopped, "epochs": record.epochs, "best": record.best_epoch,
    "label": interrupted("a wonderful film").label, "history": record.history}
print(json.dumps(facts), flush=True)
number = signal.SIGKILL
classifier(EPOCHS).fit(*reviews(), resume=sys.argv[1])
"""


def classifier(epochs: int) -> sora.TextClassifier:
    return sora.TextClassifier(encoder=keras.layers.Dropout(0.3, name="drop"), epochs=epochs, **QUICK)


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A process whose first fit got SIGINT, and whose second got SIGKILL, and the folder of that run."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS, str(folder)], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    return done, folder


def facts_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr
    return json.loads(lines[0])


def test_control_c_keeps_the_best_weights_says_so_and_still_answers(broken_off) -> None:
    done, _ = broken_off
    facts = facts_of(done)
    assert facts["stopped"] == "interrupted"
    assert facts["epochs"] == len(facts["history"]["loss"]) == BROKEN_OFF
    assert f"best weights so far, of epoch {facts['best']}, are kept" in done.stdout
    assert facts["label"] == "good"
    uninterrupted = classifier(BROKEN_OFF).fit(*reviews())
    assert uninterrupted.training_.best_epoch == facts["best"]
    assert np.allclose(uninterrupted.predict_proba(reviews()[0]), facts["answers"], atol=1e-6)


def test_run_killed_in_another_process_continues_to_the_weights_of_an_uninterrupted_one(broken_off) -> None:
    done, folder = broken_off
    assert done.returncode == -signal.SIGKILL, done.stderr
    kept = json.loads((folder / "state.json").read_text())
    assert kept["facts"]["epochs"] == BROKEN_OFF

    other = (reviews()[0], reviews()[1][::-1])
    with pytest.raises(ParameterError, match="on other data"):
        classifier(EPOCHS).fit(*other, resume=folder)
    with pytest.raises(ParameterError, match="other settings"):
        classifier(EPOCHS).use(learning_rate=0.1).fit(*reviews(), resume=folder)
    assert json.loads((folder / "state.json").read_text()) == kept

    resumed = classifier(EPOCHS).fit(*reviews(), resume=folder)
    assert resumed.training_.epochs == EPOCHS
    assert len(resumed.training_.history["loss"]) == EPOCHS - BROKEN_OFF
    uninterrupted = classifier(EPOCHS).fit(*reviews())
    assert resumed.training_.best_epoch == uninterrupted.training_.best_epoch
    for one, other in zip(resumed.model.get_weights(), uninterrupted.model.get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-6)
