"""Named encoders, by modality, and the registry that finds them."""

from sora_keras.encoders.recommending import (
    CatalogueFacts,
    Network,
    build_network,
    item_vectors,
    linear_core,
    popularity_core,
    query_model,
    with_linear,
)
from sora_keras.encoders.registry import (
    Encoder,
    TrainingDefaults,
    list_encoders,
    register_encoder,
    resolve_encoder,
)

__all__ = [
    "CatalogueFacts", "Encoder", "Network", "TrainingDefaults", "build_network", "item_vectors", "linear_core",
    "list_encoders", "popularity_core", "query_model", "register_encoder", "resolve_encoder", "with_linear",
]  # fmt: skip
