"""ResNet-18 from scratch in plain PyTorch, for as long as it is given.

The network of He et al. (2016) as torchvision has it, for one channel; pictures moved by up to two pixels and mirrored,
SGD with momentum under a one-cycle rate over the time, batches of 128.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import Part, measure
from reading import CLASSES, read_fashion

BATCH, RATE, MOMENTUM, DECAY, WARM_UP = 128, 0.1, 0.9, 5e-4, 0.25


class TorchResNet18:
    """Trains until the time is over."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.limit = 6.0 if options.quick else float(options.limit)
        self.settings: dict[str, Any] = {"limit": self.limit, "batch_size": BATCH, "rate": RATE, "decay": DECAY}

    def fit(self, train: Part, validation: Part | None) -> None:
        import torch

        began = time.perf_counter()
        torch.manual_seed(0)
        self.network = network().train()
        pictures, labels = batch_of(train["picture"]), torch.tensor([int(label) for label in train["label"]])
        steps = torch.optim.SGD(self.network.parameters(), RATE, MOMENTUM, weight_decay=DECAY, nesterov=True)
        loss, seen = torch.nn.CrossEntropyLoss(), 0
        while (share := (time.perf_counter() - began) / self.limit) < 1:
            if seen % len(pictures) < BATCH:
                order = torch.randperm(len(pictures))
            start = seen % len(pictures)
            rows = order[start : start + BATCH]
            for group in steps.param_groups:
                group["lr"] = RATE * min(share / WARM_UP, (1 - share) / (1 - WARM_UP)) + 1e-5
            steps.zero_grad()
            loss(self.network(changed(pictures[rows])), labels[rows]).backward()
            steps.step()
            seen += len(rows)
        self.network.eval()
        self.settings["epochs_run"] = seen / len(pictures)

    def predict(self, pictures: np.ndarray) -> Sequence[str]:
        import torch

        with torch.inference_mode():
            parts = [self.network(some) for some in batch_of(pictures).split(500)]
        return [str(int(answer)) for answer in torch.cat(parts).argmax(dim=1)]

    def answer(self, picture: np.ndarray) -> object:
        return self.predict(picture[None])[0]

    def save(self, folder: Path) -> None:
        import torch

        torch.save(self.network.state_dict(), folder / "model.pt")


def batch_of(pictures: np.ndarray) -> Any:
    """Returns pictures (rows, 28, 28) as a tensor around zero."""
    import torch

    return torch.from_numpy(pictures.astype("float32"))[:, None] / 127.5 - 1


def changed(pictures: Any) -> Any:
    """Returns the batch moved and, half the times, mirrored."""
    import torch

    down, right = torch.randint(-2, 3, (2,)).tolist()
    pictures = torch.roll(pictures, (down, right), (2, 3))
    return pictures.flip(3) if torch.rand(()) < 0.5 else pictures


def network() -> Any:
    """Returns ResNet-18."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self, came: int, filters: int, stride: int) -> None:
            super().__init__()
            self.path = nn.Sequential(
                nn.Conv2d(came, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
                nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters),
            )  # fmt: skip
            same = stride == 1 and came == filters
            self.short: Any = nn.Identity()
            if not same:
                self.short = nn.Sequential(nn.Conv2d(came, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

        def forward(self, hidden: Any) -> Any:
            return nn.functional.relu(self.path(hidden) + self.short(hidden))

    stages, came = [], 64
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        stages += [Block(came, filters, stride), Block(filters, filters, 1)]
        came = filters
    stem = (nn.Conv2d(1, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, CLASSES))


if __name__ == "__main__":
    measure(TorchResNet18, ("torch",), ("torch", "numpy"), arguments=("limit",), read=read_fashion)
