"""The parity matrix as the report holds it."""

from __future__ import annotations

from edgeconv.core.section import Section


class MatrixCell(Section):
    """One way to run a file."""

    runtime: str
    kernels: str = ""
    """'XNNPACK' or 'own kernels', as asked for; '' where there is no choice."""
    threads: int = 0
    """0: as the network was built."""
    failure: str = ""
    """Why it gave no numbers; it is then in no pair."""

    @property
    def name(self) -> str:
        threads = f"{self.threads} thread" + ("s" if self.threads > 1 else "")
        return ", ".join(part for part in (self.runtime, self.kernels, threads if self.threads else "") if part)


class MatrixPair(Section):
    """Two cells; `apart`, `largest` and `limit` are in the unit of the matrix."""

    first: int
    second: int
    """Their places among the cells; the first comes before the second."""
    apart: float
    """Of several outputs, of the one that comes nearest to its limit or lies farthest beyond it."""
    largest: float
    """Of a single value."""
    limit: float
    """Of `apart`."""
    expected: str
    """Which expectation holds: 'equal', 'sums', 'kernels' or 'float'."""

    @property
    def passed(self) -> bool:
        return self.apart <= self.limit


class Matrix(Section):
    """One file in every runtime, with every set of kernels, on one thread and on several."""

    file: str
    """'int8 TFLite'"""
    unit: str
    """'steps RMS' or 'of the output's scale'"""
    clips: int
    cells: tuple[MatrixCell, ...]
    pairs: tuple[MatrixPair, ...]
    why: dict[str, str]
    """The reason of each expectation that the pairs name."""
    notes: tuple[str, ...] = ()
    """Cells that are left out, and why."""

    @property
    def in_steps(self) -> bool:
        return self.unit.startswith("steps")

    def pair(self, first: int, second: int) -> MatrixPair | None:
        """In any order; None where one of them failed, or is the other."""
        both = {first, second}
        return next((p for p in self.pairs if {p.first, p.second} == both), None)
