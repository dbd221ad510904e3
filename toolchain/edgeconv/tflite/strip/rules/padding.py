"""PAD and PADV2."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form, grouped, stretched
from edgeconv.tflite.strip.registry import rule


@rule("PAD", "PADV2")
def pad(strip: Strip, op: Op) -> None:
    """Before: zeros around any axes. After: the same in views of batch 1, axis by axis where more than three are
    needed. Zero frames before and after a clip, and the gap behind each frame, are one PAD. In front of a spatial
    operator no pad of rows and columns is emitted: the gap is that pad.
    """
    out = op.outputs[0]
    widths = [(int(a), int(b)) for a, b in np.asarray(strip.data(op.inputs[1]))]
    strip.later(out, lambda: _padded(strip, op, widths))


def _padded(strip: Strip, op: Op, widths: list[tuple[int, int]]) -> list[Form]:
    x, out = op.inputs[0], op.outputs[0]
    shape, axes = strip.shape(x), [a for a, w in enumerate(widths) if any(w)]
    value = [strip.kept(i) for i in op.inputs[2:]]
    if axes == [0] and len(shape) == 4 and op.kind == "PAD":
        pitch = strip.pitch(out)
        if pitch > shape[1]:
            row = shape[2] * shape[3]
            ready = any(f.clean and f.frames == shape[0] and f.tail == (pitch - shape[1]) * row for f in strip.forms(x))
            if not ready:
                return [strip.padded(out, pitch, widths[0], source=x)]
    form, frames = _choice(strip, op, axes)
    found = stretched(shape, form.frames, form.tail) if form.tail else None
    shape, tensor = found.shape if found else shape, form.tensor
    grain, channels = math.gcd(shape[-1], *widths[-1]), strip.graph.shape(tensor)[-1]
    for some in [axes] if grouped(shape, axes, grain, channels) is not None else [[a] for a in axes]:
        view = grouped(shape, some, grain, channels)
        assert view is not None
        added = [(0, 0)] * len(view.shape)
        for axis, place in view.place.items():
            added[place.axis] = place.steps(widths[axis][0]), place.steps(widths[axis][1])
        grown = [n + a + b for n, (a, b) in zip(view.shape, added, strict=True)]
        tensor = strip.emit(op.kind, [strip.view(tensor, view.shape), strip.ints(added), *value], grown, out, out)
        shape = tuple(n + sum(widths[a]) if a in some else n for a, n in enumerate(shape))
    tail = form.tail
    if found is not None:
        inner = strip.shape(x)[found.axis + 1 :]
        tail = tail // math.prod(inner) * math.prod(shape[found.axis + 1 :])
    return [Form(tensor, frames, tail, form.clean and (op.kind == "PAD" or found is None))]


def _choice(strip: Strip, op: Op, axes: list[int]) -> tuple[Form, int]:
    """A form whose gap is left alone by the pads, and the frames after it; clean ones first."""
    x, out = op.inputs[0], strip.shape(op.outputs[0])
    for form in sorted(strip.forms(x), key=lambda f: (f.tail == 0, not f.clean)):
        found = stretched(strip.shape(x), form.frames, form.tail) if form.tail else None
        if found is not None and found.axis not in axes and found.count == 1:
            return form, math.prod(out[: found.axis])
    return strip.plain(x), 1
