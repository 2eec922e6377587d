"""The picture encoders: from pixels to one vector a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sora_keras.encoders.registry import Encoder, TrainingDefaults, register_encoder

FEATURE_MAP = "feature_map"
_DROPOUT = 0.1
_MOST_BLOCKS = 3
_SMALLEST_MAP = 6  # pixels a side below which a stage halves no more


@dataclass(frozen=True)
class PictureFacts:
    """What preprocessing learned that an encoder may use.

    height, width, channels: of the pixels; outputs: how many logits the head gives; rows: examples to train on;
    work: multiply-adds a picture that there is time for, or None where nobody is in a hurry.
    """

    height: int
    width: int
    channels: int
    outputs: int
    rows: int
    work: float | None = None


@dataclass
class _Stage:
    """One map of the `cnn`: its pixels, the filters that come and go, and how many residual blocks it has."""

    height: int
    width: int
    came: int
    filters: int
    blocks: int = 0

    @property
    def work(self) -> float:
        """Multiply-adds of its first convolution."""
        return 9.0 * self.height * self.width * self.came * self.filters

    @property
    def work_of_a_block(self) -> float:
        return 18.0 * self.height * self.width * self.filters**2


def _cnn(pixels: Any, facts: PictureFacts) -> Any:
    """Few wide convolutions, each normalised, on small maps, where a CPU does most a second.

    It is right-sized. The first convolution and the maximum after it bring the longer side down to 16 at most (32 for
    large pictures) and each stage halves it, until it is at most 8. There are as many residual blocks (He et al., 2016)
    as there is time for; of two maps where they cost the same, the larger has the first, since it has more details. The
    last map is averaged to about three by three, and its places are kept: where something is says what it is.
    """
    import keras

    hidden = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    side = max(facts.height, facts.width)
    shrinks = 1 if side <= 16 else 2 if side <= 32 else 4 if side <= 128 else 8
    hidden = _normalised(hidden, 24, max(3, shrinks + 1), max(1, shrinks // 2), halved=shrinks > 1)
    stages = _stages(*hidden.shape[1:])
    _share_out(stages, None if facts.work is None else facts.work - work_of(pixels, hidden))
    for stage in stages[:-1]:
        hidden = _normalised(hidden, stage.filters, 3, 1, halved=not stage.blocks)
        for _ in range(stage.blocks):
            hidden = _block(hidden, stage.filters)
        if stage.blocks:
            hidden = keras.layers.MaxPooling2D(2, padding="same")(hidden)
    hidden = _normalised(hidden, stages[-1].filters, 3, 1)
    for _ in range(stages[-1].blocks):
        hidden = _block(hidden, stages[-1].filters)
    hidden = keras.layers.Activation("linear", name=FEATURE_MAP)(hidden)
    pool = tuple(max(1, one // 3) for one in hidden.shape[1:3])
    hidden = keras.layers.AveragePooling2D(pool)(hidden)
    return keras.layers.Dropout(_DROPOUT, name="encoder")(keras.layers.Flatten()(hidden))


def _stages(height: int, width: int, came: int) -> list[_Stage]:
    """The maps from this one on, each half as large, until a side is at most eight."""
    stages = [_Stage(height, width, came, 64)]
    while max(stages[-1].height, stages[-1].width) > 8:
        last = stages[-1]
        stages.append(_Stage(-(-last.height // 2), -(-last.width // 2), last.filters, min(128, 2 * last.filters)))
    return stages


def _share_out(stages: list[_Stage], work: float | None) -> None:
    """Give the small maps blocks in turn, as many as there is time for: the cheaper first, of two alike the larger."""
    small = [stage for stage in stages if max(stage.height, stage.width) <= 16]
    small.sort(key=lambda stage: stage.work_of_a_block)
    if work is None:
        small[0].blocks = 1
        return
    left = work - sum(stage.work for stage in stages)
    for turn in range(_MOST_BLOCKS):
        stage = small[turn % len(small)]
        left -= stage.work_of_a_block
        if left < 0:
            return
        stage.blocks += 1


def _normalised(
    hidden: Any, filters: int, kernel: int, stride: int, *, active: bool = True, halved: bool = False
) -> Any:
    import keras

    hidden = keras.layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(hidden)
    if halved:  # before it is normalised, which then costs a quarter
        hidden = keras.layers.MaxPooling2D(2, padding="same")(hidden)
    hidden = keras.layers.BatchNormalization(momentum=0.9)(hidden)
    return keras.layers.Activation("relu")(hidden) if active else hidden


def _block(hidden: Any, filters: int) -> Any:
    import keras

    further = _normalised(_normalised(hidden, filters, 3, 1), filters, 3, 1, active=False)
    return keras.layers.Activation("relu")(keras.layers.Add()([hidden, further]))


def _resnet(pixels: Any, facts: PictureFacts) -> Any:
    """A compact residual network, normalised before each activation (He et al., 2016).

    It is right-sized: it halves the picture until a side is about six pixels, with twice the filters each time, and
    begins with more of them where there are more pictures to learn from.
    """
    import keras

    filters = 32 if facts.rows >= 5_000 else 16
    side = min(facts.height, facts.width)
    hidden = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    # Large pictures are first brought down by steps of four, which see edges well enough.
    while side > 96:
        hidden = keras.layers.Conv2D(filters, 5, strides=4, padding="same", use_bias=False)(hidden)
        side //= 4
    hidden = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(hidden)
    stage = 0
    while True:
        hidden = _pre_activated(hidden, filters * 2**stage, 1)
        if side // 2 < _SMALLEST_MAP or stage == 3:
            break
        side, stage = side // 2, stage + 1
        hidden = _pre_activated(hidden, filters * 2**stage, 2)
    hidden = keras.layers.BatchNormalization(momentum=0.9)(hidden)
    hidden = keras.layers.Activation("relu", name=FEATURE_MAP)(hidden)
    return keras.layers.GlobalAveragePooling2D(name="encoder")(hidden)


def _pre_activated(hidden: Any, filters: int, stride: int) -> Any:
    import keras

    def convolved(value: Any, stride: int) -> Any:
        value = keras.layers.BatchNormalization(momentum=0.9)(value)
        value = keras.layers.Activation("relu")(value)
        return keras.layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(value)

    short = hidden
    if stride > 1 or hidden.shape[-1] != filters:
        short = keras.layers.AveragePooling2D(stride, padding="same")(short) if stride > 1 else short
        short = keras.layers.Conv2D(filters, 1, use_bias=False)(short)
    return keras.layers.Add()([short, convolved(convolved(hidden, stride), 1)])


def work_of(inputs: Any, outputs: Any) -> float:
    """Multiply-adds a picture of the convolutions between two tensors."""
    import keras

    total = 0.0
    for layer in keras.Model(inputs, outputs).layers:
        if isinstance(layer, keras.layers.Conv2D):
            height, width = layer.output.shape[1:3]
            total += float(height * width * layer.kernel.shape.num_elements())
    return total


_SCRATCH = TrainingDefaults(2e-3, 128, 30, 30, schedule="cosine", weight_decay=0.05)

for _encoder in (
    Encoder("cnn", "image", "pixels", _cnn, replace(_SCRATCH, learning_rate=2e-2, optimizer="muon")),
    Encoder("resnet", "image", "pixels", _resnet, _SCRATCH),
):
    register_encoder(_encoder)
