"""What `"auto"` stands for in training, by how many examples there are."""

from __future__ import annotations

from sora_keras.encoders import TrainingDefaults


def test_little_data_gets_smaller_batches_a_lower_rate_and_more_patience() -> None:
    usual = TrainingDefaults(learning_rate=2e-2, batch_size=256, epochs=30, patience=1)
    assert usual.suited_to(20_000) == usual
    some = usual.suited_to(4_096)
    assert (some.batch_size, some.learning_rate, some.patience) == (64, 1e-2, 1)
    few = usual.suited_to(256)
    assert (few.batch_size, few.patience) == (16, 4)
    assert usual.suited_to(0).patience == usual.epochs
