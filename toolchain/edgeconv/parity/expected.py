"""How far two cells of the parity matrix may lie apart, and why. Stated here, measured on every export.

Measured on ECO-Lite (3D, 4D-add, 4D-concat), r3d, r2plus1d and x3d, narrow, with LiteRT 2.3, tflite-runtime 2.14 and
TensorFlow 2.21 on x86-64, 1, 2 and 4 threads, XNNPACK, own and reference kernels:

- int8, the same kernels: no difference whatever the threads, but for MEAN in own kernels (LiteRT, TensorFlow): x3d.
- int8, other kernels: 0 to 1.4 times what int8 costs against float (RMS), and never above 2.1 steps; single values 7.
- float: up to 3e-6 of the output's scale, by kernels and by threads alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from edgeconv.parity.cells import Cell

SUMS = ("MEAN", "SUM")
"""In own kernels of LiteRT 2.3 and TensorFlow 2.21 their last bit hangs on the number of threads."""
APART = 2 * 2**0.5
"""Two independent errors of one size lie √2 of it apart; twice that is no chance, even on two clips."""
ROUNDING = 1.0
"""Steps that the rounding of the output alone may make."""


class Expected(str, Enum):
    """Why two cells may differ; the words are those of the report."""

    EQUAL = "the same kernels give the same bits, however many threads share the work"
    SUMS = "MEAN and SUM round otherwise on other numbers of threads, and what follows carries it on"
    KERNELS = (
        "every set of kernels rounds each operator in its own way, as int8 rounds the float network: RMS apart √2 of "
        "what int8 typically costs against float, at most twice that, and one step in any case"
    )
    FLOAT = "float sums end otherwise in another order"


@dataclass(frozen=True)
class Allowed:
    """Of one file, for each of its outputs."""

    noise: tuple[float, ...] = ()
    """Typical RMS error of int8 against float, both fed alike; () for a float file."""
    units: tuple[float, ...] = ()
    """The output's quantization step, or its largest magnitude where it has none."""
    least: float = ROUNDING
    """Units that are always allowed."""

    def limit(self, expected: Expected, output: int) -> float:
        """In units of the output: RMS for int8, the largest difference for float."""
        if expected is Expected.EQUAL:
            return 0.0
        return max(self.least, APART * self.noise[output] / self.units[output]) if self.noise else self.least


def expect(a: Cell, b: Cell, quantized: bool, own: Iterable[str]) -> Expected:
    """What is said of two cells of one file.

    Args:
        own: kinds of operators that XNNPACK leaves to the runtime's own kernels; all kinds where it took none.
    """
    if not quantized:
        return Expected.FLOAT
    if a.key.runtime != b.key.runtime or a.delegated is not b.delegated:
        return Expected.KERNELS
    sums = a.key.threads != b.key.threads and set(own) & set(SUMS)
    return Expected.SUMS if sums else Expected.EQUAL
