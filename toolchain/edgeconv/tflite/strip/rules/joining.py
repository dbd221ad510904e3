"""CONCATENATION."""

from __future__ import annotations

import math

from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form, Grouped, Shape, grouped, stretched
from edgeconv.tflite.strip.registry import rule


@rule("CONCATENATION")
def concatenation(strip: Strip, op: Op) -> None:
    """Before: joined along any axis. After: the same in views of batch 1; frames and channels with their gaps where
    all have the same, rows without.
    """
    out = op.outputs[0]
    axis = op.options["axis"] % len(strip.shape(out))
    forms = _gapped(strip, op, axis)
    frames, tail = 1, 0
    if forms is None:
        forms = [Form(strip.kept(i)) if strip.data(i) is not None else strip.plain(i) for i in op.inputs]
        shapes = [strip.shape(i) for i in op.inputs]
    else:
        found = [stretched(strip.shape(i), f.frames, f.tail) for i, f in zip(op.inputs, forms, strict=True)]
        shapes = [s.shape for s in found if s is not None]
        first = found[0]
        assert first is not None
        whole = strip.shape(out)
        frames = math.prod(whole[: first.axis]) * first.count
        tail = (first.pitch - first.rows) * math.prod(whole[first.axis + 1 :])
    tensors, grown, place = [], None, 0
    for name, form, shape in zip(op.inputs, forms, shapes, strict=True):
        view = _view(shape, axis)
        place = view.place[axis].axis
        constant = strip.data(name) is not None
        tensors.append(strip.reshaped_constant(name, view.shape) if constant else strip.view(form.tensor, view.shape))
        size = view.shape[place] + (grown[place] if grown else 0)
        grown = (*view.shape[:place], size, *view.shape[place + 1 :])
    assert grown is not None
    tensor = strip.emit("CONCATENATION", tensors, grown, out, out, **{**op.options, "axis": place})
    strip.made(out, Form(tensor, frames, tail, all(f.clean for f in forms)))


def _view(shape: Shape, axis: int) -> Grouped:
    """Split alike for every operand, so not by how long its axes are."""
    view = grouped(shape, (axis,))
    assert view is not None
    return view


def _gapped(strip: Strip, op: Op, axis: int) -> list[Form] | None:
    """Forms of all operands with equal tails per channel, on an axis that is not joined; clean if they can be."""
    if any(strip.data(i) is not None for i in op.inputs):
        return None
    choices = []
    for name in op.inputs:
        by_pitch: dict[tuple[int, int, int], Form] = {}
        for form in strip.by_preference(name):
            found = stretched(strip.shape(name), form.frames, form.tail) if form.tail else None
            if found is not None and found.axis != axis and (found.count == 1 or axis > found.axis):
                key = (found.axis, found.count, found.pitch)
                if key not in by_pitch or (form.clean and not by_pitch[key].clean):
                    by_pitch[key] = form
        choices.append(by_pitch)
    shared = [k for k in choices[0] if all(k in c for c in choices)]
    shared.sort(key=lambda k: not all(c[k].clean for c in choices))
    return [c[shared[0]] for c in choices] if shared else None
