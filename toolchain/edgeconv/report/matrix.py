"""The parity matrix: in the words that all renderings share, and as part of report.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeconv.core.report import Matrix, MatrixPair
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
    if not pair.largest:
        return "equal, bit for bit"
    limit = f"at most {fmt.number(pair.limit, 2)} expected" if pair.limit else "equality expected"
    largest = f", a single value up to {fmt.number(pair.largest, 2)}" if pair.largest > pair.apart else ""
    return f"{fmt.number(pair.apart, 2)} {matrix.unit}{largest}; {limit}"


def title(matrix: Matrix) -> str:
    return f"{matrix.file}, {matrix.unit}"


def rows(matrix: Matrix) -> list[tuple[str, list[Entry]]]:
    """Name of each cell, and its entries, one per cell."""
    places = range(len(matrix.cells))
    return [(cell.name, [entry(matrix, row, column) for column in places]) for row, cell in enumerate(matrix.cells)]


def farthest(matrix: Matrix, expected: str) -> MatrixPair:
    """The pair of this expectation that comes nearest to its limit, or lies farthest beyond it."""
    return max((p for p in matrix.pairs if p.expected == expected), key=lambda p: (p.apart - p.limit, p.apart))


def findings(matrix: Matrix) -> list[str]:
    """One line per expectation: what was found, what is allowed and why; then what failed, then what was left out."""
    lines = []
    for expected, why in matrix.why.items():
        pairs = [p for p in matrix.pairs if p.expected == expected]
        beyond = [p for p in pairs if not p.passed]
        worst = farthest(matrix, expected)
        where = f" ({matrix.cells[worst.first].name} / {matrix.cells[worst.second].name})" if worst.largest else ""
        count = f"{len(beyond)} of {fmt.plural(len(pairs), 'pair')} beyond: " if beyond else ""
        lines.append(f"{count}{fmt.plural(len(pairs), 'pair')}, {_told(matrix, worst)}{where}: {why}.")
    lines += [f"{cell.name} gave no numbers: {cell.failure}" for cell in matrix.cells if cell.failure]
    return [*lines, *matrix.notes]


def matrix_block(matrix: Matrix) -> str:
    """Markdown: the columns bear the numbers of the rows."""
    head = ("", *(str(n) for n in range(1, len(matrix.cells) + 1)))
    body = (
        (f"{n} {escape(name)}", *(_marked(e) for e in entries)) for n, (name, entries) in enumerate(rows(matrix), 1)
    )
    lines = "\n".join(f"- {escape(line)}" for line in findings(matrix))
    return f"#### {escape(title(matrix))}\n\n{table(head, body, 'l' + 'r' * len(matrix.cells))}\n\n{lines}"


def _marked(found: Entry) -> str:
    return f"**{escape(found.text)}**" if found.tone == "beyond" else escape(found.text)
