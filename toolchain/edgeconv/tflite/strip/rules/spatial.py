"""CONV_2D, DEPTHWISE_CONV_2D and MAX_POOL_2D: all frames as one tall image, a shared gap between them."""

from __future__ import annotations

from edgeconv.tflite.graph import Op
from edgeconv.tflite.padding import same_pads
from edgeconv.tflite.strip.builder import Strip, spread
from edgeconv.tflite.strip.edges import with_edges
from edgeconv.tflite.strip.forms import LARGEST_AXIS, Form, grouped, stretched
from edgeconv.tflite.strip.registry import rule
from edgeconv.tflite.strip.window import Geometry, Spatial, geometry


@rule("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")
def spatial(strip: Strip, op: Op) -> None:
    """Before: [F, H, W, C], F > 1. After: view [1, F·P, W, C], the frames P = H + gap rows apart, and the operator
    with its ordinary pads. The gap is the smallest that the pads need and that makes P a multiple of the stride; rows
    behind each frame of the result hold what is no result, until they are cut off or cleared.
    """
    seen = geometry(strip, op)
    kernel = seen.height.kernel, seen.width.kernel, seen.height.stride, seen.width.stride
    if kernel == (1, 1, 1, 1) and seen.source == op.inputs[0]:
        _pointwise(strip, op)
    elif strip.shape(op.inputs[0])[0] == 1:
        _single(strip, op, seen)
    else:
        _tall(strip, op, seen)


def _weights(strip: Strip, op: Op) -> list[str]:
    return [strip.kept(i) for i in op.inputs[1:]]


def _pointwise(strip: Strip, op: Op) -> None:
    """1×1: any view that keeps the channels will do, gaps included."""
    x, out = op.inputs[0], op.outputs[0]
    channels, made = strip.shape(x)[-1], strip.shape(out)[-1]
    shapes = [(f, spread(f, strip.shape(x))) for f in strip.by_preference(x)]  # frames of one pixel grow in channels
    form = next((f for f, s in shapes if s is not None and s[-1] == channels), None) or strip.plain(x)
    shape = spread(form, strip.shape(x))
    assert shape is not None
    view = grouped(shape, (3,))
    assert view is not None
    inputs = [strip.view(form.tensor, view.shape), *_weights(strip, op)]
    tensor = strip.emit(op.kind, inputs, (*view.shape[:-1], made), out, out, **op.options)
    strip.made(out, Form(tensor, form.frames, form.tail // channels * made, clean=form.tail == 0))


def _single(strip: Strip, op: Op, seen: Spatial) -> None:
    """Batch 1 already. A kernel over time alone, on [1, T, H·W, C], leaves the gap where it is."""
    x, out = op.inputs[0], op.outputs[0]
    w = seen.width
    form = strip.plain(x) if w.kernel > 1 or w.stride > 1 or w.before or w.after else strip.by_preference(x)[0]
    found = stretched(strip.shape(x), form.frames, form.tail) if form.tail else None
    if form.tail and (found is None or found.axis != 2 or found.count != 1 or found.pitch > LARGEST_AXIS):
        form, found = strip.plain(x), None
    shape, tail, frames = strip.shape(out), 0, 1
    if found is not None:
        shape = (1, shape[1], found.pitch, shape[3])
        frames, tail = shape[1], (found.pitch - found.rows) * shape[3]
    inputs = [strip.view(form.tensor, found.shape if found else strip.shape(x)), *_weights(strip, op)]
    tensor = strip.emit(op.kind, inputs, shape, out, out, **op.options)
    strip.made(out, Form(tensor, frames, tail, clean=tail == 0))


def _tall(strip: Strip, op: Op, seen: Spatial) -> None:
    x, out, h, w = seen.source, op.outputs[0], seen.height, seen.width
    frames, channels = strip.shape(x)[0], strip.shape(x)[3]
    if op.kind == "MAX_POOL_2D" and x not in strip.nonnegative and (h.gap or _explicit(w)):
        form, h, w = with_edges(strip, x, h, w)
        pitch = h.size
    else:
        form, pitch = strip.gapped(x, h.gap, h.stride, clean=h.gap > 0)
    rows, made = frames * pitch, strip.shape(out)[3]
    rows_out = rows // h.stride
    tensor = strip.view(form.tensor, (1, rows, w.size, channels))
    same = same_pads(rows, h.kernel, h.stride, h.dilation)[0] == h.before and not _explicit(w)
    below = max(0, (rows_out - 1) * h.stride + h.extent - rows - h.before)
    pads = [(0, 0), (h.before, below), (w.before, w.after), (0, 0)]
    padding = "VALID" if not any(map(any, pads)) else "SAME" if same else "VALID"
    if padding == "VALID" and any(map(any, pads)):
        padded = (1, rows + h.before + below, w.size + w.before + w.after, channels)
        tensor = strip.emit("PAD", [tensor, strip.ints(pads)], padded, f"{out}/pad", x)
    shape = (1, rows_out, w.out, made)
    tensor = strip.emit(op.kind, [tensor, *_weights(strip, op)], shape, out, out, **{**op.options, "padding": padding})
    tail = (pitch // h.stride - h.out) * w.out * made
    strip.made(out, Form(tensor, frames, tail, clean=tail == 0))


def _explicit(axis: Geometry) -> bool:
    """SAME does not mean these pads."""
    same = same_pads(axis.size, axis.kernel, axis.stride, axis.dilation)[0] == axis.before
    return not (same and -(-axis.size // axis.stride) == axis.out)
