"""Compares `Recommender` with its peers on MovieLens-100k; README.md says how.

Each contender runs in a process of its own, one after another, and the results file is written
after each of them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.driver import Entry, parse, run_all
from runner.table import Results, Target, markdown, ratio, value, with_interval

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "recommender_contenders"
PACKAGES = ("sora-keras", "tensorflow", "keras", "numpy", "pyarrow")
PROTOCOLS = ("last", "random")
IMPLICIT = ("implicit==0.7.3", "numpy", "scipy", "threadpoolctl")
# lightfm 1.17 cannot be built by today's pip, whose `__builtins__` its setup.py cannot set; this is the same code.
LIGHTFM = ("rectools-lightfm==1.17.3", "numpy", "scipy")
# RecBole 1.2.1 uses names that NumPy 2 has no longer, and fills columns in ways that pandas 3 forbids.
RECBOLE = ("recbole==1.2.1", "torch==2.13.0", "numpy==1.26.4", "pandas==2.2.3", "scipy==1.13.1")
# Chosen by the entries `settings-…`, on validation rows cut out of the training rows; what is not named is default.
WARP = {"no_components": 64, "learning_rate": 0.02, "item_alpha": 1e-5, "user_alpha": 1e-5, "epochs": 100}
# Of RecBole's 2,048 histories a step, the passes that fit into the limit would be some hundred steps.
SASREC = {"train_batch_size": 256}
CHOSEN: dict[tuple[str, str], dict[str, Any]] = {
    ("als", "last"): {"factors": 64, "regularization": 10.0},
    ("als", "random"): {"factors": 16, "regularization": 10.0},
    ("bpr", "last"): {"factors": 32, "regularization": 0.01, "iterations": 100},
    ("bpr", "random"): {"factors": 32, "regularization": 0.01, "iterations": 30},
    ("warp", "last"): WARP,
    ("warp", "random"): WARP,
    ("SASRec", "last"): SASREC,
    ("SASRec", "random"): SASREC,
}


def contenders(on: str) -> dict[str, Entry]:
    """Returns the entries of one protocol."""

    def entry(script: str, *arguments: str, needs: tuple[str, ...] = (), settings: str = "") -> Entry:
        chosen = CHOSEN.get((settings, on), {})
        told = ("--settings", json.dumps(chosen)) if chosen else ()
        return Entry(on, SCRIPTS / script, on, (*arguments, *told), needs)

    made = {
        "recipe": entry("recipe.py"),
        "recipe-linear": entry("recipe.py", "--encoder", "linear"),
        "recipe-sequence": entry("recipe.py", "--encoder", "sequence"),
        "recipe-two-tower": entry("recipe.py", "--encoder", "two_tower"),
        "popularity": entry("baselines.py", "--model", "popularity"),
        "ease": entry("baselines.py", "--model", "ease"),
        "implicit-als": entry("implicit_models.py", "--model", "als", needs=IMPLICIT, settings="als"),
        "implicit-bpr": entry("implicit_models.py", "--model", "bpr", needs=IMPLICIT, settings="bpr"),
        "lightfm-warp": entry("lightfm_warp.py", needs=LIGHTFM, settings="warp"),
        "recbole-bpr": entry("recbole_models.py", "--model", "BPR", needs=RECBOLE, settings="BPR"),
        "recbole-sasrec": entry("recbole_models.py", "--model", "SASRec", needs=RECBOLE, settings="SASRec"),
    }
    return {f"{name}-{on}": made[name] for name in made}


def settings(model: str, needs: tuple[str, ...]) -> dict[str, Entry]:
    """Returns the entries that try a contender's grid of settings; they run only when they are named."""
    script, told = SCRIPTS / "choose_settings.py", ("--model", model, "--limit", "600")
    return {
        f"settings-{'' if model.islower() else 'recbole-'}{model.lower()}-{on}": Entry(
            "settings", script, on, told, needs, always=False
        )
        for on in PROTOCOLS
    }


def figure(script: str) -> Entry:
    """Returns the entry of an extra figure."""
    return Entry("figures", SCRIPTS / script, "last")


ENTRIES = {
    **contenders("last"),
    **contenders("random"),
    "step-ratio": figure("step_ratio.py"),
    "one-user": figure("one_user.py"),
    "exported-recall": figure("exported_recall.py"),
    "streaming": figure("streaming.py"),
    **settings("als", IMPLICIT),
    **settings("bpr", IMPLICIT),
    **settings("warp", LIGHTFM),
    **settings("BPR", RECBOLE),
    **settings("SASRec", RECBOLE),
}


def best_other(protocol: str, score: str) -> Callable[[Results], float]:
    """Returns what reads the best score of the contenders that are not ours."""
    return lambda results: max(
        row[score]
        for name, row in results.items()
        if row["group"] == protocol and score in row and not name.startswith("recipe")
    )


TARGETS: tuple[Target, ...] = (
    ("last interaction: HR@10", "≥", 0.19, value("recipe-last", "hr")),
    ("last interaction: NDCG@10", "≥", 0.095, value("recipe-last", "ndcg")),
    ("last interaction: HR@10, best other", "≥", best_other("last", "hr"), value("recipe-last", "hr")),
    ("last interaction: NDCG@10, best other", "≥", best_other("last", "ndcg"), value("recipe-last", "ndcg")),
    ("random 80/20: NDCG@10", "≥", 0.445, value("recipe-random", "ndcg")),
    ("random 80/20: NDCG@10, best other", "≥", best_other("random", "ndcg"), value("recipe-random", "ndcg")),
    *(
        (
            f"training seconds ÷ RecBole's, {ours}, {on}",
            "≤",
            0.5,
            ratio("train_seconds", f"{ours}-{on}", f"{rival}-{on}"),
        )
        for ours, rival in (("recipe-sequence", "recbole-sasrec"), ("recipe-two-tower", "recbole-bpr"))
        for on in PROTOCOLS
    ),
    ("step at 1,000,000 items ÷ at 10,000", "≤", 1.3, value("step-ratio", "ratio")),
    ("p50 ms of one recommend, 1,682 items", "≤", 2.0, value("one-user", "p50_ms")),
    ("the same, 1,000,000 × 64 ÷ one pass through memory", "≤", 1.5, value("one-user", "ratio")),
    ("recall of the exported top-10", "≥", 1.0, value("exported-recall", "recall")),
    ("peak MB of 1,000 steps, 50 million rows", "≤", 4096, value("streaming", "peak_mb")),
)
SCORES = {
    "NDCG@10 [95 %]": with_interval("ndcg"),
    "HR@10 [95 %]": with_interval("hr"),
    "recall@10 [95 %]": with_interval("recall"),
}


def main() -> None:
    """Runs what the command line asks for, or prints the table of a results file."""
    options = parse(__doc__, tuple(ENTRIES), HERE / "results" / "recommender.json")
    if options.table:
        print(markdown(json.loads(options.out.read_text(encoding="utf-8")), TARGETS, SCORES))
    else:
        run_all(ENTRIES, options, SCRIPTS / "make_data.py", PACKAGES)


if __name__ == "__main__":
    main()
