"""What is known of users beside what they did."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sora_keras")
class UserFeatures(keras.layers.Layer):
    """The features of each user, which are kept with the model and are not trained.

    Args:
        users: how many there are. features: numbers of each.

    Input: user numbers (batch,) from 1; 0 is somebody new. Output: (batch, features); zeros for somebody new.
    """

    def __init__(self, users: int, features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.users, self.features = users, features

    def build(self, input_shape: Any = None) -> None:
        shape = (self.users + 1, self.features)
        # What is looked up is cast after: Keras would cast the whole in each step of half precision.
        self.described = self.add_weight(shape, "zeros", trainable=False, autocast=False, name="described")
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.cast(ops.take(ops.convert_to_tensor(self.described), inputs, axis=0), self.compute_dtype)

    def set_features(self, described: Any) -> None:
        """Give each user theirs, (users, features)."""
        self.described.assign(ops.concatenate([ops.zeros((1, self.features)), described]))

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((*inputs.shape, self.features), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "users": self.users, "features": self.features}
