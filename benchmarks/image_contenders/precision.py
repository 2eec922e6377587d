"""Training steps of the recipe's `cnn` in float32 and in mixed bfloat16, which `precision="auto"` chooses between.

The core is the one that 900 seconds on Fashion-MNIST leave time for. The two take turns, and the median of the rounds
counts.
"""

import statistics
import time
from typing import Any

import numpy as np
from figure import figure_options, print_figures

POLICIES = ("float32", "mixed_bfloat16")
ROUNDS, STEPS, BATCH, WORK = 3, 30, 128, 37e6


def main() -> None:
    """Times both."""
    options = figure_options()
    rounds, steps = (1, 2) if options.quick else (ROUNDS, STEPS)
    cores = {policy: core(policy, options.seed) for policy in POLICIES}
    seconds: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    for _ in range(rounds):
        for policy, network in cores.items():
            seconds[policy].append(step_seconds(network, steps))
    float32, bfloat16 = (statistics.median(seconds[policy]) for policy in POLICIES)
    print_figures(
        float32_step_ms=1e3 * float32,
        bfloat16_step_ms=1e3 * bfloat16,
        ratio=bfloat16 / float32,
        batch_size=BATCH,
        parameters=cores["float32"].count_params(),
        processor_has_bfloat16=has_bfloat16(),
    )


def core(policy: str, seed: int) -> Any:
    """Returns the `cnn` with a head, ready to train in this precision."""
    import keras

    from sora_keras.encoders import resolve_encoder
    from sora_keras.encoders.pictures import PictureFacts
    from sora_keras.training.muon import ConvolutionMuon

    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(policy)
    pixels = keras.Input((28, 28, 1))
    facts = PictureFacts(28, 28, 1, outputs=10, rows=54_000, work=WORK)
    encoded = resolve_encoder("cnn", "image").build(pixels, facts)
    network = keras.Model(pixels, keras.layers.Dense(10, dtype="float32", name="head")(encoded))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(ConvolutionMuon(0.02), loss, jit_compile=False)
    step_seconds(network, 2)  # traces the graph
    return network


def step_seconds(network: Any, steps: int) -> float:
    """Returns the seconds of one training step."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (steps * BATCH, 28, 28, 1)).astype("float32")
    targets = random.integers(0, 10, steps * BATCH)
    began = time.perf_counter()
    network.fit(pixels, targets, batch_size=BATCH, verbose=0)
    return (time.perf_counter() - began) / steps


def has_bfloat16() -> bool | None:
    """Returns whether the processor has instructions for bfloat16, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            flags = file.read()
    except OSError:
        return None
    return "bf16" in flags


if __name__ == "__main__":
    main()
