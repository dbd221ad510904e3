"""Concatenation under the layout algebra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeconv.core.layout import Atom, Atoms, Value, constant, flatten, fresh, leaves, refine, size_of

if TYPE_CHECKING:
    from edgeconv.lowering.context import Context

Place = tuple[int, int] | None
"""(axis, number of the atom in it); None stands for the concatenation axis."""


def concat(ctx: Context, values: Sequence[Value], axis: int, behind: int | None = None) -> Value:
    """All operands in the memory order that moves the fewest elements; axes but `axis` are refined to common atoms.

    An axis of size 1 comes right behind the axis `behind` in memory, or where the frames fold has it.
    """
    values = [v for v in values if v.shape[axis]] or values[:1]  # what is empty adds nothing
    if len(values) == 1:
        return values[0]
    lead = max((v for v in values if v.array is None), key=lambda v: size_of(v.atoms), default=None)
    if lead is None:
        return constant(np.concatenate([v.array for v in values if v.array is not None], axis))
    aligned = list(values)
    for _ in range(2):  # a rebase may split the lead's atoms once more
        aligned = [v if v is lead else _aligned(ctx, v, lead, skip=axis) for v in aligned]
    order = _order_for_axis(ctx, aligned, axis, behind)
    ranges = _own_grouping(ctx, lead, axis, order) or _three_groups(order)
    tensors = [ctx.views.get(v, _realise_groups(v, axis, order, ranges)) for v in aligned]
    at = next(i for i, r in enumerate(ranges) if list(order).index(None) in r)
    joined = fresh(sum(v.shape[axis] for v in values))
    groups = _realise_groups(lead, axis, order, ranges)
    groups[at] = joined
    dims = [joined if a == axis else d for a, d in enumerate(lead.dims)]
    return ctx.wrap(ctx.backend.concat(tensors, at), groups, dims)


def _aligned(ctx: Context, value: Value, lead: Value, skip: int) -> Value:
    """Split atoms so that all axes but `skip` match those of `lead` one to one."""
    for axis, (mine, theirs) in enumerate(zip(value.dims, lead.dims, strict=True)):
        if axis != skip and not refine(mine, theirs):
            return _aligned(ctx, ctx.rebase(value), lead, skip)
    return value


def _order_for_axis(ctx: Context, values: Sequence[Value], axis: int, behind: int | None) -> list[Place]:
    """Memory order as (axis, atom number) positions, None standing for the concatenation axis."""

    def positions(value: Value) -> list[Place]:
        names: dict[Atom, Place] = dict.fromkeys(value.dim(axis))
        for other, dim in enumerate(value.dims):
            if other != axis:
                names |= {a: (other, i) for i, a in enumerate(leaves(dim))}
        listed: list[Place] = []
        for atom in ctx.order(value):
            if names[atom] is None and None in listed:
                continue
            listed.append(names[atom])
        return listed

    def cost(order: list[Place]) -> int:
        return sum(size_of(v.atoms) for v in values if not ctx.views.lies(v, _realise(v, axis, order)))

    candidates = []
    for value in (v for v in values if v.array is None):
        listed = positions(value)
        if None not in listed:
            listed.insert(_place(ctx, value, axis, behind), None)
        candidates.append(listed)
    return min(candidates, key=cost)


def _place(ctx: Context, value: Value, axis: int, behind: int | None) -> int:
    order = ctx.order(value)
    if behind is None:
        return ctx.place(value, axis, order)
    if value.dim(behind):
        return max(order.index(a) for a in value.dim(behind)) + 1
    return ctx.place(value.with_dims(d for a, d in enumerate(value.dims) if a != axis), behind, order)


def _realise(value: Value, axis: int, order: Sequence[Place]) -> Atoms:
    out: list[Atom] = []
    for place in order:
        out += value.dim(axis) if place is None else [value.dim(place[0])[place[1]]]
    return tuple(out)


def _three_groups(order: Sequence[Place]) -> list[range]:
    """What lies before the concatenation axis, the axis, what lies behind it."""
    at = list(order).index(None)
    return [r for r in (range(at), range(at, at + 1), range(at + 1, len(order))) if len(r)]


def _realise_groups(value: Value, axis: int, order: Sequence[Place], ranges: Sequence[range]) -> list[Atoms]:
    return [_realise(value, axis, [order[p] for p in r]) for r in ranges]


def _own_grouping(ctx: Context, lead: Value, axis: int, order: Sequence[Place]) -> list[range] | None:
    """The grouping of the lead's own tensor when the axis is a dimension of it, so that no view is needed."""
    realised = _realise(lead, axis, order)
    for rep in lead.storage.reps:
        groups = [leaves(g) for g in rep.groups]
        if flatten(groups) != realised or lead.dim(axis) not in groups or len(groups) > ctx.max_rank:
            continue
        ranges: list[range] = []
        start = 0
        for group in groups:
            own = group == lead.dim(axis) and start < len(order) and order[start] is None
            length = 1 if own else len(group)
            ranges.append(range(start, start + length))
            start += length
        return ranges if start == len(order) else None
    return None
