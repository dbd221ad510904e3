"""How a source's logical inputs and outputs lie in the physical model."""

from __future__ import annotations

from dataclasses import dataclass

from edgeconv.core.layout import Atoms, Groups, Value, flatten, fresh, leaves, size_of
from edgeconv.lowering.context import Context
from edgeconv.lowering.spatial import spatial_groups

BATCH_AXES = "NFTD"
"""Axes that fold into the batch of the frames fold, in this order."""


@dataclass(frozen=True)
class Port:
    """One input or output: what it is logically, and how to lay its data out for the file."""

    name: str
    logical: tuple[int, ...]
    perm: tuple[int, ...]
    """Logical axes in memory order."""
    physical: tuple[int, ...]
    """Shape of the tensor in the file."""
    frames: int = 1
    tail: int = 0
    """In strip fold: images one above the other, and elements (zeros) behind each of them."""


def enter(ctx: Context, name: str, shape: tuple[int, ...], layout: str | None, dtype: str) -> tuple[Value, Port]:
    """A graph input: clips lie as frames ([N*T, C, H, W] or [N*T, H, W, C]), anything else as it is given.

    What is given with more axes than the rank allows has its first ones merged.
    """
    dims: Groups = tuple(fresh(s) for s in shape)
    groups = _merged(dims, ctx.max_rank)
    if layout and len(layout) == len(shape) >= 3 and "C" in layout and set(layout) <= {*BATCH_AXES, *"CHW"}:
        at = dict(zip(layout, dims, strict=True))
        batch = tuple(a for axis in BATCH_AXES for a in at.get(axis, ()))
        groups = spatial_groups(ctx, batch, at["C"], at.get("H", ()), at.get("W", ()))
    tensor = ctx.backend.input(name, tuple(size_of(g) for g in groups), dtype)
    return ctx.wrap(tensor, groups, dims), _port(name, dims, groups)


def leave(ctx: Context, name: str, value: Value) -> Port:
    """A graph output: in its logical shape where it has rank <= 4 and lies so; clips and volumes as they lie."""
    dims: Groups = tuple(leaves(d) for d in value.dims)
    groups = dims
    if len(dims) >= 4 and (len(dims) > ctx.max_rank or not ctx.lies(value, *dims)):
        spans = _whole_axes(ctx.order(value), dims)
        if spans is not None:
            groups = _merged(spans, ctx.max_rank)
        elif len(dims) > ctx.max_rank:
            groups = (flatten(dims),)
    tensor = ctx.views.get(value, groups)
    ctx.backend.output(name, tensor, tuple(size_of(g) for g in groups))
    return _port(name, dims, groups)


def _merged(groups: Groups, max_rank: int) -> Groups:
    extra = max(0, len(groups) - max_rank)
    return (flatten(groups[: extra + 1]), *groups[extra + 1 :])


def _port(name: str, dims: Groups, groups: Groups) -> Port:
    where = {atom: axis for axis, dim in enumerate(dims) for atom in leaves(dim)}
    perm = list(dict.fromkeys(where[atom] for atom in flatten(groups)))
    perm += [axis for axis in range(len(dims)) if axis not in perm]
    return Port(name, tuple(size_of(d) for d in dims), tuple(perm), tuple(size_of(g) for g in groups))


def _whole_axes(order: Atoms, dims: Groups) -> Groups | None:
    """The dimensions in memory order, where the atoms of each lie together."""
    spans: list[Atoms] = []
    at = 0
    while at < len(order):
        dim = next((d for d in dims if d and d[0] is order[at]), None)
        if dim is None or order[at : at + len(dim)] != dim:
            return None
        spans.append(dim)
        at += len(dim)
    return tuple(spans)
