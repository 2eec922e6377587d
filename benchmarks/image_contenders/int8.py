"""What int8 and float16 LiteRT lose on pictures held out, and their size ÷ the float core's."""

import json
import tempfile
from pathlib import Path

from figure import figure_options, print_figures
from reading import read_fashion


def main() -> None:
    """Trains the default recipe on 20,000 pictures for two minutes, and exports it both ways."""
    import sora_keras as sora

    options = figure_options()
    train = read_fashion(options.data)[0]["train"]
    rows, limit = (500, 5) if options.quick else (20_000, 120)
    classifier = sora.ImageClassifier(time_limit=limit, seed=options.seed, verbose=False)
    classifier.fit(train["picture"][:rows], train["label"][:rows])
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("int8", "float16"):
            out = classifier.export(Path(folder) / kind, format="litert", quantize=kind)
            facts = json.loads((out / "quantized.json").read_text(encoding="utf-8"))
            figures[f"{kind}_accuracy_lost"] = facts["float_accuracy"] - facts["accuracy"]
            figures[f"{kind}_size_ratio"] = facts["bytes"] / facts["float_bytes"]
            figures["rows"], figures["float_accuracy"] = facts["rows"], facts["float_accuracy"]
    print_figures(**figures)


if __name__ == "__main__":
    main()
