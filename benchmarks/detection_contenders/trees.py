"""Tree crowns: three aerial pictures train, one tests, in tiles of 400 pixels."""

import json
import time
from pathlib import Path
from typing import Any

from coco_scores import coco_scores
from detecting import QUICK_LIMIT, THRESHOLD, picture_paths
from figure import figure_options, print_figures
from measures import peak_memory_mb, percentile_milliseconds, time_calls

SETTINGS = {"tile": 400, "flips": ("horizontal", "vertical")}  # from above there is no up


def main() -> None:
    """Trains for as long as `--limit` says, and scores the tested picture."""
    import sora_keras as sora

    options = figure_options("limit")
    files = {part: Path(file) for part, file in json.loads(options.data.read_text(encoding="utf-8")).items()}
    limit = QUICK_LIMIT if options.quick else float(options.limit)
    began = time.perf_counter()
    detector = sora.ObjectDetector(**SETTINGS, time_limit=limit, seed=options.seed, verbose=True).fit(files["train"])
    seconds = time.perf_counter() - began
    pictures = picture_paths(files["test"])
    found = [(one.corners, one.scores, one.labels) for one in detector.predict(pictures, threshold=THRESHOLD)]
    scores = coco_scores(files["test"], found)
    surest = [tuple(some[: scores["test_boxes"]] for some in one) for one in found]  # they come the surest first
    calls = time_calls(detector, [str(path) for path in pictures], min(options.calls, 20))
    print_figures(
        **scores,
        ap50_of_as_many_as_there_are=coco_scores(files["test"], surest)["ap50"],
        **trained(detector, seconds),
        p50_ms=percentile_milliseconds(calls, 50),
        peak_memory_mb=peak_memory_mb(),
        settings=SETTINGS,
    )


def trained(detector: Any, seconds: float) -> dict[str, Any]:
    """Returns what happened in training; its pictures are the tiles."""
    fitted, record = detector.fitted, detector.training_
    return {
        "encoder_used": fitted.encoder,
        "side": detector.model.input.shape[1],
        "tiles": fitted.rows[0],
        "epochs_run": record.epochs,
        "epochs_kept": record.best_epoch,
        "train_seconds": seconds,
        "train_pictures_per_second": record.epochs * fitted.rows[0] / seconds,
    }


if __name__ == "__main__":
    main()
