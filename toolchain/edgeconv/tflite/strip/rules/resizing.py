"""RESIZE_BILINEAR: all frames as one tall image with repeated edges, or frame by frame."""

from __future__ import annotations

from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.edges import joined, with_edges
from edgeconv.tflite.strip.forms import Form
from edgeconv.tflite.strip.registry import rule
from edgeconv.tflite.strip.window import Geometry

_FINEST = 1024
"""The int8 kernels count rows in steps of 1/1024: a factor that divides it is the same for a tall image."""


@rule("RESIZE_BILINEAR")
def resize(strip: Strip, op: Op) -> None:
    """Before: [F, H, W, C], rows times n. After: each frame with its first and last row repeated, and the operator on
    the tall image, where n is a power of two and corners are not aligned; else one operator for each frame.
    """
    x, out = op.inputs[0], op.outputs[0]
    (frames, height, width, _), made = strip.shape(x), strip.shape(out)
    factor = made[1] // height
    if frames == 1 or made[1] % height or _FINEST % factor or op.options["alignCorners"]:
        _singly(strip, op)
        return
    edges = (int(op.options["halfPixelCenters"]), 1) if factor > 1 else (0, 0)
    rows, columns = Geometry(height, height, 1, 1, 1, *edges), Geometry(width, width, 1, 1, 1, 0, 0)
    form, rows, _ = with_edges(strip, x, rows, columns)
    shape = (1, frames * rows.size * factor, *made[2:])
    tensor = strip.emit(op.kind, [form.tensor, strip.ints(shape[1:3])], shape, f"{out}/edged", out, **op.options)
    row = made[2] * made[3]
    whole = strip.view(tensor, (1, frames, rows.size * factor * row // made[3], made[3]))
    at, size = edges[0] * factor * made[2], made[1] * made[2]
    tensor = whole if edges == (0, 0) else strip.slice(whole, (0, 0, at, 0), (1, frames, size, made[3]), out, out)
    strip.made(out, Form(tensor))


def _singly(strip: Strip, op: Op) -> None:
    x, out = op.inputs[0], op.outputs[0]
    (frames, *frame), (_, *made) = strip.shape(x), strip.shape(out)
    tall = strip.view(strip.plain(x).tensor, (1, frames * frame[0], *frame[1:]))
    parts = []
    for i in range(frames):
        one = tall if frames == 1 else strip.slice(tall, (0, i * frame[0], 0, 0), (1, *frame), f"{out}/frame", x)
        inputs = [one, strip.ints(made[:2])]
        parts.append(strip.emit(op.kind, inputs, (1, *made), out if frames == 1 else f"{out}/one", out, **op.options))
    strip.made(out, Form(joined(strip, parts, 1, out)))
