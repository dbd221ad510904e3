"""The parity matrix: in the words that all renderings share, and as part of report.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgeconv.core.matrix import Matrix, MatrixPair
from edgeconv.report import format as fmt
from edgeconv.report.markup import escape, table

Tone = Literal["self", "same", "within", "beyond", "none"]


@dataclass(frozen=True)
class Entry:
    """What stands where a row and a column meet."""

    tone: Tone
    text: str
    """'=' where not a bit differs; else how far apart."""
    title: str = ""
    """The whole of it, for who points at it."""


def entry(matrix: Matrix, row: int, column: int) -> Entry:
    if row == column:
        return Entry("self", "")
    pair = matrix.pair(row, column)
    names = f"{matrix.cells[row].name} / {matrix.cells[column].name}"
    if pair is None:
        return Entry("none", "–", f"{names}: no numbers")
    tone: Tone = "beyond" if not pair.passed else "within" if pair.largest else "same"
    return Entry(tone, _amount(matrix, pair), f"{names}: {_told(matrix, pair)}; {matrix.why[pair.expected]}")


def _amount(matrix: Matrix, pair: MatrixPair) -> str:
    if not pair.largest:
        return "="
    amount = f"{pair.apart:.1f}" if matrix.in_steps else fmt.number(pair.apart, 2)
    return amount if pair.passed else f"✗ {amount}"


def _told(matrix: Matrix, pair: MatrixPair) -> str:
    limit = f"at most {fmt.number(pair.limit, 2)} expected" if pair.limit else "equality expected"
    if not pair.largest:
        return f"equal, bit for bit; {limit}"
    largest = f" (a single value {fmt.number(pair.largest, 2)})" if pair.largest > pair.apart else ""
    return f"{fmt.number(pair.apart, 2)} {matrix.unit} apart{largest}; {limit}"


def title(matrix: Matrix) -> str:
    return f"{matrix.file}, {matrix.unit}"


def rows(matrix: Matrix) -> list[tuple[str, list[Entry]]]:
    """Name of each cell, and its entries, one per cell."""
    places = range(len(matrix.cells))
    return [(cell.name, [entry(matrix, row, column) for column in places]) for row, cell in enumerate(matrix.cells)]


def farthest(pairs: Sequence[MatrixPair]) -> MatrixPair:
    """The pair that comes nearest to its limit, or lies farthest beyond it."""
    return max(pairs, key=lambda p: (p.apart - p.limit, p.apart))


@dataclass(frozen=True)
class Line:
    text: str
    failed: bool = False


def findings(matrix: Matrix) -> list[Line]:
    """One per expectation: what was found, what is allowed and why; then what failed, then what was left out."""
    lines = []
    for expected in dict.fromkeys(p.expected for p in matrix.pairs):
        pairs = [p for p in matrix.pairs if p.expected == expected]
        beyond = sum(not p.passed for p in pairs)
        worst = farthest(pairs)
        names = f" ({matrix.cells[worst.first].name} / {matrix.cells[worst.second].name})" if worst.largest else ""
        count = fmt.plural(len(pairs), "pair")
        if beyond:
            count = f"{beyond} of {count} farther apart than expected, the worst"
        lines.append(Line(f"{count}: {_told(matrix, worst)}{names}: {matrix.why[expected]}.", beyond > 0))
    lines += [Line(f"{cell.name} gave no numbers: {cell.failure}", True) for cell in matrix.cells if cell.failure]
    return [*lines, *map(Line, matrix.notes)]


def matrix_block(matrix: Matrix) -> str:
    """Markdown: the columns bear the numbers of the rows."""
    head = ("", *(str(n) for n in range(1, len(matrix.cells) + 1)))
    body = (
        (f"{n} {escape(name)}", *(_marked(e) for e in entries)) for n, (name, entries) in enumerate(rows(matrix), 1)
    )
    lines = "\n".join(f"- {escape(line.text)}" for line in findings(matrix))
    return f"#### {escape(title(matrix))}\n\n{table(head, body, 'l' + 'r' * len(matrix.cells))}\n\n{lines}"


def _marked(found: Entry) -> str:
    return f"**{escape(found.text)}**" if found.tone == "beyond" else escape(found.text)
