"""The loop of a benchmark: options, splits, environments, scripts, and the results file."""

import argparse
import hashlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.environment import environment_python
from runner.machine import machine_facts, moment
from runner.process import failure, run_script, shorten_paths

SPLIT_SECONDS = 600


@dataclass(frozen=True)
class Entry:
    """One script to run: a contender on a data set, or an extra figure.

    `sample` names the data whose splits it reads; without one it gets `arguments` alone.
    `requirements` names what its own environment holds; empty shares the driver's.
    One that is not `always` run is run only when `--only` names it.
    """

    group: str
    script: Path
    sample: str | None
    arguments: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    always: bool = True


def parse(description: str, names: Sequence[str], out: Path) -> argparse.Namespace:
    """Returns the command line that every driver understands."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=names,
        metavar="NAME",
        help="run these, and keep the other results in --out: " + ", ".join(names),
    )
    parser.add_argument("--out", type=Path, default=out, help="the results file")
    parser.add_argument("--table", action="store_true", help="only print what --out holds")
    parser.add_argument("--quick", action="store_true", help="few rows, to try the scripts out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calls", type=int, default=300, help="timed answers to one row")
    parser.add_argument("--timeout", type=float, default=1500, help="seconds for each script")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("~/.cache/sora-keras-benchmarks"),
        help="where environments, splits and logs are kept",
    )
    options = parser.parse_args()
    options.cache = options.cache.expanduser().resolve()
    options.calls = min(options.calls, 20) if options.quick else options.calls
    return options


def run_all(
    entries: Mapping[str, Entry],
    options: argparse.Namespace,
    make_splits: Path,
    packages: Sequence[str],
) -> None:
    """Runs the entries one after another and writes the results after each.

    Args:
        entries: what can be run, by name.
        options: what `parse` returned.
        make_splits: the script that writes the splits of a sample.
        packages: the distributions of the driver's environment whose versions are recorded.
    """
    results = _begin(options, packages)
    for name in options.only or [name for name, entry in entries.items() if entry.always]:
        print(f"{name}: ", end="", flush=True)
        result = _run(name, entries[name], options, make_splits)
        print(result.get("failed", "done"), flush=True)
        results["results"][name] = {"group": entries[name].group, **moment(), **result}
        _write(options.out, results)


def _begin(options: argparse.Namespace, packages: Sequence[str]) -> dict[str, Any]:
    if options.only and options.out.exists():
        return json.loads(options.out.read_text(encoding="utf-8"))
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    names = ("seed", "calls", "timeout", "quick")
    return {
        "command": shorten_paths(command),
        **moment(),
        "settings": {name: getattr(options, name) for name in names},
        "machine": machine_facts(),
        "packages": {name: _version(name) for name in packages},
        "results": {},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _run(name: str, entry: Entry, options: argparse.Namespace, make_splits: Path) -> dict[str, Any]:
    arguments = list(entry.arguments)
    if entry.sample:
        data, failed = _splits(entry.sample, options, make_splits)
        if failed:
            return failed
        arguments += ["--data", str(data), "--seed", str(options.seed), "--calls", str(options.calls)]
        arguments += ["--quick"] if options.quick else []
    try:
        python = environment_python(entry.requirements, options.cache)
    except subprocess.CalledProcessError as error:
        return failure("its environment could not be made", error.stderr)
    log = options.cache / "logs" / f"{name}.log"
    return run_script(python, entry.script, arguments, timeout=options.timeout, log=log)


def _splits(sample: str, options: argparse.Namespace, make_splits: Path) -> tuple[Path, dict[str, Any] | None]:
    # A change of the script that splits must not leave its old splits in use.
    version = hashlib.sha256(make_splits.read_bytes()).hexdigest()[:8]
    name = f"{sample}-{options.seed}-{version}{'-quick' if options.quick else ''}.json"
    file = options.cache / "splits" / name
    if file.exists():
        return file, None
    arguments = ["--sample", sample, "--seed", str(options.seed), "--out", str(file)]
    arguments += ["--quick"] if options.quick else []
    log = options.cache / "logs" / f"splits-{sample}.log"
    python = Path(sys.executable)
    made = run_script(python, make_splits, arguments, timeout=SPLIT_SECONDS, log=log)
    return file, made if "failed" in made else None


def _write(file: Path, results: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    text = json.dumps(results, indent=1, ensure_ascii=False)
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(file)
