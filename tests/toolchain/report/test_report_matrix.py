"""The parity matrix in every rendering: the grid, what is expected, and in plain sight what is beyond it."""

from __future__ import annotations

import re

import pytest
from test_report_compilation import rendered

from edgeconv.core.matrix import Matrix, MatrixCell, MatrixPair
from edgeconv.core.report import Report
from edgeconv.report.matrix import entry, findings

CELLS = (
    MatrixCell(runtime="PyTorch"),
    MatrixCell(runtime="litert", kernels="own kernels", threads=1),
    MatrixCell(runtime="litert", kernels="XNNPACK", threads=2, failure="killed by <b>SIGABRT|</b>"),
    MatrixCell(runtime="odd", kernels="XNNPACK", threads=2),
)


def pair(first: int, second: int, apart: float, expected: str = "kernels", limit: float = 2.5) -> MatrixPair:
    return MatrixPair(first=first, second=second, apart=apart, largest=3 * apart, limit=limit, expected=expected)


MATRIX = Matrix(
    file="int8 TFLite",
    unit="steps RMS",
    clips=2,
    cells=CELLS,
    pairs=(pair(0, 1, 0, "equal", 0), pair(0, 3, 1.25), pair(1, 3, 6.5)),
    why={"equal": "the same kernels", "kernels": "each rounds in its own way"},
    notes=("XNNPACK of that runtime takes nothing.",),
)


def test_an_entry_says_equal_apart_beyond_or_nothing() -> None:
    tones = {(r, c): (e.tone, e.text) for r in range(4) for c in range(4) if (e := entry(MATRIX, r, c))}
    assert tones[0, 0] == ("self", "")
    assert tones[0, 1] == tones[1, 0] == ("same", "=")
    assert tones[0, 3] == tones[3, 0] == ("within", "1.2")
    assert tones[1, 3] == tones[3, 1] == ("beyond", "✗ 6.5")
    assert {tones[2, c] for c in (0, 1, 3)} == {("none", "–")}


def test_findings_state_what_is_expected_and_why() -> None:
    equal, kernels, crash, note = findings(MATRIX)
    assert equal.text == "1 pair: equal, bit for bit; equality expected: the same kernels."
    assert kernels.text == (
        "1 of 2 pairs farther apart than expected, the worst: 6.5 steps RMS apart (a single value 20); at most 2.5 "
        "expected (litert, own kernels, 1 thread / odd, XNNPACK, 2 threads): each rounds in its own way."
    )
    assert [line.failed for line in (equal, kernels, crash, note)] == [False, True, True, False]
    assert crash.text.startswith("litert, XNNPACK, 2 threads gave no numbers: killed by")


@pytest.mark.parametrize("form", ["md", "html", "terminal"])
def test_in_every_rendering(passing: Report, form: str) -> None:
    text = rendered(passing.model_copy(update={"matrices": (MATRIX,)}))[form]
    for words in ("Parity matrix", "at most 2.5 expected", "odd, XNNPACK, 2 threads", "takes nothing"):
        assert words in " ".join(text.split()), words
    assert ("<b>SIGABRT" in text) is (form == "terminal")
    assert "Parity matrix" not in rendered(passing)[form]


def test_the_grid_has_a_row_and_a_column_for_each_cell(passing: Report) -> None:
    made = rendered(passing.model_copy(update={"matrices": (MATRIX,)}))
    grid = made["html"].partition('<table class="matrix">')[2].partition("</table>")[0]
    tones = re.findall(r'<td class="(\w+)"', grid)
    assert [tones.count(t) for t in ("self", "same", "within", "beyond", "none")] == [4, 2, 2, 2, 6]
    assert "| 4 odd, XNNPACK, 2 threads | 1.2 | **✗ 6.5** | – |  |" in made["md"]
