"""A dilation along a single tap is written as the other axis has it: the Edge TPU takes no unequal ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tflite_graphs import built, numbers, run

from edgeconv.core.backend import Window


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize(
    ("kernel", "dilation", "written"),
    [((2, 1), (2, 1), (2, 2)), ((1, 2), (1, 3), (3, 3)), ((2, 2), (2, 3), (2, 3)), ((1, 1), (2, 3), (1, 1))],
)
def test_dilation(kernel: tuple[int, int], dilation: tuple[int, int], written: tuple[int, int], groups: int) -> None:
    weight = numbers(4, 4 // groups, *kernel)
    before = tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True))

    def build(b: Any, x: str) -> str:
        return str(b.conv2d(x, weight, None, Window(kernel, (1, 1), dilation, (before[0], before[1]), (0, 0)), groups))

    graph, x = built(build, (2, 5, 7, 4)), numbers(2, 5, 7, 4)
    options = graph.ops[-1].options
    assert (options["dilationHFactor"], options["dilationWFactor"]) == written
    padded = np.pad(x, [(0, 0), (before[0], 0), (before[1], 0), (0, 0)])
    wanted = np.zeros_like(x)
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            seen = padded[:, row * dilation[0] :, column * dilation[1] :][:, :5, :7]
            tap = weight[:, :, row, column]
            wanted += seen @ tap.T if groups == 1 else seen * tap[:, 0]
    assert np.abs(run(graph, x)[0] - wanted).max() <= 1e-5 * np.abs(wanted).max()
