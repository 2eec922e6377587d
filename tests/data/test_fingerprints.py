from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Examples

ROWS = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), min_size=1, max_size=6)


def of(rows: list[tuple[str, str]]) -> str:
    return Examples({"a": [a for a, _ in rows], "b": [b for _, b in rows]}).fingerprint()


@given(ROWS, ROWS)
def test_different_rows_have_different_fingerprints(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    clean = [[tuple(s.encode("utf-16", "surrogatepass") for s in row) for row in rows] for rows in (one, other)]
    assert (of(one) == of(other)) == (clean[0] == clean[1])
