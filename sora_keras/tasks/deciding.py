"""A classifier's parameters about decisions: checked, and found on validation data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError, nearest

if TYPE_CHECKING:
    from sora_keras.data import LabelSpace
    from sora_keras.evaluation import Decision
    from sora_keras.tasks.classifier import Classifier

_CALIBRATED = 100  # validation rows from which a temperature is found by itself
_COSTS = ("missed", "false_alarm")


def check_decisions(recipe: Classifier, labels: LabelSpace) -> None:
    """Raise `ParameterError` or `ArgumentTypeError` for values that do not go with these classes or one another."""
    parameters.check_number("min_sensitivity", recipe.min_sensitivity, least=0, most=1, none=True)
    parameters.check_number("abstain_below", recipe.abstain_below, least=0, most=1, none=True)
    if recipe.calibrate not in (True, False, "auto"):
        raise ParameterError(f"calibrate must be True, False or 'auto'. Received: {recipe.calibrate!r}")
    _check_cost(recipe.cost)
    chosen = [name for name in ("min_sensitivity", "cost", "positive") if getattr(recipe, name) is not None]
    if chosen and labels.kind != "binary":
        raise ParameterError(f"{chosen[0]} is for two classes. These have {len(labels.classes)}.")
    if recipe.min_sensitivity is not None and recipe.cost is not None:
        raise ParameterError("min_sensitivity and cost both choose the threshold. Give one of them.")
    if recipe.abstain_below is not None and labels.kind == "multilabel":
        raise ParameterError("abstain_below is for items with one label each. These have several.")
    _positive(recipe.positive, labels)


def learn_decision(
    recipe: Classifier, labels: LabelSpace, logits: np.ndarray | None, targets: np.ndarray | None
) -> Decision:
    """The temperature and the threshold, from the core's logits (rows, outputs) on validation rows and their targets.

    Raises:
        DataError: a threshold is asked for, and there are no validation rows, or none of one class.
    """
    from sora_keras.evaluation import Decision, find_temperature

    threshold, why, temperature = None, "", 1.0
    asked = recipe.min_sensitivity is not None or recipe.cost is not None
    if asked and logits is None:
        raise DataError("A threshold is chosen on validation rows. Give validation=, or validation_fraction above 0.")
    if logits is not None and targets is not None:
        if recipe.calibrate is True or (recipe.calibrate == "auto" and len(logits) >= _CALIBRATED):
            temperature = find_temperature(logits, targets, labels.kind)
        if asked:
            threshold, why = _threshold(recipe, labels, logits / temperature, targets)
    if recipe.verbose and why:
        print(f"Threshold {threshold:.3f} for {labels.classes[_positive(recipe.positive, labels)]!r}: {why}.")
    return Decision(temperature, _positive(recipe.positive, labels), threshold, recipe.abstain_below, why)


def _threshold(recipe: Classifier, labels: LabelSpace, logits: np.ndarray, targets: np.ndarray) -> tuple[float, str]:
    from scipy.special import expit

    from sora_keras.evaluation import cheapest_threshold, sensitive_threshold

    positive = _positive(recipe.positive, labels)
    chances = expit(logits[:, 0] if positive == 1 else -logits[:, 0])
    truth = np.reshape(targets, -1).astype(np.int64) == positive
    if recipe.cost is not None:
        return cheapest_threshold(chances, truth, recipe.cost)
    return sensitive_threshold(chances, truth, float(recipe.min_sensitivity or 0))


def _positive(given: Any, labels: LabelSpace) -> int:
    if given is None:
        return 1
    if str(given) not in labels.classes:
        raise ParameterError(
            f"positive={given!r} is no class.{nearest(given, labels.classes)} Classes: {', '.join(labels.classes)}."
        )
    return labels.classes.index(str(given))


def _check_cost(cost: Any) -> None:
    if cost is None:
        return
    if not isinstance(cost, dict) or sorted(cost) != sorted(_COSTS):
        raise ArgumentTypeError(f"cost must be {{'missed': …, 'false_alarm': …}}. Received: {cost!r}")
    for name in _COSTS:
        parameters.check_number(f"cost[{name!r}]", cost[name], least=0)
