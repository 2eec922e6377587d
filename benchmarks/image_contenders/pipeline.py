"""Pictures a second of the input pipeline alone, beside `keras.utils.image_dataset_from_directory`.

20,000 JPEG files made from Fashion-MNIST: each enlarged to between 120 and 280 pixels a side, coloured, of quality 90,
in a folder a class. Both bring them to 64 by 64 pixels in batches of 32. The first pass lists, reads and decodes the
files; later ones are later epochs, when what is kept is kept. The two take turns, since machines change their speed.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from figure import figure_options, print_figures
from reading import read_fashion

COUNT, SIDE, BATCH = 20_000, 64, 32
ROUNDS, PASSES = 3, 5


def main() -> None:
    """Makes the files where they are not there yet, and times both."""
    options = figure_options()
    count = 400 if options.quick else COUNT
    folder = options.data.with_suffix("") / f"jpeg-{count}"
    if not folder.exists():
        make_files(folder, read_fashion(options.data)[0]["train"], count)
    for path in folder.rglob("*.jpg"):  # both find the files in memory
        path.read_bytes()
    rounds = [(time_ours(folder, options.seed), time_keras(folder, options.seed)) for _ in range(ROUNDS)]
    # (sides, passes): the median round of each pass.
    ours, keras_own = np.median(rounds, axis=0)
    print_figures(
        pictures=count,
        pictures_per_second=count / ours[0],
        keras_pictures_per_second=count / keras_own[0],
        ratio=keras_own[0] / ours[0],
        later_pass=count / ours[1:].mean(),
        keras_later_pass=count / keras_own[1:].mean(),
        passes=PASSES,
        ratio_of_all_passes=keras_own.sum() / ours.sum(),
        rounds=ROUNDS,
        size=SIDE,
        batch_size=BATCH,
    )


def make_files(folder: Path, part: dict[str, Any], count: int) -> None:
    """Writes the first `count` pictures as JPEG."""
    from PIL import Image

    random = np.random.default_rng(0)
    sizes, colours = random.integers(120, 281, (count, 2)), random.uniform(0.4, 1.0, (count, 3))
    making = folder.with_name(folder.name + ".new")

    def write(row: int) -> None:
        large = Image.fromarray(part["picture"][row % len(part["label"])]).resize(tuple(sizes[row]), Image.BICUBIC)
        pixels = np.asarray(large)[..., None] * colours[row]
        place = making / part["label"][row % len(part["label"])]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(place / f"{row:05d}.jpg", quality=90)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, range(count)))
    making.rename(folder)


def time_ours(folder: Path, seed: int) -> list[float]:
    """Returns the seconds of each pass over what `fit` trains on."""
    from sora_keras.data import parse_memory, read_pictures
    from sora_keras.layers.pictures import DecodePictures
    from sora_keras.training import Feed, decode_pictures

    began = time.perf_counter()
    examples = read_pictures(folder)
    pictures = examples.column("image")
    cache = decode_pictures(DecodePictures((SIDE, SIDE), 3), pictures, budget=parse_memory("auto"))
    feed = Feed(cache, np.zeros(len(cache), np.int64), None, BATCH, seed)
    return passes(feed.dataset(), began)


def time_keras(folder: Path, seed: int) -> list[float]:
    """Returns the seconds of each pass over Keras' data set, as its guide uses it."""
    import keras
    import tensorflow as tf

    began = time.perf_counter()
    pictures = keras.utils.image_dataset_from_directory(
        folder, image_size=(SIDE, SIDE), batch_size=BATCH, seed=seed, verbose=False
    )
    return passes(pictures.prefetch(tf.data.AUTOTUNE), began)


def passes(dataset: Any, began: float) -> list[float]:
    """Returns the seconds of the first pass since `began`, and of those after it."""
    seconds = []
    for _ in range(PASSES):
        for _ in dataset:
            pass
        now = time.perf_counter()
        seconds.append(now - began)
        began = now
    return seconds


if __name__ == "__main__":
    main()
