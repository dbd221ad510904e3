"""The parity matrix: every cell of one file against every other, each pair with what is expected of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.core.matrix import Matrix, MatrixCell, MatrixPair
from edgeconv.core.summary import TensorInfo
from edgeconv.parity.cells import Cell
from edgeconv.parity.expected import Allowed, Expected, expect


@dataclass(frozen=True)
class Subject:
    """The file that all cells ran."""

    name: str
    """As reports call it: 'int8 TFLite'."""
    quantized: bool
    in_steps: bool
    """Every output has a quantization step."""
    allowed: Allowed
    operators: Collection[str] = ()
    """Kinds it has."""
    left: Collection[str] = ()
    """Those among them that XNNPACK leaves to own kernels."""


def compare_cells(subject: Subject, cells: Sequence[Cell]) -> Matrix:
    """All pairs of cells that gave numbers."""
    sound = _sound(cells)
    pairs = tuple(_pairs(subject, sound))
    named = dict.fromkeys(pair.expected for pair in pairs)
    return Matrix(
        file=subject.name,
        unit="steps RMS" if subject.in_steps else "of the output's scale" + (" RMS" if subject.quantized else ""),
        clips=next((len(cell.outputs[0]) for cell in sound if not cell.failure), 0),
        cells=tuple(
            MatrixCell(
                runtime=cell.key.runtime,
                kernels=cell.key.kernels,
                threads=cell.key.threads,
                failure=cell.failure,
            )
            for cell in sound
        ),
        pairs=pairs,
        why={name: Expected[name.upper()].value for name in named},
    )


def typical_error(output: Array, reference: Array, tensor: TensorInfo) -> float:
    """RMS error of an int8 output against float, within what its integers reach, in the middle over the clips.

    Not their mean: a clip that leaves the calibrated ranges is far from float in all kernels alike.

    Args:
        output: [clips, ...], dequantized.
        tensor: the output in the int8 file.
    """
    if tensor.scales:
        info, scale, zero = np.iinfo(tensor.dtype), tensor.scales[0], tensor.zero_points[0]
        reference = np.clip(reference, (info.min - zero) * scale, (info.max - zero) * scale)
    return float(np.median([_rms(a, b) for a, b in zip(output, reference, strict=True)]))


def _sound(cells: Sequence[Cell]) -> list[Cell]:
    """Outputs as rows, one per clip; with a failure for numbers that are none, or of another size than the first's."""
    sizes: list[tuple[int, ...]] = []
    found = []
    for cell in cells:
        rows = tuple(output.reshape(len(output), -1) for output in cell.outputs)
        cell, own = replace(cell, outputs=rows), [output.shape for output in rows]
        if not cell.failure and not all(np.isfinite(output).all() for output in rows):
            cell = replace(cell, failure="NaN or infinite values")
        sizes = sizes or (own if not cell.failure else [])
        if not cell.failure and own != sizes:
            cell = replace(cell, failure=f"outputs of size {own}, those of the first are {sizes}")
        found.append(cell)
    return found


def _pairs(subject: Subject, cells: Sequence[Cell]) -> Iterator[MatrixPair]:
    for (i, a), (k, b) in combinations(enumerate(cells), 2):
        if a.failure or b.failure:
            continue
        own = subject.left if a.delegated and b.delegated else subject.operators
        expected = expect(a, b, subject.quantized, own)
        found = [
            (
                _apart(x, y, subject.quantized) / unit,
                float(np.abs(x - y).max()) / unit,
                subject.allowed.limit(expected, n),
            )
            for n, (x, y, unit) in enumerate(zip(a.outputs, b.outputs, subject.allowed.units, strict=True))
        ]
        apart, largest, limit = max(found, key=lambda f: (f[0] - f[2], f[0]))
        yield MatrixPair(first=i, second=k, apart=apart, largest=largest, limit=limit, expected=expected.name.lower())


def _apart(a: Array, b: Array, quantized: bool) -> float:
    return _rms(a, b) if quantized else float(np.abs(a - b).max())


def _rms(a: Array, b: Array) -> float:
    difference = a.astype(np.float64) - b
    return float(np.sqrt(np.mean(difference * difference)))
