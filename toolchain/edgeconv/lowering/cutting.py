"""Cutting along axes: slices and strided selections, in whatever order the value lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from edgeconv.core.layout import Atoms, Value, constant, flatten, fresh, leaves, size_of

if TYPE_CHECKING:
    from edgeconv.lowering.context import Context


def slice_(ctx: Context, value: Value, ranges: Mapping[int, tuple[int, int]]) -> Value:
    """Unit-stride slices {axis: (start, size)}, all in one operator where rank allows."""
    todo = {a: (start, size) for a, (start, size) in ranges.items() if size != value.shape[a]}
    if not todo:
        return value
    if value.array is not None:
        index = tuple(
            slice(todo[a][0], todo[a][0] + todo[a][1]) if a in todo else slice(None) for a in range(len(value.shape))
        )
        return constant(value.array[index])
    heads = {value.dim(a)[0]: a for a in todo}
    order = axes_together(ctx, value, todo)
    groups = own_groups(ctx, value, order, lambda own: all(_leads(value.dim(a), own) for a in todo))
    if groups is None:
        groups = []
        for atom in order:
            if atom in heads or not groups:
                groups.append(())
            groups[-1] = (*groups[-1], atom)
    if len(groups) > ctx.max_rank:
        first = next(iter(todo))
        one = slice_(ctx, value, {first: todo.pop(first)})
        return slice_(ctx, one, todo)
    new = {a: fresh(size) for a, (_, size) in todo.items()}
    starts: list[int] = []
    sizes: list[int] = []
    out: list[Atoms] = []
    for group in groups:
        axis = heads.get(group[0]) if group else None
        if axis is None:
            starts.append(0)
            sizes.append(size_of(group))
            out.append(group)
            continue
        rest = group[len(value.dim(axis)) :]
        start, size = todo[axis]
        starts.append(start * size_of(rest))
        sizes.append(size * size_of(rest))
        out.append((*new[axis], *rest))
    tensor = ctx.backend.slice(ctx.views.get(value, groups), starts, sizes)
    dims = [new[a] if a in todo else d for a, d in enumerate(value.dims)]
    return ctx.wrap(tensor, out, dims)


def _leads(dim: Atoms, groups: Sequence[Atoms]) -> bool:
    """True when the dimension is the major part of one group, so that a range on it is a range on the group."""
    return any(g[: len(dim)] == dim for g in groups)


def select_many(ctx: Context, value: Value, picks: Sequence[tuple[int, int, int, int]]) -> Value:
    """Strided selections (axis, start, size, step) on several axes, cut by one slice where rank allows."""
    ranges: dict[int, tuple[int, int]] = {}
    for axis, start, size, step in sorted(picks, reverse=True):
        extent = value.shape[axis]
        rows = max(-(-extent // step), start // step + size)
        value = ctx.pad(value, {axis: (0, rows * step - extent)})
        value = ctx.reshape(value, (*value.shape[:axis], rows, step, *value.shape[axis + 1 :]))
        ranges = {a + (a > axis): r for a, r in ranges.items()}
        ranges |= {axis: (start // step, size), axis + 1: (start % step, 1)}
    gone = [axis + 1 + i for i, (axis, *_) in enumerate(sorted(picks))]
    cut = slice_(ctx, value, ranges)
    return cut.with_dims(d for a, d in enumerate(cut.dims) if a not in gone)


def own_groups(ctx: Context, value: Value, order: Atoms, fits: Callable[[list[Atoms]], bool]) -> list[Atoms] | None:
    """Dimensions of a tensor that lies in this order and fits the operator already, so that no view is needed."""
    for rep in value.storage.reps:
        groups = [leaves(g) for g in rep.groups]
        if len(groups) <= ctx.max_rank and flatten(groups) == order and fits(groups):
            return groups
    return None


def axes_together(ctx: Context, value: Value, axes: Mapping[int, object] | Sequence[int]) -> Atoms:
    """A memory order in which the atoms of each given axis stand together; the present one if it does."""
    order = ctx.order(value)
    for axis in axes:
        atoms = value.dim(axis)
        if len(atoms) < 2:
            continue
        at = order.index(atoms[0])
        if order[at : at + len(atoms)] != atoms:
            rest = tuple(a for a in order if a not in atoms)
            before = sum(a not in atoms for a in order[:at])
            order = rest[:before] + atoms + rest[before:]
    return order
