"""Matrix products: with a constant (dense, mix) and of two computed tensors."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgeconv.core.backend import Window
from edgeconv.core.layout import Array, Atom, Atoms, Value, fresh, size_of
from edgeconv.lowering.broadcast import Frame, align

if TYPE_CHECKING:
    from edgeconv.lowering.context import Context


def dense(ctx: Context, value: Value, weight: Array, bias: Array | None) -> Value:
    """[..., K] times constant [K, M]: the features' memory order is folded into the weight's rows.

    Where the features lie in the middle of a channels-first tensor, a 1x1 convolution does it without moving them.
    """
    features = value.dim(len(value.dims) - 1)
    order = ctx.order(value)
    rows = tuple(a for a in order if a not in features)
    lying = tuple(a for a in order if a in features)
    new = fresh(weight.shape[1])
    dims = (*value.dims[:-1], new)
    if ctx.lies(value, rows, lying):
        made = ctx.backend.dense(ctx.views.get(value, (rows, lying)), weight[_rows(features, lying)], bias)
        return ctx.wrap(made, (rows, new), dims)
    middle = _in_the_middle(order, lying)
    if middle is not None and not ctx.backend.channels_last:
        before, after = middle
        kernel = np.ascontiguousarray(weight[_rows(features, lying)].T)[:, :, None, None]
        tensor = ctx.views.get(value, (before, lying, after, ()))
        made = ctx.backend.conv2d(tensor, kernel, bias, Window((1, 1)), 1)
        return ctx.wrap(made, (before, new, after, ()), dims)
    made = ctx.backend.dense(ctx.views.get(value, (rows, features)), weight, bias)
    return ctx.wrap(made, (rows, new), dims)


def mix(ctx: Context, value: Value, axis: int, matrix: Array) -> Value:
    """y[.., i, ..] = sum over k of matrix[i, k] * x[.., k, ..] along one axis, in the present memory order."""
    order = ctx.axes_together(value, [axis])
    lying = value.dim(axis)
    middle = _in_the_middle(order, lying)
    assert middle is not None
    before, after = middle
    if not after:
        last = value.with_dims((*value.dims[:axis], *value.dims[axis + 1 :], value.dims[axis]))
        made = dense(ctx, last, np.ascontiguousarray(matrix.T), None)
        return made.with_dims((*made.dims[:axis], made.dims[-1], *made.dims[axis:-1]))
    new = fresh(matrix.shape[0])
    tensor = ctx.views.get(value, (before, lying, after))
    made_tensor = ctx.backend.matmul(ctx.backend.constant(matrix), tensor)
    return ctx.wrap(made_tensor, (before, new, after), [new if a == axis else d for a, d in enumerate(value.dims)])


def matmul(ctx: Context, left: Value, right: Value) -> Value:
    """[..., M, K] times [..., K, N], numpy broadcasting of the batch axes, both operands possibly computed.

    Batch, M and N stay in the memory order they have; only K must lie innermost on the left and beside N on the right.
    """
    rank = max(len(left.dims), len(right.dims))
    left = left.with_dims([()] * (rank - len(left.dims)) + list(left.dims))
    right = right.with_dims([()] * (rank - len(right.dims)) + list(right.dims))
    whole = align(
        ctx, [left.with_dims((*left.dims, ())), right.with_dims((*right.dims[:-2], (), right.dims[-2], right.dims[-1]))]
    )
    batch_dims, m_atoms, k_atoms, n_atoms = whole.dims[:-3], whole.dims[-3], whole.dims[-2], whole.dims[-1]
    batch = _in_memory(ctx, whole, tuple(a for d in batch_dims for a in d))
    runs = [tuple(g) for _, g in itertools.groupby(batch, key=whole.signature)]
    if len(runs) > ctx.max_rank - 2:
        shape = tuple(max(a, b) for a, b in zip(left.shape[:-2], right.shape[:-2], strict=True))
        return matmul(ctx, ctx.expand(left, (*shape, *left.shape[-2:])), ctx.expand(right, (*shape, *right.shape[-2:])))
    m, k, n = (_in_memory(ctx, whole, atoms) for atoms in (m_atoms, k_atoms, n_atoms))
    operands = [_Operand(ctx, value, mapping, runs) for value, mapping in zip(whole.values, whole.maps, strict=True)]
    dims = (*batch_dims, m_atoms, n_atoms)
    if operands[1].moved(n, k) + operands[0].moved(k, m) < operands[0].moved(m, k) + operands[1].moved(k, n):
        return ctx.wrap(_emit(operands[1], operands[0], n, k, m), (*runs, n, m), dims)  # (a b)' = b' a'
    return ctx.wrap(_emit(operands[0], operands[1], m, k, n), (*runs, m, n), dims)


@dataclass(frozen=True)
class _Operand:
    """One side of a batched product."""

    ctx: Context
    value: Value
    mapping: Mapping[Atom, Atom]
    runs: Sequence[Atoms]

    def groups(self, *last: Atoms) -> list[Atoms]:
        return [tuple(self.mapping[a] for a in g if a in self.mapping) for g in (*self.runs, *last)]

    def lies(self, *last: Atoms) -> bool:
        return self.ctx.lies(self.value, *self.groups(*last))

    def moved(self, rows: Atoms, columns: Atoms) -> int:
        """Elements that have to be moved; as right operand of a format with an adjoint form either order will do."""
        free = self.lies(rows, columns) or (self.ctx.backend.adjoint_matmul and self.lies(columns, rows))
        return 0 if free else size_of(self.value.atoms)

    def tensor(self, rows: Atoms, columns: Atoms) -> str:
        return self.ctx.views.get(self.value, self.groups(rows, columns))


def _emit(left: _Operand, right: _Operand, m: Atoms, k: Atoms, n: Atoms) -> str:
    backend = left.ctx.backend
    adjoint = backend.adjoint_matmul and right.value.array is None and right.lies(n, k)
    tensors = left.tensor(m, k), right.tensor(n, k) if adjoint else right.tensor(k, n)
    return backend.matmul(*tensors, adjoint)


def _in_memory(ctx: Context, frame: Frame, atoms: Atoms) -> Atoms:
    """Atoms in the order in which the largest computed operand that has them holds them; the rest behind."""
    place: dict[Atom, int] = {}
    for value, mapping in sorted(zip(frame.values, frame.maps, strict=True), key=lambda e: -len(e[1])):
        if value.array is None and any(a in mapping for a in atoms):
            order = ctx.order(value)
            at = {a: order.index(mapping[a]) for a in atoms if a in mapping}
            place |= {a: i for a, i in at.items() if a not in place}
    return tuple(sorted(atoms, key=lambda a: place.get(a, len(place) + len(atoms))))


def _rows(features: Atoms, lying: Atoms) -> Array:
    """Row numbers of a weight whose features lie in another order."""
    index = np.arange(int(np.prod([a.size for a in features], dtype=np.int64))).reshape([a.size for a in features])
    return np.asarray(index.transpose([features.index(a) for a in lying]).reshape(-1))


def _in_the_middle(order: Atoms, atoms: Atoms) -> tuple[Atoms, Atoms] | None:
    """What lies before and behind atoms that stand together."""
    if not atoms:
        return order, ()
    at = order.index(atoms[0])
    if order[at : at + len(atoms)] != atoms:
        return None
    return order[:at], order[at + len(atoms) :]
