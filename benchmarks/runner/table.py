"""A results file as Markdown: one table a data set, the extra figures, and the targets."""

from collections.abc import Callable, Mapping
from typing import Any

Results = Mapping[str, Mapping[str, Any]]
COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "test accuracy [95 %]": lambda row: (
        f"{row['accuracy']:.4f} [{row['accuracy_low']:.3f}, {row['accuracy_high']:.3f}]"
    ),
    "train s": lambda row: f"{row['train_seconds']:.1f}",
    "CPU s": lambda row: f"{row['train_cpu_seconds']:.1f}",
    "import s": lambda row: f"{row['import_seconds']:.1f}",
    "bulk rows/s": lambda row: f"{row['bulk_rows_per_second']:,.0f}",
    "p50 ms": lambda row: f"{row['p50_ms']:.2f}",
    "p99 ms": lambda row: f"{row['p99_ms']:.2f}",
    "peak MB": lambda row: f"{row['peak_memory_mb']:,.0f}",
    "disk MB": lambda row: f"{row['disk_mb']:,.1f}",
}


def markdown(document: Mapping[str, Any]) -> str:
    """Returns the whole document as Markdown."""
    results: Results = document["results"]
    # Stable, so that the data sets keep their order and the figures follow them.
    groups = sorted({row["group"]: None for row in results.values()}, key="figures".__eq__)
    parts = [_facts(document)]
    for group in groups:
        rows = {name: row for name, row in results.items() if row["group"] == group}
        parts.append(_figures(rows) if group == "figures" else _contenders(group, rows))
    return "\n\n".join([*parts, _targets(results)])


def _facts(document: Mapping[str, Any]) -> str:
    machine, packages = document["machine"], document["packages"]
    known = ", ".join(f"{name} {version}" for name, version in packages.items() if version)
    warning = "**A trial with few rows: no figure here means anything.** " if document["settings"]["quick"] else ""
    return (
        f"{warning}{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}; {machine['python']}, {known}; {document['date']}, "
        f"commit {document['commit']}; `{document['command']}`"
    )


def _contenders(group: str, rows: Results) -> str:
    some = next((row for row in rows.values() if "failed" not in row), None)
    size = f": {some['test_rows']:,} test rows, {some['folds']} split(s)" if some else ""
    lines = [f"**{group}**{size}", "", "| contender | " + " | ".join(COLUMNS) + " |"]
    lines.append("| --- |" + " ---: |" * len(COLUMNS))
    for name, row in rows.items():
        if "failed" in row:
            cells = [_failed(row), *[""] * (len(COLUMNS) - 1)]
        else:
            cells = [show(row) for show in COLUMNS.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _failed(row: Mapping[str, Any]) -> str:
    last = row["error"][-1].replace("|", "\\|") if row["error"] else "no output"
    return f"failed, {row['failed']}: {last}"


def _figures(rows: Results) -> str:
    lines = ["**figures**", "", "| figure | values |", "| --- | --- |"]
    for name, row in rows.items():
        hidden = {"group", "date", "commit", "changed_files"}
        values = {key: value for key, value in row.items() if key not in hidden}
        shown = _failed(row) if "failed" in row else _flat(values)
        lines.append(f"| {name} | {shown} |")
    return "\n".join(lines)


def _flat(values: Mapping[str, Any]) -> str:
    def show(value: Any) -> str:
        if isinstance(value, Mapping):
            return f"({_flat(value)})"
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    return ", ".join(f"{name} {show(value)}" for name, value in values.items())


def _targets(results: Results) -> str:
    lines = ["| target | bound | measured | met |", "| --- | --- | ---: | --- |"]
    for name, sign, bound, figure in TARGETS:
        try:
            value = figure(results)
            limit = bound(results) if callable(bound) else bound
        except (KeyError, TypeError):
            lines.append(f"| {name} | {sign} | not measured | |")
            continue
        met = value >= limit if sign == "≥" else value <= limit
        lines.append(f"| {name} | {sign} {limit:.4g} | {value:.4g} | {'yes' if met else 'no'} |")
    return "\n".join(lines)


def _ratio(figure: str, over: str, under: str) -> Callable[[Results], float]:
    return lambda results: results[over][figure] / results[under][figure]


def _value(name: str, figure: str) -> Callable[[Results], float]:
    return lambda results: results[name][figure]


TARGETS: tuple[tuple[str, str, Any, Callable[[Results], float]], ...] = (
    ("IMDB accuracy, default recipe", "≥", 0.915, _value("recipe-ngram", "accuracy")),
    (
        "its training time ÷ TF-IDF + LR's",
        "≤",
        1.5,
        _ratio("train_seconds", "recipe-ngram", "tfidf-logistic"),
    ),
    ('p50 of clf("…") ÷ model.predict', "≤", 0.02, _value("one-row", "ratio")),
    (
        "bulk rows a second ÷ scikit-learn's",
        "≥",
        1.0,
        _ratio("bulk_rows_per_second", "recipe-ngram", "tfidf-logistic"),
    ),
    ("optimizer step, 1,000,000 × 64 ÷ 10,000 × 64", "≤", 1.3, _value("optimizer-step", "ratio")),
    ("epoch ÷ plain Keras, ngram", "≤", 1.0, _value("epoch-ngram", "ratio")),
    ("epoch ÷ plain Keras, cnn", "≤", 1.0, _value("epoch-cnn", "ratio")),
    ("epoch ÷ plain Keras, lstm", "≤", 1.0, _value("epoch-lstm", "ratio")),
    ("peak memory, 10× CSV ÷ 1×", "≤", 1.3, _value("streaming-memory", "ratio")),
    ("import sora_keras, seconds", "≤", 0.1, _value("import-time", "median_seconds")),
    (
        "Rotten Tomatoes accuracy",
        "≥",
        _value("rotten-tomatoes-tfidf", "accuracy"),
        _value("rotten-tomatoes-recipe", "accuracy"),
    ),
    (
        "Chinese subjects accuracy",
        "≥",
        _value("chinese-tfidf", "accuracy"),
        _value("chinese-recipe", "accuracy"),
    ),
)
