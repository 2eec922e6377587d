"""Parameters as scikit-learn wants them, as checks and as JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras import parameters
from sora_keras.errors import ArgumentTypeError, ParameterError


@dataclasses.dataclass(kw_only=True)
class Baker:
    trade: ClassVar[str] = "baking"
    flour: Any = "wheat"
    grams: Any = 500
    heat: Any = None


def test_names_are_the_fields_in_their_order() -> None:
    assert parameters.names(Baker) == parameters.names(Baker()) == ["flour", "grams", "heat"]


def test_unknown_parameter_names_the_nearest_and_lists_all() -> None:
    parameters.check_known(Baker(), {"flour": 1, "heat": 2})
    with pytest.raises(
        ParameterError, match=r"Baker has no parameter 'flower'\. Did you mean 'flour'\? Known: flour, grams, heat"
    ):
        parameters.check_known(Baker(), {"flower": 1})


@pytest.mark.parametrize("value", [1, 5, np.int64(3), np.uint8(2)])
def test_whole_numbers_in_range_are_taken(value: Any) -> None:
    parameters.check_number("epochs", value, least=1, most=5, whole=True)


@pytest.mark.parametrize("value", [0, 0.25, 1, np.float32(0.5), np.float64(0.5), np.int32(1)])
def test_numbers_in_range_are_taken(value: Any) -> None:
    parameters.check_number("rate", value, least=0, most=1)


@pytest.mark.parametrize("value", [-1, 1.01, float("nan"), float("inf"), np.float32(2)])
def test_numbers_out_of_range_are_refused_with_the_range(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"rate must be a number of at least 0 and at most 1. Received"):
        parameters.check_number("rate", value, least=0, most=1)


@pytest.mark.parametrize(
    "value", [True, np.bool_(True), "3", None, [3], 3.0, np.float32(3), np.array(3), np.array([1, 2])], ids=repr
)
def test_what_is_no_whole_number_is_a_type_error(value: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"epochs must be a whole number of at least 1.*Received"):
        parameters.check_number("epochs", value, least=1, whole=True)


def test_auto_and_none_are_taken_only_where_they_mean_something() -> None:
    parameters.check_number("epochs", "auto", least=1, auto=True)
    parameters.check_number("time_limit", None, least=0, none=True)
    with pytest.raises(ArgumentTypeError, match="'auto'"):
        parameters.check_number("epochs", "Auto", least=1, auto=True)
    with pytest.raises(ArgumentTypeError, match="or None"):
        parameters.check_number("time_limit", "auto", least=0, none=True)
    with pytest.raises(ArgumentTypeError):
        parameters.check_number("epochs", None, least=1, auto=True)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@given(
    st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(plain, inner, max_size=3)
    )
)
def test_plain_values_come_back_from_json(value: Any) -> None:
    text = json.dumps(parameters.to_config(Baker(flour=value)))
    restored = parameters.from_config(json.loads(text))
    assert restored["flour"] == value
    assert type(restored["flour"]) is type(value)
    assert restored["grams"] == 500


def test_numpy_numbers_become_plain_ones() -> None:
    config = json.loads(json.dumps(parameters.to_config(Baker(grams=np.int64(3), heat=np.float32(0.5)))))
    assert parameters.from_config(config) == {"flour": "wheat", "grams": 3, "heat": 0.5}


def test_keras_layers_come_back_with_their_configuration() -> None:
    import keras

    layers = (keras.layers.Dense(7, "relu", name="mine"), keras.Sequential([keras.layers.GRU(3)]))
    config = json.loads(json.dumps(parameters.to_config(Baker(flour=layers))))
    dense, model = parameters.from_config(config)["flour"]
    assert (dense.name, dense.units, dense.activation) == ("mine", 7, keras.activations.relu)
    assert [type(layer) for layer in model.layers] == [keras.layers.GRU]


def test_callable_comes_back_as_none_and_leaves_its_name() -> None:
    def pool(words: Any) -> Any:
        return words

    config = parameters.to_config(Baker(flour=pool))
    assert config["flour"] == {"unsaved": "pool"}
    assert parameters.from_config(json.loads(json.dumps(config)))["flour"] is None


def test_class_that_is_not_registered_is_refused() -> None:
    import keras

    config = parameters.to_config(Baker(flour=keras.layers.Dense(3)))
    config["flour"]["keras"] |= {"module": "os", "class_name": "system", "registered_name": None}
    with pytest.raises((ValueError, TypeError)):
        parameters.from_config(config)
