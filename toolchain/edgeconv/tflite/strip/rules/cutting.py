"""STRIDED_SLICE with unit strides."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form, Shape, grouped, stretched
from edgeconv.tflite.strip.registry import rule


@rule("STRIDED_SLICE")
def strided_slice(strip: Strip, op: Op) -> None:
    """Before: unit-stride cuts of any axes. After: the same on views of batch 1; a cut of frames or channels keeps the
    gap, one of rows drops it in the same operator. Axis by axis where more than three would be needed.
    """
    x, out = op.inputs[0], op.outputs[0]
    starts, _, strides = (np.asarray(strip.data(i)).tolist() for i in op.inputs[1:4])
    sizes = strip.shape(out)
    if any(s != 1 for s in strides) or len(sizes) != len(starts) or _odd(op):
        raise Refused("it has strides or masks", "write it as a view and a slice with stride 1")
    axes = [a for a, n in enumerate(sizes) if n != strip.shape(x)[a]]
    cuts = ((f, _stretch(f, strip.shape(x), starts, sizes, axes)) for f in strip.by_preference(x))
    form, cut = next(((f, c) for f, c in cuts if c), (None, None))
    if form is None or cut is None:
        form = strip.plain(x)
        cut = _stretch(form, strip.shape(x), starts, sizes, axes)
        assert cut is not None
    shape, starts, sizes, frames, tail = cut
    tensor = form.tensor
    grain, channels = math.gcd(shape[-1], starts[-1], sizes[-1]), strip.graph.shape(tensor)[-1]
    for some in [axes] if grouped(shape, axes, grain, channels) is not None else [[a] for a in axes]:
        view = grouped(shape, some, grain, channels)
        assert view is not None
        at, size = [0] * len(view.shape), list(view.shape)
        for axis, place in view.place.items():
            at[place.axis], size[place.axis] = place.steps(starts[axis]), place.steps(sizes[axis])
        tensor = strip.slice(strip.view(tensor, view.shape), at, size, out, out)
        shape = tuple(sizes[a] if a in some else n for a, n in enumerate(shape))
    strip.made(out, Form(tensor, frames, tail, form.clean or tail == 0))


Cut = tuple[Shape, list[int], Shape, int, int]


def _odd(op: Op) -> bool:
    return any(v for k, v in op.options.items() if k.lower().endswith("mask"))


def _stretch(form: Form, shape: Shape, starts: list[int], sizes: Shape, axes: list[int]) -> Cut | None:
    """Shape, starts, sizes, frames and tail of the cut in this form."""
    if form.tail == 0:
        return shape, starts, sizes, 1, 0
    found = stretched(shape, form.frames, form.tail)
    if found is None:
        return None
    k, starts, sizes_out, count = found.axis, list(starts), list(sizes), found.count
    tail = form.tail // math.prod(shape[k + 1 :]) * math.prod(sizes[k + 1 :])
    if k not in axes:
        sizes_out[k] = found.shape[k]
    elif found.count == 1:
        tail = 0
    elif starts[k] % found.rows == 0 and sizes[k] % found.rows == 0:
        count = sizes[k] // found.rows
        starts[k], sizes_out[k] = starts[k] // found.rows * found.pitch, count * found.pitch
    else:
        return None
    return found.shape, starts, tuple(sizes_out), math.prod(sizes[:k]) * count if tail else 1, tail
