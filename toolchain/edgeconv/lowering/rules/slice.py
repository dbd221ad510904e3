"""Slice."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


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
