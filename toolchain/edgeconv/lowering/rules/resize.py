"""Resize and Upsample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.interpolation import of_attributes
from edgeconv.lowering.registry import Node, rule

NATIVE = {
    "half_pixel": "half_pixel",
    "pytorch_half_pixel": "half_pixel",
    "align_corners": "align_corners",
    "asymmetric": "asymmetric",
}
"""Coordinate modes that the formats' linear operators know."""


@rule("Resize", "Upsample")
def resize(ctx: Context, node: Node) -> Value:
    """Nearest, linear and cubic interpolation along any axes, with every coordinate and rounding mode.

    Before: Resize(x, roi, scales or sizes) of any rank.
    After: axis by axis (all modes are separable): nearest picks positions (repetitions become a concatenation that
    is a view, other positions slices, or a product with zeros and ones); linear of the usual coordinate modes runs as
    one Resize over the last two axes and one over the first; whatever else (cubic, antialias, odd scales) becomes a
    product with a constant matrix.
    Exact: positions are rounded in float32 as runtimes do it, weights are computed in float64.
    Refuses: scales, sizes or roi computed at run time; tf_crop_and_resize.
    """
    x = node.input(0)
    rank = len(x.shape)
    early = node.op == "Upsample" or node.opset < 11
    how = of_attributes(node.attributes, early)
    axes = [int(a) % rank for a in node.attributes.get("axes") or range(rank)]
    scales, sizes = _sizes(node, [x.shape[a] for a in axes], early)
    todo = {a: (s, n) for a, s, n in zip(axes, scales, sizes, strict=True) if n != x.shape[a] or s != 1}
    if how.mode == "linear" and how.coordinates in NATIVE and not how.antialias:
        exact = {a: n for a, (s, n) in todo.items() if a >= 2 and _usual(how.coordinates, x.shape[a], s, n)}
        x = _linear(ctx, x, exact, NATIVE[how.coordinates])
        todo = {a: t for a, t in todo.items() if a not in exact}
    for axis, (scale, size) in todo.items():
        if how.mode == "nearest":
            x = _picked(ctx, x, axis, how.picks(x.shape[axis], size, scale))
        else:
            x = ctx.mix(x, axis, how.matrix(x.shape[axis], size, scale).astype(ctx.dtype))
    return x


def _picked(ctx: Context, x: Value, axis: int, picks: Sequence[int]) -> Value:
    """Positions as slices, or, where they are too scattered for that, by a product with zeros and ones."""
    try:
        return ctx.take(x, axis, picks)
    except Refused:
        return ctx.mix(x, axis, np.eye(x.shape[axis], dtype=ctx.dtype)[list(picks)])


def _sizes(node: Node, have: Sequence[int], early: bool) -> tuple[list[float], list[int]]:
    """Scale and size of every axis."""
    given = node.attributes.get("scales")
    array = node.constant(1 if early else 2, "scales") if given is None else np.asarray(given)
    sizes = None if early else node.constant(3, "sizes")
    if array is not None and array.size:
        scales = [float(s) for s in array.reshape(-1)]
        return scales, [int(np.floor(n * s)) for n, s in zip(have, scales, strict=True)]
    if sizes is None or not sizes.size:
        raise Refused("neither scales nor sizes are known", "make them constants before export")
    wanted = [int(n) for n in sizes.reshape(-1)]
    scales = [w / n for w, n in zip(wanted, have, strict=True)]
    policy = str(node.attributes.get("keep_aspect_ratio_policy") or "stretch")
    if policy != "stretch":
        scale = (min if policy == "not_larger" else max)(scales)
        return [scale] * len(have), [int(np.floor(scale * n + 0.5)) for n in have]
    return scales, wanted


def _usual(where: str, before: int, scale: float, after: int) -> bool:
    """The operator takes out / in for the scale; PyTorch's half_pixel differs where one row comes out."""
    if where == "pytorch_half_pixel" and after == 1:
        return False
    return where == "align_corners" or abs(before * scale - after) < 1e-4


def _linear(ctx: Context, x: Value, sizes: dict[int, int], coordinates: str) -> Value:
    """The last two axes in the frames fold; an axis before them along [N, T, rest]."""
    rank = len(x.shape)
    plane = [a for a in (rank - 2, rank - 1) if a in sizes and a >= 2]
    if plane:
        batch = [atom for d in (x.dims[0], *x.dims[2 : rank - 2]) for atom in d]
        flat = x.with_dims((batch, x.dims[1], x.dims[-2] if rank > 3 else (), x.dims[-1]))
        size = (sizes.get(rank - 2, x.shape[-2]) if rank > 3 else 1, sizes.get(rank - 1, x.shape[-1]))
        y = ctx.resize2d(flat, size, coordinates)
        x = y.with_dims((x.dims[0], x.dims[1], *x.dims[2 : rank - 2], *(y.dims[2:] if rank > 3 else y.dims[3:])))
    for axis in (a for a in sizes if a not in plane):
        x = _along(ctx, x, axis, sizes[axis], coordinates)
    return x


def _along(ctx: Context, x: Value, axis: int, size: int, coordinates: str) -> Value:
    """One axis as the height of a tensor: what lies before it is batch, what lies behind it width and channels."""
    order = ctx.axes_together(x, [axis])
    own = x.dim(axis)
    at = order.index(own[0]) if own else ctx.place(x, axis, order)
    before, behind = order[:at], order[at + len(own) :]
    inner = tuple(a for a in behind if a in x.dim(1)) if ctx.backend.channels_last else ()
    if behind[len(behind) - len(inner) :] != inner:
        inner = ()
    width = behind[: len(behind) - len(inner)]
    y = ctx.resize2d(x.with_dims((before, inner, own, width)), (size, x.with_dims((width,)).shape[0]), coordinates)
    return y.with_dims(y.dims[2] if a == axis else d for a, d in enumerate(x.dims))
