"""BPR and SASRec of RecBole, trained as its `run_recbole` does: epochs until its own early stopping ends them.

RecBole gets the training rows alone and cuts its validation rows out of them: each user's last, or, for BPR under the
random protocol, a tenth of each user's. It keeps the weights of the best epoch and does not train again on all rows.
The time a fit may take is capped (`--limit`): it then ends after the epoch that is running.
"""

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import Part
from ranking import K, measure_ranking
from splits import read_log

IMPORTS = (
    "torch", "recbole.config", "recbole.data", "recbole.model.general_recommender",
    "recbole.model.sequential_recommender", "recbole.trainer",
)  # fmt: skip
PACKAGES = ("recbole", "torch", "numpy", "pandas", "scipy")
BATCH = 256
LIMIT = 900.0
# Settings tried on a validation cut of the training rows; what was chosen stands in `recommender.py`.
GRID = {
    "BPR": [{"learning_rate": rate} for rate in (0.0003, 0.001, 0.003)],
    "SASRec": [
        {"train_batch_size": batch, "hidden_dropout_prob": dropout, "attn_dropout_prob": dropout}
        for batch in (256, 2048)
        for dropout in (0.2, 0.5)
    ],
}


class TimeIsUp(Exception):
    """Ends a fit that has taken as long as it may."""


class RecBoleModel:
    """One of RecBole's models; what it answers is ranked here, since its own ranking wants test rows."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.kind, self.limit = options.model, float(options.limit or LIMIT)
        self.random = json.loads(options.data.read_text(encoding="utf-8"))["protocol"] == "random"
        own = {"seed": options.seed, **json.loads(options.settings or "{}")}
        self.settings: dict[str, Any] = {**own, **({"epochs": 2} if options.quick else {})}

    def fit(self, train: Part, validation: Part | None) -> None:
        from recbole.config import Config
        from recbole.data import create_dataset, data_preparation
        from recbole.utils import get_model, get_trainer, init_seed

        self.log = read_log(train["file"])
        # Its logs for TensorBoard go to the working directory.
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            write_atomic(train["file"], Path(folder) / "log")
            self.config = Config(self.kind, "log", config_dict=self.configuration(folder))
            init_seed(self.config["seed"], self.config["reproducibility"])
            self.dataset = create_dataset(self.config)
            train_data, valid_data, _ = data_preparation(self.config, self.dataset)
            self.model = get_model(self.kind)(self.config, train_data.dataset).to(self.config["device"])
            trainer = get_trainer(self.config["MODEL_TYPE"], self.kind)(self.config, self.model)
            self.run(trainer, train_data, valid_data)
            trainer.tensorboard.close()
        self.item_ids = self.dataset.field2id_token["item_id"]
        self.histories = self.numbered_histories()

    def configuration(self, folder: str) -> dict[str, Any]:
        """What is said to RecBole beside its defaults."""
        tenth = self.random and self.kind == "BPR"
        return {
            "data_path": folder,
            "checkpoint_dir": folder,
            "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
            "eval_args": {
                "split": {"RS": [0.9, 0.1, 0.0]} if tenth else {"LS": "valid_only"},
                "group_by": "user",
                "order": "RO" if tenth else "TO",
                "mode": "full",
            },
            # SASRec's loss is a softmax over all items and wants no drawn negatives.
            **({"train_neg_sample_args": None} if self.kind == "SASRec" else {}),
            "valid_metric": "NDCG@10",
            "use_gpu": False,
            "show_progress": False,
            **self.settings,
        }

    def run(self, trainer: Any, train_data: Any, valid_data: Any) -> None:
        """Trains within the limit, and takes back the best epoch's weights."""
        import torch

        began, scores = time.perf_counter(), []

        def after_epoch(epoch: int, score: float) -> None:
            scores.append(score)
            if time.perf_counter() - began > self.limit:
                raise TimeIsUp

        capped = False
        try:
            trainer.fit(train_data, valid_data, verbose=True, saved=True, callback_fn=after_epoch)
        except TimeIsUp:
            capped = True
        # It pickles its configuration too, which torch no longer loads unasked.
        best = torch.load(trainer.saved_model_file, weights_only=False)
        self.model.load_state_dict(best["state_dict"])
        self.model.eval()
        self.settings |= {
            "limit": self.limit,
            "stopped_by_limit": capped,
            "epochs_run": len(scores),
            "best_epoch": int(np.argmax(scores)) + 1,
            "best_validation_ndcg": float(max(scores)),
            "seconds_per_epoch": (time.perf_counter() - began) / len(scores),
        }

    def numbered_histories(self) -> dict[str, np.ndarray]:
        """Returns each user's items in RecBole's numbers, oldest first, those held out for validation too."""
        numbers = self.dataset.field2token_id["item_id"]
        items = np.array([numbers[item] for item in self.log.item_ids])[self.log.items]
        starts = np.searchsorted(self.log.users, np.arange(1, len(self.log.user_ids)))
        return dict(zip(self.log.user_ids.tolist(), np.split(items, starts), strict=True))

    def predict(self, users: list[str]) -> Sequence[Sequence[str]]:
        import torch

        top = []
        with torch.inference_mode():
            for start in range(0, len(users), BATCH):
                some = users[start : start + BATCH]
                scores = self.model.full_sort_predict(self.interaction(some)).view(len(some), -1)
                scores[:, 0] = -torch.inf  # its padding
                for row, user in enumerate(some):
                    scores[row, self.histories[user]] = -torch.inf
                top.append(scores.topk(K).indices.numpy())
        return self.item_ids[np.concatenate(top)]

    def interaction(self, users: list[str]) -> Any:
        """Returns what the model is asked with."""
        import torch
        from recbole.data.interaction import Interaction

        numbers = self.dataset.field2token_id["user_id"]
        fields = {"user_id": torch.tensor([numbers[user] for user in users])}
        if self.kind == "SASRec":
            longest = self.config["MAX_ITEM_LIST_LENGTH"]
            histories = [self.histories[user][-longest:] for user in users]
            padded = np.zeros((len(users), longest), np.int64)
            for row, history in enumerate(histories):
                padded[row, : len(history)] = history
            fields["item_id_list"] = torch.from_numpy(padded)
            fields["item_length"] = torch.tensor([len(history) for history in histories])
        return Interaction(fields)

    def answer(self, user: str) -> object:
        return self.predict([user])[0]

    def save(self, folder: Path) -> None:
        import torch

        torch.save((self.model.state_dict(), self.histories, self.item_ids), folder / "model.pt")


def write_atomic(file: Path, folder: Path) -> None:
    """Writes RecBole's own kind of file, with a row's place in the order of time for its time.

    RecBole keeps times in 32 bits and sorts them in no stable order, so that close ones would change places.
    """
    from splits import read_rows

    folder.mkdir()
    rows = read_rows(file)
    rows = rows[np.argsort(rows[:, 3].astype(float), kind="stable")]
    lines = ["user_id:token\titem_id:token\ttimestamp:float"]
    lines += [f"{user}\t{item}\t{place}" for place, (user, item, *_) in enumerate(rows.tolist())]
    (folder / f"{folder.name}.inter").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    measure_ranking(RecBoleModel, IMPORTS, PACKAGES, ("model", "limit"))
