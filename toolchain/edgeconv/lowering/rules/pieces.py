"""Taking tensors apart and putting them together: Slice, Split, Concat, Pad."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Concat")
def concat(ctx: Context, node: Node) -> Value:
    """Before: Concat of any number of tensors on any axis. After: one Concat in the memory order that moves least.

    Exact. Refuses nothing.
    """
    values = [node.input(i) for i in range(len(node.inputs))]
    return ctx.concat(values, int(node.attributes["axis"]) % len(values[0].shape))


@rule("Slice")
def slice_(ctx: Context, node: Node) -> Value:
    """Slices with constant bounds.

    Before: Slice(x, starts, ends, axes, steps). After: unit-stride slices; a step becomes a view
    (size/step, step) and a unit slice, because strided slices leave the delegates. Exact.
    A negative step takes the positions one by one.
    An empty result is a constant without elements.
    Refuses: computed bounds, more than 64 positions backwards.
    """
    x = node.input(0)
    rank = len(x.shape)
    attributes = node.attributes
    starts = attributes.get("starts") or node.required(1, "starts").reshape(-1).tolist()
    ends = attributes.get("ends") or node.required(2, "ends").reshape(-1).tolist()
    axes_input, steps_input = node.constant(3, "axes"), node.constant(4, "steps")
    axes = attributes.get("axes") or (range(len(starts)) if axes_input is None else axes_input.reshape(-1).tolist())
    steps = [1] * len(starts) if steps_input is None else steps_input.reshape(-1).tolist()
    plain: dict[int, tuple[int, int]] = {}
    strided: list[tuple[int, int, int, int]] = []
    backwards: dict[int, range] = {}
    for start, end, given_axis, given_step in zip(starts, ends, axes, steps, strict=True):
        axis = int(given_axis) % rank
        first, stop, step = slice(int(start), int(end), int(given_step)).indices(x.shape[axis])
        size = len(range(first, stop, step))
        if size == 0:  # what a roll by nothing makes: a concatenation leaves it out
            empty = [0 if a == axis else n for a, n in enumerate(x.shape)]
            return constant(np.zeros(empty, ctx.dtype))
        if step < 0:
            backwards[axis] = range(first, stop, step)
        elif step == 1:
            plain[axis] = (first, size)
        else:
            strided.append((axis, first, size, step))
    y = ctx.select_many(ctx.slice(x, plain), strided)
    for axis, positions in backwards.items():
        y = ctx.take(y, axis, positions)
    return y


@rule("Split")
def split(ctx: Context, node: Node) -> tuple[Value, ...]:
    """Before: Split(x, sizes). After: unit slices. Exact. Refuses: computed sizes."""
    x = node.input(0)
    axis = int(node.attributes.get("axis", 0)) % len(x.shape)
    given = node.attributes.get("split")
    if given is None:
        sizes_input = node.constant(1, "sizes")
        if sizes_input is None:
            whole = -(-x.shape[axis] // node.outputs)
            given = [min(whole, x.shape[axis] - i * whole) for i in range(node.outputs)]
        else:
            given = sizes_input.reshape(-1).tolist()
    starts = np.cumsum([0, *given])
    return tuple(ctx.slice(x, {axis: (int(s), int(n))}) for s, n in zip(starts, given, strict=False))


@rule("Pad")
def pad(ctx: Context, node: Node) -> Value:
    """Before: Pad(x) constant, edge or reflect, pads >= 0. After: rank <= 4 Pads, several axes in one where they fit.

    Exact (edge and reflect are separable). Refuses: computed pads or value; negative pads; wrap.
    """
    x = node.input(0)
    rank = len(x.shape)
    mode = str(node.attributes.get("mode") or "constant")
    given = node.attributes.get("pads")
    pads = [int(p) for p in (node.required(1, "pads").reshape(-1) if given is None else given)]
    fill = node.constant(2, "value")
    axes_input = node.constant(3, "axes")
    axes = list(range(rank)) if axes_input is None else [int(a) % rank for a in axes_input.reshape(-1)]
    if mode not in ("constant", "edge", "reflect"):
        raise Refused(f"mode {mode!r}", "use constant, edge or reflect")
    if min(pads, default=0) < 0:
        raise Refused(f"negative pads {pads}", "slice instead")
    half = len(axes)
    ranges = {a: (pads[i], pads[half + i]) for i, a in enumerate(axes)}
    value = float(node.attributes.get("value") or 0.0) if fill is None else float(fill.reshape(-1)[0])
    return ctx.pad(x, ranges, mode, value)


@rule("Constant", "ConstantOfShape", "Shape", "Size", "Range")
def folded(_ctx: Context, node: Node) -> Value:
    """Shape arithmetic. Before: operators on static shapes and constants. After: nothing, they are folded on loading.

    Refuses: what could not be folded, because it depends on the data.
    """
    if node.op == "Shape":
        shape = node.input(0).shape
        return constant(np.array(shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64))
    if node.op == "Size":
        return constant(np.array(np.prod(node.input(0).shape), np.int64))
    raise Refused("it depends on run-time data", "export with static shapes")
