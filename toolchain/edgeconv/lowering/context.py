"""Operations on logical values: what the rules are written in.

Each method takes and returns :class:`Value`, picks the memory order that costs least, and emits tensors of rank
<= 4 through the backend. Rules never see a physical tensor.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeconv.core.backend import Backend, Pair, Window
from edgeconv.core.layout import (
    Array,
    Atom,
    Atoms,
    Groups,
    Rep,
    Storage,
    Value,
    Views,
    arrange,
    constant,
    flatten,
    fresh,
    leaves,
    regroup,
    size_of,
)
from edgeconv.lowering import cutting, framing, joining, moving, products, spatial
from edgeconv.lowering.broadcast import align, choose_groups, choose_order


@dataclass
class Context:
    """State of one lowering: the backend, and the views it has handed out."""

    backend: Backend
    max_rank: int = 4
    dtype: str = "float32"
    """Of everything computed."""
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        self.views = Views(self.backend, self.max_rank)

    # -- physical <-> logical ------------------------------------------------------------------------------

    def wrap(self, tensor: str, groups: Sequence[Sequence[Atom]], dims: Sequence[Sequence[Atom]]) -> Value:
        """A value of its own data: `tensor` was just emitted with the given dimensions."""
        return Value(tuple(map(tuple, dims)), Storage([Rep(tensor, tuple(map(tuple, groups)))]))

    def order(self, value: Value) -> Atoms:
        """Memory order the value was first emitted in (logical order for a constant)."""
        return value.storage.reps[0].order if value.storage.reps else value.atoms

    def lies(self, value: Value, *groups: Sequence[Atom]) -> bool:
        return self.views.lies(value, flatten(groups))

    def arranged(self, value: Value, order: Atoms) -> Value:
        """The same value, for all operators to come first of all lying in this order."""
        if not value.storage.reps or self.order(value) == leaves(order):
            return value
        self.views.get(value, (order,))
        reps = value.storage.reps
        wanted = next(r for r in reps if r.order == leaves(order))
        reps.remove(wanted)
        reps.insert(0, wanted)
        return value

    def rebase(self, value: Value) -> Value:
        """The same logical tensor with one fresh atom per dimension (lays it out in logical order)."""
        if value.array is not None:
            return constant(value.array)
        tensor = self.views.get(value, (value.atoms,))
        whole = fresh(size_of(value.atoms))
        dims = regroup(whole, value.shape)
        assert dims is not None
        return self.wrap(tensor, (whole,), dims)

    def scalar(self, number: float) -> Value:
        return constant(np.array(number, self.dtype))

    # -- free: only the logical dimensions change ----------------------------------------------------------

    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        dims = regroup(value.atoms, shape)
        if dims is None:
            value = self.rebase(self.flat(value))
            dims = regroup(value.atoms, shape)
            assert dims is not None
        return value.with_dims(dims)

    def flat(self, value: Value) -> Value:
        return value.with_dims((value.atoms,))

    def transpose(self, value: Value, perm: Sequence[int]) -> Value:
        return value.with_dims(value.dims[p] for p in perm)

    # -- one axis: any memory order will do ----------------------------------------------------------------

    def slice(self, value: Value, ranges: Mapping[int, tuple[int, int]]) -> Value:
        """Unit-stride slices {axis: (start, size)}."""
        return cutting.slice_(self, value, ranges)

    def axes_together(self, value: Value, axes: Mapping[int, object] | Sequence[int]) -> Atoms:
        return cutting.axes_together(self, value, axes)

    def select(self, value: Value, axis: int, start: int, size: int, step: int) -> Value:
        """Strided selection along one axis, as a view (size/step, step) and a unit slice: start, start + step, ..."""
        if step == 1:
            return self.slice(value, {axis: (start, size)})
        return self.select_many(value, [(axis, start, size, step)])

    def select_many(self, value: Value, picks: Sequence[tuple[int, int, int, int]]) -> Value:
        """Strided selections (axis, start, size, step) on several axes."""
        return cutting.select_many(self, value, picks)

    def place(self, value: Value, axis: int, order: Atoms) -> int:
        """Where an axis of size 1 belongs in a memory order."""
        return framing.place(self, value, axis, order)

    def pad(
        self, value: Value, pads: Mapping[int, tuple[int, int]], mode: str = "constant", fill: float = 0.0
    ) -> Value:
        """Pad {axis: (before, after)}."""
        return framing.pad(self, value, pads, mode, fill)

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """Concatenate along one logical axis, in the memory order that moves the fewest elements."""
        return joining.concat(self, values, axis)

    def take(self, value: Value, axis: int, indices: Sequence[int]) -> Value:
        return moving.take(self, value, axis, indices)

    def interleave(self, pieces: Sequence[Value], axis: int) -> Value:
        return moving.interleave(self, pieces, axis)

    def expand(self, value: Value, shape: Sequence[int]) -> Value:
        return moving.expand(self, value, shape)

    # -- elementwise ---------------------------------------------------------------------------------------

    def unary(self, op: str, value: Value, attributes: Mapping[str, Any] | None = None) -> Value:
        if value.storage.constant is not None:
            raise AssertionError("constants are folded before rules run")
        rep = value.storage.reps[0]
        tensor = self.backend.unary(op, rep.tensor, attributes or {})
        return self.wrap(tensor, rep.groups, value.dims)

    def binary(self, op: str, left: Value, right: Value) -> Value:
        """Any broadcast: operands are refined to common atoms, adjacent axes of equal signature are merged."""
        return self._broadcast(
            [left, right], lambda values, groups: self.backend.binary(op, *map(self.views.get, values, groups))
        )

    def where(self, condition: Value, left: Value, right: Value) -> Value:
        """left where the constant condition holds, else right."""

        def emit(values: Sequence[Value], groups: Sequence[Groups]) -> str:
            order, shape = flatten(groups[0]), [size_of(g) for g in groups[0]]
            chosen = arrange(values[0].storage, order).reshape(shape)
            return self.backend.where(chosen, *map(self.views.get, values[1:], groups[1:]))

        return self._broadcast([condition, left, right], emit)

    def _broadcast(self, operands: Sequence[Value], emit: Callable[[Sequence[Value], Sequence[Groups]], str]) -> Value:
        frame = align(self, operands)
        order = choose_order(self, frame, self.max_rank)
        groups = choose_groups(frame, order, self.max_rank)
        own = [tuple(tuple(m[a] for a in g if a in m) for g in groups) for m in frame.maps]
        return self.wrap(emit(frame.values, own), groups, frame.dims)

    # -- spatial: logical [N, C, H, W] ----------------------------------------------------------------------

    def conv2d(self, value: Value, weight: Array, bias: Array | None, window: Window, groups: int = 1) -> Value:
        return spatial.conv2d(self, value, weight, bias, window, groups)

    def conv_transpose2d(
        self, value: Value, weight: Array, bias: Array | None, window: Window, groups: int, extra: Pair
    ) -> Value:
        return spatial.conv_transpose2d(self, value, weight, bias, window, groups, extra)

    def pool2d(self, op: str, value: Value, window: Window, count_pad: bool = True) -> Value:
        return spatial.pool2d(self, op, value, window, count_pad)

    def resize2d(self, value: Value, size: Pair, coordinates: str) -> Value:
        return spatial.resize2d(self, value, size, coordinates)

    def affine(self, value: Value, scale: Array, shift: Array) -> Value:
        return spatial.affine(self, value, scale, shift)

    # -- reductions and matrices ---------------------------------------------------------------------------

    def reduce(self, op: str, value: Value, axes: Sequence[int], keepdims: bool) -> Value:
        """Reduce over logical axes, in the present memory order."""
        gone = set(flatten(value.dims[a] for a in axes))
        order = self.order(value)
        runs = [tuple(g) for _, g in itertools.groupby(order, key=lambda a: a in gone)]
        if len(runs) > self.max_rank:
            order = (*(a for a in order if a not in gone), *(a for a in order if a in gone))
            runs = [tuple(g) for _, g in itertools.groupby(order, key=lambda a: a in gone)]
        if self.backend.channels_last and 1 <= len(runs) <= 2 and runs[0][0] in gone and len(runs[0]) > 1:
            # [1, T, H*W, C] over axes 1, 2: devices refuse to reduce their batch axis.
            runs = [(), runs[0][:1], runs[0][1:], *runs[1:]]
        elif self.backend.channels_last and len(runs) == 3 and len(runs[1]) > 1 and runs[1][0] in gone:
            runs = [runs[0], runs[1][:1], runs[1][1:], runs[2]]
        reduced = [i for i, r in enumerate(runs) if r and r[0] in gone]
        tensor = self.views.get(value, runs)
        if reduced:
            tensor = self.backend.reduce(op, tensor, reduced)
        groups = [() if i in reduced else r for i, r in enumerate(runs)]
        dims = [() if a in axes else d for a, d in enumerate(value.dims) if keepdims or a not in axes]
        return self.wrap(tensor, groups, dims)

    def softmax(self, value: Value, axis: int, log: bool = False) -> Value:
        over = value.dim(axis)
        rest = tuple(a for a in self.order(value) if a not in over)
        groups: Groups = (rest, over)
        return self.wrap(self.backend.softmax(self.views.get(value, groups), log), groups, value.dims)

    def dense(self, value: Value, weight: Array, bias: Array | None) -> Value:
        return products.dense(self, value, weight, bias)

    def mix(self, value: Value, axis: int, matrix: Array) -> Value:
        return products.mix(self, value, axis, matrix)

    def matmul(self, left: Value, right: Value) -> Value:
        return products.matmul(self, left, right)
