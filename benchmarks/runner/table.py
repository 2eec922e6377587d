"""A results file as Markdown: one table a data set, the extra figures, and the targets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Results = Mapping[str, Mapping[str, Any]]
# What is asked: its name, "≥" or "≤", the bound or a figure that is one, and the figure.
Target = tuple[str, str, Any, Callable[[Results], float]]
Columns = Mapping[str, Callable[[Mapping[str, Any]], str]]


def with_interval(figure: str) -> Callable[[Mapping[str, Any]], str]:
    """Returns what shows a figure of a row with its interval."""
    return lambda row: f"{row[figure]:.4f} [{row[f'{figure}_low']:.3f}, {row[f'{figure}_high']:.3f}]"


ACCURACY: Columns = {"test accuracy [95 %]": with_interval("accuracy")}
COSTS: Columns = {
    "train s": lambda row: f"{row['train_seconds']:.1f}",
    "CPU s": lambda row: f"{row['train_cpu_seconds']:.1f}",
    "import s": lambda row: f"{row['import_seconds']:.1f}",
    "bulk rows/s": lambda row: f"{row['bulk_rows_per_second']:,.0f}",
    "p50 ms": lambda row: f"{row['p50_ms']:.2f}",
    "p99 ms": lambda row: f"{row['p99_ms']:.2f}",
    "peak MB": lambda row: f"{row['peak_memory_mb']:,.0f}",
    "disk MB": lambda row: f"{row['disk_mb']:,.1f}",
}


def markdown(document: Mapping[str, Any], targets: Sequence[Target], scores: Columns = ACCURACY) -> str:
    """Returns the whole document as Markdown, with what its targets came to; `scores` show a row's quality."""
    results: Results = document["results"]
    # Stable, so that the data sets keep their order and the figures follow them.
    groups = sorted({row["group"]: None for row in results.values()}, key="figures".__eq__)
    parts = [_facts(document)]
    for group in groups:
        rows = {name: row for name, row in results.items() if row["group"] == group}
        parts.append(_figures(rows) if group == "figures" else _contenders(group, rows, {**scores, **COSTS}))
    return "\n\n".join([*parts, _targets(results, targets)])


def _facts(document: Mapping[str, Any]) -> str:
    machine, packages = document["machine"], document["packages"]
    known = ", ".join(f"{name} {version}" for name, version in packages.items() if version)
    warning = "**A trial with few rows: no figure here means anything.** " if document["settings"]["quick"] else ""
    return (
        f"{warning}{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}; {machine['python']}, {known}; {document['date']}, "
        f"commit {document['commit']}; `{document['command']}`"
    )


def _contenders(group: str, rows: Results, columns: Columns) -> str:
    some = next((row for row in rows.values() if "failed" not in row), None)
    size = f": {some['test_rows']:,} test rows, {some['folds']} split(s)" if some else ""
    lines = [f"**{group}**{size}", "", "| contender | " + " | ".join(columns) + " |"]
    lines.append("| --- |" + " ---: |" * len(columns))
    for name, row in rows.items():
        if "failed" in row:
            cells = [_failed(row), *[""] * (len(columns) - 1)]
        else:
            cells = [show(row) for show in columns.values()]
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


def _targets(results: Results, targets: Sequence[Target]) -> str:
    lines = ["| target | bound | measured | met |", "| --- | --- | ---: | --- |"]
    for name, sign, bound, figure in targets:
        try:
            measured = figure(results)
            limit = bound(results) if callable(bound) else bound
        except (KeyError, TypeError):
            lines.append(f"| {name} | {sign} | not measured | |")
            continue
        met = measured >= limit if sign == "≥" else measured <= limit
        lines.append(f"| {name} | {sign} {limit:.4g} | {measured:.4g} | {'yes' if met else 'no'} |")
    return "\n".join(lines)


def ratio(figure: str, over: str, under: str) -> Callable[[Results], float]:
    """Returns what reads a figure of one entry over that of another."""
    return lambda results: results[over][figure] / results[under][figure]


def value(name: str, figure: str) -> Callable[[Results], float]:
    """Returns what reads one figure of one entry."""
    return lambda results: results[name][figure]
