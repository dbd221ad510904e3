"""What the emitter knows of a graph under construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tflite_graphs import Build, numbers

from edgeconv.core.backend import Window
from edgeconv.tflite import TfliteBackend

SHAPE = (1, 4, 6, 3)


def relu(b: Any, x: str) -> str:
    made: str = b.unary("Relu", x, {})
    return made


KNOWN: dict[str, tuple[Build, bool]] = {
    "input": (lambda _b, x: x, False),
    "relu": (relu, True),
    "sigmoid": (lambda b, x: b.unary("Sigmoid", x, {}), True),
    "clip from zero": (lambda b, x: b.unary("Clip", x, {"min": 0, "max": 4}), False),  # MINIMUM: not looked through
    "clip to six": (lambda b, x: b.unary("Clip", x, {"min": 0, "max": 6}), True),
    "view of a relu": (lambda b, x: b.reshape(relu(b, x), (4, 18)), True),
    "pool of a relu": (lambda b, x: b.max_pool2d(relu(b, x), Window((2, 2), (2, 2))), True),
    "sum of relus": (lambda b, x: b.binary("Add", relu(b, x), b.unary("Abs", x, {})), True),
    "sum with the input": (lambda b, x: b.binary("Add", relu(b, x), x), False),
    "sum with a positive constant": (lambda b, x: b.binary("Add", relu(b, x), b.constant(np.ones(3, "f"))), True),
    "sum with a negative constant": (lambda b, x: b.binary("Add", relu(b, x), b.constant(-np.ones(3, "f"))), False),
    "difference of relus": (lambda b, x: b.binary("Sub", relu(b, x), b.unary("Abs", x, {})), False),
    "relus joined": (lambda b, x: b.concat([relu(b, x), b.unary("Sigmoid", x, {})], 3), True),
    "joined with the input": (lambda b, x: b.concat([relu(b, x), x], 3), False),
    "conv of a relu": (lambda b, x: b.conv2d(relu(b, x), numbers(2, 3, 1, 1), None, Window((1, 1)), 1), False),
    "negative pad of a relu": (lambda b, x: b.pad(relu(b, x), [(0, 0), (0, 1), (0, 0), (0, 0)], "constant", -1), False),
    "zero pad of a relu": (lambda b, x: b.pad(relu(b, x), [(0, 0), (0, 1), (0, 0), (0, 0)], "constant", 0), True),
}


@pytest.mark.parametrize("case", sorted(KNOWN))
def test_what_is_never_negative(case: str) -> None:
    backend = TfliteBackend()
    build, known = KNOWN[case]
    made = build(backend, backend.input("x", SHAPE, "float32"))
    assert isinstance(made, str)
    assert backend._e.nonnegative(made) is known
