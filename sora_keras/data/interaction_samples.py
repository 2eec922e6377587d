"""Built-in logs of who did what, and the tables of items that go with them."""

from __future__ import annotations

import re

import numpy as np

from sora_keras.data.arrow import from_arrow
from sora_keras.data.csv_files import CsvFile
from sora_keras.data.examples import Examples
from sora_keras.data.sample_files import files_of, there

# RecBole itself needs PyTorch, which nobody should install for 2 MB of data.
_INSTALL = "--no-deps recbole==1.2.1"
_ARTICLES = "The|A|An|La|Le|Les|L'|Il|Der|Die|Das|Det|O"
_BEHIND = re.compile(rf"([^()]+), ({_ARTICLES})(?= \(|\)|$)")


def movielens() -> Examples:
    """MovieLens-100k: who rated which film with how many stars, and when, in seconds since 1970."""
    users, items, ratings, times = _columns("inter")
    columns = {"user": users, "item": items, "rating": ratings.astype(np.int64), "time": times.astype(np.int64)}
    return Examples(columns, source="sample movielens")


def movielens_films() -> Examples:
    """Its films: title, year, and genres with `|` between them."""
    ids, titles, years, genres = _columns("item")
    columns = {
        "id": ids,
        "title": np.array([_BEHIND.sub(_in_front, title) for title in titles], object),
        "year": np.array([year if year.isdigit() else None for year in years], object),
        "genres": np.array([several.replace(" ", "|") for several in genres], object),
    }
    return Examples(columns, source="sample movielens_films")


def _columns(ending: str) -> list[np.ndarray]:
    import pyarrow as pa

    path = there(files_of("recbole", _INSTALL) / "dataset_example" / "ml-100k" / f"ml-100k.{ending}")
    file = CsvFile(path)
    names = next(file.tables({}, True)).column_names
    table = next(file.tables({name: pa.string() for name in names}, True))
    return [from_arrow(column) for column in table.columns]


def _in_front(found: re.Match[str]) -> str:
    """ "Full Monty, The" as "The Full Monty"."""
    name, article = found.groups()
    return article + name if article.endswith("'") else f"{article} {name}"
