"""Named encoders, by modality, and the registry that finds them."""

from sora_keras.encoders.registry import (
    Encoder,
    TrainingDefaults,
    list_encoders,
    register_encoder,
    resolve_encoder,
)

__all__ = ["Encoder", "TrainingDefaults", "list_encoders", "register_encoder", "resolve_encoder"]
