"""The ORL faces, five pictures a person to train and five to test, with `encoder="efficientnet_lite0"`.

The faces are higher than wide: `fit_to="stretch"` keeps all of them, which cross-validation on the training pictures
found better than their centre.
"""

import json
import time

from figure import figure_options, print_figures

SETTINGS = {"encoder": "efficientnet_lite0", "fit_to": "stretch", "refit": True}


def main() -> None:
    """Trains on 200 pictures and scores the other 200."""
    import sora_keras as sora

    options = figure_options()
    parts = json.loads(options.data.read_text(encoding="utf-8"))
    (train, people), (test, truth) = (map(list, zip(*parts[name], strict=True)) for name in ("train", "test"))
    epochs = {"epochs": 1} if options.quick else {}
    began = time.perf_counter()
    classifier = sora.ImageClassifier(**SETTINGS, **epochs, seed=options.seed, verbose=True).fit(train, people)
    seconds = time.perf_counter() - began
    record = classifier.training_
    print_figures(
        accuracy=classifier.score(test, truth),
        test_rows=len(test),
        train_rows=len(train),
        train_seconds=seconds,
        head_epochs=record.head_epochs,
        epochs_kept=record.best_epoch,
        settings=SETTINGS,
    )


if __name__ == "__main__":
    main()
