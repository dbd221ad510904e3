"""A Mover that really executes what the algebra asks for, with numpy, and counts it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from edgeconv.core.layout import Array, Rep, Storage, Value, Views, fresh


class NumpyMover:
    def __init__(self) -> None:
        self.tensors: dict[str, Array] = {}
        self.log: Counter[str] = Counter()

    def _add(self, kind: str, array: Array) -> str:
        assert array.ndim <= 4 or kind == "input", f"{kind} of rank {array.ndim}"
        self.log[kind] += 1
        name = f"{kind}{len(self.tensors)}"
        self.tensors[name] = array
        return name

    def input(self, array: Array) -> Value:
        """A value of any rank, one tensor in logical order."""
        dims = tuple(fresh(s) for s in array.shape)
        return Value(dims, Storage([Rep(self._add("input", array), dims)]))

    def constant(self, array: Array) -> str:
        return self._add("constant", array)

    def reshape(self, tensor: str, shape: tuple[int, ...]) -> str:
        return self._add("reshape", self.tensors[tensor].reshape(shape))

    def transpose(self, tensor: str, perm: tuple[int, ...]) -> str:
        return self._add("transpose", np.ascontiguousarray(self.tensors[tensor].transpose(perm)))


def get(mover: NumpyMover, views: Views, value: Value, groups: object) -> Array:
    return mover.tensors[views.get(value, groups)]  # type: ignore[arg-type]


def numbered(*shape: int) -> Array:
    """Every element different, so that a wrong place shows."""
    return np.arange(np.prod(shape, dtype=int)).reshape(shape)
