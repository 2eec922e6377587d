"""The command line: the verbs of a recipe, by the same names."""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from sora_keras import tasks
from sora_keras.errors import ParameterError, SoraError

app = typer.Typer(
    help="From raw data to a trained, measured, explained and deployable Keras model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_train = typer.Typer(help="Train a recipe and save it.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(_train, name="train")

Model = Annotated[Path, typer.Argument(help="A folder that `sora train` made.")]
Answer = Annotated[str | None, typer.Option("--y", help="The column with the answers, or with the ratings of a log.")]
Count = Annotated[int | None, typer.Option("--k", help="How many items a recommender answers with.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
_NOT_OPTIONS = ("layers", "verbose", "class_weight")
_HELD_OUT = "Without it a recommender holds out some of what it was fitted on."


def main() -> None:
    """The entry point of `sora`: a `SoraError` becomes one line and exit status 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of TensorFlow's C++, which speaks to its developers
    _register_training()
    try:
        app()
    except SoraError as error:
        print(f"sora: {error}", file=sys.stderr)
        raise SystemExit(2) from error


@app.command()
def evaluate(
    model: Model,
    data: Annotated[str | None, typer.Argument(help=f"A file, folder or glob with answers. {_HELD_OUT}")] = None,
    y: Answer = None,
    out: Annotated[Path | None, typer.Option(help="Also save the report, as .html or .json.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Score a trained model on data with answers."""
    from rich.console import Console

    recipe: Any = tasks.load(model)
    if data is None and inspect.signature(recipe.evaluate).parameters["X"].default is inspect.Parameter.empty:
        raise ParameterError(f"Give data with answers to score {model} on: sora evaluate {model} DATA")
    report = recipe.evaluate(data, y)
    Console().print(report)
    if out is not None:
        report.save(out, overwrite=overwrite)


@app.command()
def predict(
    model: Model,
    data: Annotated[str, typer.Argument(help="A file, folder or glob; or `-` to read lines, of texts, paths or ids.")],
    k: Count = None,
    threshold: Annotated[float | None, typer.Option(help="The lowest score that a detector answers.")] = None,
    overlap: Annotated[float | None, typer.Option(help="The highest IoU of two of its boxes of a class.")] = None,
    tile: Annotated[int | None, typer.Option(help="Pixels a side of the tiles that it cuts pictures into.")] = None,
    every: Annotated[int | None, typer.Option(help="Of a video every so many frames.")] = None,
    out: Annotated[Path | None, typer.Option(help="A JSON-lines file instead of the screen.")] = None,
    copies: Annotated[Path | None, typer.Option(help="A folder, or of a video an .mp4, for copies with boxes.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Answer every item, one line of JSON each: classes with probabilities, boxes in pictures, or items for users."""
    from sora_keras.files import new_file

    recipe: Any = tasks.load(model)
    items: Any = [line.rstrip("\n") for line in sys.stdin] if data == "-" else data
    asked = _taken(recipe.stream, k=k, threshold=threshold, overlap=overlap, tile=tile, every=every)
    if copies is not None:
        if out is None:
            raise ParameterError("--copies needs --out as well, the JSON-lines file of what they show.")
        _taken(getattr(recipe, "stream_to", recipe.stream), copies=copies)
        recipe.stream_to(items, out, copies=copies, overwrite=overwrite, **asked)
        return
    answers = recipe.stream(items, **asked)
    if out is None:
        _write_answers(answers, sys.stdout)
        return
    with new_file(out, overwrite=overwrite) as path, path.open("w", encoding="utf-8") as file:
        _write_answers(answers, file)


def _write_answers(answers: Iterable[Any], file: Any) -> None:
    for answer in answers:
        file.write(json.dumps(answer.to_dict(), ensure_ascii=False) + "\n")


def _taken(verb: Any, **options: Any) -> dict[str, Any]:
    """The options that are given; raises `ParameterError` where the verb of this recipe does not take one."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given.keys() - inspect.signature(verb).parameters.keys():
        raise ParameterError(f"--{name} says nothing to a {type(verb.__self__).__name__}. Leave it out.")
    return given


@app.command()
def explain(
    model: Model,
    item: Annotated[str, typer.Argument(help="One item: a text, the path of a picture, or the id of a user.")],
    target: Annotated[
        str | None, typer.Option(help="The class to explain, the place of a box, or the id of what is recommended.")
    ] = None,
    method: Annotated[str, typer.Option(help="auto, integrated_gradients, occlusion, grad_cam or odam.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Also save it, as .html or .json; of a picture as .png too.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Show what in one item decided its answer; of a user, what in the history spoke for a recommendation."""
    from rich.console import Console

    explanation: Any = tasks.load(model).explain(item, target=target, method=method)
    console = Console()
    if hasattr(explanation, "__rich__"):
        console.print(explanation)
    console.print(str(explanation), highlight=False)
    if out is not None:
        explanation.save(out, overwrite=overwrite)


@app.command()
def export(
    model: Model,
    out: Annotated[Path, typer.Argument(help="The folder to make.")],
    format: Annotated[str, typer.Option(help="saved_model, litert or onnx.")] = "saved_model",
    quantize: Annotated[str | None, typer.Option(help="float16 or int8, of litert.")] = None,
    data: Annotated[str | None, typer.Option(help="Examples with answers, to measure what that loses.")] = None,
    k: Count = None,
    licence: Annotated[str, typer.Option(help="For the model card.")] = "not stated",
    intended_use: Annotated[str, typer.Option(help="For the model card.")] = "",
    overwrite: Overwrite = False,
) -> None:
    """Export a trained model, proved to answer as `predict` does."""
    recipe: Any = tasks.load(model)
    path = recipe.export(
        out, format=format, quantize=quantize, data=data, licence=licence, intended_use=intended_use,
        overwrite=overwrite, **_taken(recipe.export, k=k),
    )  # fmt: skip
    print(f"Exported and proved: {path}")


def _applications() -> str:
    from sora_keras.applications import list_applications

    try:
        lines = [f"  {name:<15} {line}" for name, line in list_applications().items()]
    except SoraError:
        return ""
    return "\n".join(["\b\nApplications:", *lines])


@app.command(epilog=_applications())
def run(
    application: Annotated[str, typer.Argument(help="Its name, one of those below.")],
    data: Annotated[str | None, typer.Argument(help="Your data instead of the sample.")] = None,
) -> None:
    """Run an application: a recipe set up for one real job (sentiment, digits, …)."""
    from sora_keras.applications import find_application

    find_application(application)(data)


@app.command()
def samples(
    name: Annotated[str | None, typer.Argument(help="The sample to show or write.")] = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file to write it to; a folder for pictures.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """List the built-in real data sets, or load one."""
    from rich.console import Console

    from sora_keras.showing import sample_head, sample_table, write_sample

    if name is None:
        Console().print(sample_table())
    elif out is None:
        Console().print(sample_head(name))
    else:
        print(f"Wrote {write_sample(name, out, overwrite=overwrite):,} rows to {out}")


@app.command()
def doctor() -> None:
    """Show versions, devices, and what is missing for which extra."""
    from rich.console import Console

    from sora_keras.showing import doctor_table

    Console().print(doctor_table())


def _register_training() -> None:
    for name in tasks.list_recipes():
        if name not in {command.name for command in _train.registered_commands}:
            _train.command(name)(_training_command(name))


def _train_and_save(
    data: Annotated[str, typer.Argument(help="A file, folder or glob.")],
    out: Annotated[Path, typer.Option(help="The folder to save to.")],
    y: Answer = None,
    overwrite: Overwrite = False,
    resume: Annotated[Path | None, typer.Option(help="A folder that keeps the run, to go on after a stop.")] = None,
    items: Annotated[str | None, typer.Option(help="A table of the items: ids, titles, features.")] = None,
    users: Annotated[str | None, typer.Option(help="A table of the users: ids, features.")] = None,
    *,
    recipe: Any,
) -> None:
    """What `sora train` does with any recipe; those parameters before the star that its `fit` takes are its options."""
    if out.exists() and not overwrite:
        raise ParameterError(f"{out} exists. Choose another folder, or pass --overwrite.")
    recipe.fit(data, y, resume=resume, **_taken(recipe.fit, items=items, users=users)).save(out, overwrite=overwrite)
    print(f"Saved to {out}. Next: sora evaluate {out} TEST_DATA, sora predict, sora export")


def _training_command(name: str) -> Callable[..., None]:
    """`sora train NAME`, whose options are those of `_train_and_save` and the recipe's own parameters."""
    recipe_class = tasks.find_recipe(name)
    own = {f.name: f.default for f in fields(recipe_class) if f.name not in _NOT_OPTIONS}

    def command(**given: Any) -> None:
        parameters = {key: _value(given.pop(key), default) for key, default in own.items()}
        _train_and_save(**given, recipe=recipe_class(**parameters))

    absent = {"recipe"} | ({"items", "users"} - inspect.signature(recipe_class.fit).parameters.keys())
    shared = [p for p in inspect.signature(_train_and_save, eval_str=True).parameters.values() if p.name not in absent]
    options = [_option(name, default, _described(recipe_class, name)) for name, default in own.items()]
    shown = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in shared] + options
    command.__doc__ = (recipe_class.__doc__ or "").splitlines()[0]
    command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return command


def _described(recipe_class: type, name: str) -> str:
    """What the docstrings of a recipe, its own first, say of a parameter."""
    for one in recipe_class.__mro__:
        entry = rf"^ +(?:\w+, )*{name}(?:, \w+)*: (.+?)(?=^ +\w+(?:, \w+)*: |^ *$|\Z)"
        if found := re.search(entry, one.__doc__ or "", re.MULTILINE | re.DOTALL):
            return " ".join(found[1].split()).replace("`", "")
    return ""


def _option(name: str, default: Any, description: str) -> inspect.Parameter:
    flag = typer.Option("--" + name.replace("_", "-"), help=description)
    shown = None if default is None else ",".join(default) if isinstance(default, tuple) else str(default)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=shown, annotation=Annotated[str | None, flag]
    )


def _value(text: str | None, default: Any) -> Any:
    """A parameter from its text: a number where it reads as one, true or false, or the word itself.

    Of one that takes several, words with commas between them; an empty text is none.
    """
    if text is None:
        return None
    if isinstance(default, tuple):
        return tuple(word.strip() for word in text.split(",") if word.strip())
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except ValueError:
        return text
