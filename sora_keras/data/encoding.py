"""Which encoding a text file has: UTF-8 if it is valid, else what its bytes say."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from sora_keras.errors import DataError

_CHUNK = 2**20
_SAMPLE = 2**17
# In order of preference where a sample fits several alike. cp1252 is Latin-1 as people write it.
_CANDIDATES = ("gb18030", "cp1252", "shift_jis", "big5", "euc_kr", "euc_jp", "cp1251")
_WIDE = ("gb18030", "shift_jis", "big5", "euc_kr", "euc_jp")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
_NOT_TEXT = {
    b"PAR1": "a Parquet file", b"PK\x03\x04": "a zip or Excel file", b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"%PDF": "a PDF", b"ARROW1": "an Arrow file",
}  # fmt: skip


def detect_encoding(path: Path) -> str:
    """The name of a codec that decodes the whole file.

    Raises:
        DataError: the file is empty, or is no text.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    if not start.strip(b"\xef\xbb\xbf\r\n\t "):
        raise DataError(f"{path} is empty.")
    for magic, kind in _NOT_TEXT.items():
        if start.startswith(magic):
            raise DataError(f"{path} is no text: it is {kind}. Check its suffix.")
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return _whole(path, encoding)
    wide = _unmarked_utf16(start)
    if wide is not None:
        return _whole(path, wide)
    bad = _first_bad_byte(path, "utf-8")
    return "utf-8" if bad is None else _guess(path, bad)


def text_input(path: Path, encoding: str) -> Any:
    """The file as a stream of UTF-8 bytes without byte order mark."""
    import pyarrow as pa

    file = pa.OSFile(str(path))
    if encoding == "utf-8-sig":
        file.seek(len(codecs.BOM_UTF8))
    if encoding in ("utf-8", "utf-8-sig"):
        return file
    return pa.transcoding_input_stream(file, encoding, "utf-8")


def _whole(path: Path, encoding: str) -> str:
    bad = _first_bad_byte(path, encoding)
    if bad is None:
        return encoding
    raise DataError(
        f"{path} begins as {encoding}, but cannot be read as such near byte {bad:,}. Save it again as UTF-8."
    )


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    """Where decoding fails, roughly; None where it does not."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                return place + getattr(error, "start", 0)
            if not chunk:
                return None
            place += len(chunk)


def _unmarked_utf16(start: bytes) -> str | None:
    # Every other byte of ASCII in UTF-16 is zero, and such bytes are valid UTF-8 too.
    even, odd = start[::2].count(0), start[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most < len(start) // 4 or least > most // 8:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _guess(path: Path, bad: int) -> str:
    from charset_normalizer import from_bytes

    with path.open("rb") as file:
        # Begin at a line, so that no character is cut.
        file.seek(max(0, bad - _SAMPLE // 2))
        sample = file.read(_SAMPLE)
    if bad > _SAMPLE // 2:
        sample = sample[sample.find(b"\n") + 1 :]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) // 100:
        raise _no_text(path)
    candidates = [name for name in _CANDIDATES if name not in _WIDE or not _is_alphabetic(sample)]
    matches = from_bytes(sample, cp_isolation=candidates)
    order = {name: place for place, name in enumerate(_CANDIDATES)}
    ranked = sorted(matches, key=lambda match: (round(match.chaos, 2), -match.coherence, order.get(match.encoding, 99)))
    for encoding in (*(match.encoding for match in ranked), "latin-1"):
        if _first_bad_byte(path, encoding) is None:
            return encoding
    raise _no_text(path)


def _is_alphabetic(sample: bytes) -> bool:
    """Whether bytes above ASCII mostly stand alone, as accents do; wide characters come in pairs."""
    runs = re.findall(rb"[\x80-\xff]+", sample)
    return sum(len(run) == 1 for run in runs) > 0.7 * len(runs)


def _no_text(path: Path) -> DataError:
    return DataError(f"{path} is no text in any encoding that is known here. Save it as UTF-8.")
