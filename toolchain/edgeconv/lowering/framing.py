"""Padding along axes, and where an axis of size 1 belongs in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgeconv.core.layout import Atoms, Value, fresh
from edgeconv.lowering.cutting import axes_together, own_groups

if TYPE_CHECKING:
    from edgeconv.lowering.context import Context


def place(ctx: Context, value: Value, axis: int, order: Atoms) -> int:
    """Where an axis of size 1 belongs in a memory order: before the next axis of the frames fold.

    A value of rank 5 is taken for [N, C, T, H, W], of rank 6 for one whose channels are split into groups.
    """
    rank = len(value.dims)
    channels = range(1, min(rank, 3 if rank == 6 else 2))
    rest = range(channels.stop, rank)
    behind = 0 if ctx.backend.channels_last else 2
    at = max(0, len(rest) - behind)
    axes = [0, *rest[:at], *channels, *rest[at:]]
    following = next((value.dim(a)[0] for a in axes[axes.index(axis) + 1 :] if value.dim(a)), None)
    return len(order) if following is None else order.index(following)


def pad(
    ctx: Context, value: Value, pads: Mapping[int, tuple[int, int]], mode: str = "constant", fill: float = 0.0
) -> Value:
    """Pad {axis: (before, after)}; several axes in one operator where rank allows."""
    todo = {a: p for a, p in pads.items() if p != (0, 0)}
    if not todo:
        return value
    order = axes_together(ctx, value, todo)
    places = {a: place(ctx, value, a, order) for a in todo if not value.dim(a)}
    heads = {value.dim(a)[0]: a for a in todo if value.dim(a)}
    groups: list[Atoms] = []
    axis_of: dict[int, int] = {}
    own = None if places else own_groups(ctx, value, order, lambda g: all(value.dim(a) in g for a in todo))
    if own is not None:
        groups, axis_of = own, {own.index(value.dim(a)): a for a in todo}
    at = 0 if own is None else len(order) + 1
    while at <= len(order):
        for axis in (a for a, where in places.items() if where == at):
            axis_of[len(groups)] = axis
            groups.append(())
        if at == len(order):
            break
        padded_axis = heads.get(order[at])
        if padded_axis is not None:
            axis_of[len(groups)] = padded_axis
            groups.append(value.dim(padded_axis))
        else:
            if not groups or len(groups) - 1 in axis_of:
                groups.append(())
            groups[-1] = (*groups[-1], order[at])
        at += len(groups[-1]) if padded_axis is not None else 1
    if len(groups) > ctx.max_rank or (mode != "constant" and len(todo) > 1):
        first = next(iter(todo))
        one = pad(ctx, value, {first: todo.pop(first)}, mode, fill)
        return pad(ctx, one, todo, mode, fill)
    new = {a: fresh(value.shape[a] + sum(p)) for a, p in todo.items()}
    widths = [todo[axis_of[g]] if g in axis_of else (0, 0) for g in range(len(groups))]
    out = [new[axis_of[g]] if g in axis_of else group for g, group in enumerate(groups)]
    tensor = ctx.backend.pad(ctx.views.get(value, groups), widths, mode, fill)
    return ctx.wrap(tensor, out, [new.get(a, d) for a, d in enumerate(value.dims)])
