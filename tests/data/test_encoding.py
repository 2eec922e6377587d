from __future__ import annotations

from pathlib import Path

import pytest

from sora_keras.data import read_examples
from sora_keras.data.encoding import detect_encoding
from sora_keras.errors import DataError

CHINESE = [f"这部电影很好看,我很喜欢第{n}集" for n in range(5)]
FRENCH = [f"un film très réussi, drôle et léger, à voir n° {n}" for n in range(5)]
CASES = [
    ("utf-8", CHINESE), ("utf-8-sig", CHINESE), ("utf-16", CHINESE), ("utf-32", CHINESE),
    ("gb18030", CHINESE), ("gb18030", CHINESE[:1]), ("latin-1", FRENCH), ("latin-1", FRENCH[:1]),
    ("cp1252", ["“très” bien – 5 €"]),
    ("utf-16-le", ["plain words"]), ("utf-16-be", ["plain words"]),
    ("shift_jis", ["素晴らしい映画でした", "つまらない映画"]),
]  # fmt: skip


@pytest.mark.parametrize("memory", ["1GB", 1])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize(("encoding", "texts"), CASES)
def test_common_encodings_are_read(
    tmp_path: Path, encoding: str, texts: list[str], suffix: str, memory: str | int
) -> None:
    csv = "text,label\n" + "".join(f'"{text}",{n % 2}\n' for n, text in enumerate(texts))
    json = "".join(f'{{"text": "{text}", "label": {n % 2}}}\n' for n, text in enumerate(texts))
    path = tmp_path / f"rows{suffix}"
    path.write_bytes((csv if suffix == ".csv" else json).encode(encoding))
    examples = read_examples(path, memory=memory)
    assert examples.names == ("text", "label")
    assert examples.column("text").tolist() == texts


def test_bytes_that_are_no_utf8_far_down_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text,label\n" + b"plain words,1\n" * 200_000 + "un été très léger,0\n".encode("latin-1"))
    assert read_examples(path).column("text")[-1] == "un été très léger"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PAR1xxxx", "Parquet"),
        (b"PK\x03\x04xx", "Excel"),
        (b"\x1f\x8bxx", "gzip"),
        (b"\x89PNG\r\n", "picture"),
    ],
)
def test_other_files_under_a_wrong_suffix_are_named(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"is no text: it is .*{kind}"):
        read_examples(path)


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(DataError, match="no text in any encoding"):
        detect_encoding(path)


def test_a_wrong_byte_order_mark_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbftext,label\n\xff\xfe,1\n")
    with pytest.raises(DataError, match="begins as utf-8-sig, but cannot be read as such near byte"):
        read_examples(path)
