"""TRANSPOSE_CONV: all frames as one tall image whose gaps take what windows spread beyond a frame."""

from __future__ import annotations

from edgeconv.tflite.graph import Op
from edgeconv.tflite.padding import same_pads
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form
from edgeconv.tflite.strip.registry import rule


@rule("TRANSPOSE_CONV")
def transposed(strip: Strip, op: Op) -> None:
    """Before: [F, H, W, C], stride s. After: the same on [1, F·P, W, C], where P·s rows hold all that a frame spreads;
    each frame of the result begins P·s rows after the one before. Where SAME would crop other rows than it does of a
    single frame, and behind the last window of VALID, rows are cut off afterwards.
    """
    x, out, options = op.inputs[2], op.outputs[0], op.options
    (frames, height, width, _), made = strip.shape(x), strip.shape(out)
    kernel, stride = strip.shape(op.inputs[1])[1:3], (options["strideH"], options["strideW"])
    same = options["padding"] == "SAME"
    top, left = (same_pads(made[1 + i], kernel[i], stride[i], 1)[0] if same else 0 for i in (0, 1))
    reach = max((height - 1) * stride[0] + kernel[0] - top, made[1] + top)
    gap = max(0, -(-reach // stride[0]) - height)
    form, pitch = strip.gapped(x, gap, 1, clean=gap > 0)
    rows, rows_out = frames * pitch, frames * pitch * stride[0]
    if same and same_pads(rows_out, kernel[0], stride[0], 1)[0] == top:
        held, top, left = (rows_out, made[2]), 0, 0
    else:
        same, full = False, [(n - 1) * s + k for n, s, k in zip((rows, width), stride, kernel, strict=True)]
        held = max(full[0], top + rows_out), max(full[1], left + made[2])
    shape = (1, *held, made[3])
    data = strip.view(form.tensor, (1, rows, width, strip.shape(x)[3]))
    inputs = [strip.ints(shape), strip.kept(op.inputs[1]), data, *(strip.kept(i) for i in op.inputs[3:])]
    options = {**options, "padding": "SAME" if same else "VALID"}
    tensor = strip.emit(op.kind, inputs, shape, out, out, **options)
    if held != (rows_out, made[2]):
        tensor = strip.slice(tensor, (0, top, left, 0), (1, rows_out, made[2], made[3]), f"{out}/rows", out)
    tail = (pitch * stride[0] - made[1]) * made[2] * made[3]
    strip.made(out, Form(tensor, frames, tail, clean=tail == 0))
